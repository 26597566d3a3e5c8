#ifndef LEDGER_SEALER_H
#define LEDGER_SEALER_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "ledger/digest.h"
#include "ledger/signer.h"

/*
 * Seals the entries of a block while the next ones are still being worked out. A seal is
 * outside the hash chain, so that seals can be made in any order and on any thread: one
 * thread of the sealer's own, and the caller's at the end. The Ed25519 signature of the block's checkpoint, which takes three
 * times as long, is made there too. The caller is one thread.
 */
struct sealer;

/* Starts the thread. signer is borrowed. */
enum status sealer_open(struct signer *signer, struct sealer **sealer) NODISCARD;
void sealer_close(struct sealer *sealer); /* NULL does nothing; a block that is open is forgotten */

/* Adds the hash of the block's next entry. STATUS_EXHAUSTED without memory. */
enum status sealer_add(struct sealer *sealer, const uint8_t hash[DIGEST_BYTES]) NODISCARD;

/* Takes the last hash back: its command was not accepted after all. */
void sealer_drop(struct sealer *sealer);

/* Seals what is not sealed yet and waits for the rest. The seals stand in the order of the
 * hashes, KEY_SIGNATURE_BYTES each; borrowed until sealer_reset. STATUS_IO: the signer has failed. */
enum status sealer_finish(struct sealer *sealer, const uint8_t **seals, size_t *count) NODISCARD;

/* Has a text signed by the signer's second half, before any seal that nobody has begun; it is copied. Once a block. */
void sealer_note_begin(struct sealer *sealer, const char *text, size_t length);

/* Waits for that signature, or makes it where the thread has not come to it. STATUS_IO: the signer has failed. */
enum status sealer_note_finish(struct sealer *sealer, uint8_t signature[ED25519_SIGNATURE_BYTES]) NODISCARD;

/* Forgets the block, finished or not. */
void sealer_reset(struct sealer *sealer);

#endif
