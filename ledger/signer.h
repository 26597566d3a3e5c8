#ifndef LEDGER_SIGNER_H
#define LEDGER_SIGNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "ledger/key.h"
#include "ledger/key_batch.h"
#include "ledger/signer_fault.h"

/*
 * Who signs for the node: a key in this process's memory, or a program that has one (an HSM behind it) and is asked.
 * Whatever a program answers is verified before it is used. Once a signature could not be had, the signer has failed for
 * good, and each further one is STATUS_IO: what would be written without one is no ledger. Any thread.
 */
struct signer;

/* Takes ownership of key, whatever is returned. */
enum status signer_of_key(struct key *key, struct signer **signer) NODISCARD;

/* Starts a program with its arguments, blanks between them, asks for its keys and for a signature by each. STATUS_IO and
 * *fault: that failed; the log says more. */
enum status signer_of_command(const char *command, struct signer **signer, enum signer_fault *fault) NODISCARD;

/* Ends the program, wipes the key. NULL does nothing. */
void signer_close(struct signer *signer);

/* Borrowed until signer_close. */
const uint8_t *signer_public(const struct signer *signer);
const char *signer_id(const struct signer *signer);
const uint8_t *signer_ed25519(const struct signer *signer); /* NULL where there is no second half */
const struct key *signer_key(const struct signer *signer);  /* NULL where a program has it */

/* A signature of a digest (secp256k1, low s), and one of a whole message (Ed25519; the second half must be there, asserted;
 * at most LIMIT_KEY_MESSAGE_BYTES). STATUS_IO: failed. */
enum status signer_sign(struct signer *signer, const uint8_t digest[DIGEST_BYTES],
                        uint8_t signature[KEY_SIGNATURE_BYTES]) NODISCARD;
enum status signer_sign_message(struct signer *signer, const void *message, size_t length,
                                uint8_t signature[ED25519_SIGNATURE_BYTES]) NODISCARD;

/* The same for a block's seals: verified only where a program has the key (*is_verified); else key_batch.h says how to. STATUS_IO: failed. */
enum status signer_sign_unverified(struct signer *signer, const uint8_t digest[DIGEST_BYTES], struct key_signed *made, bool *is_verified) NODISCARD;

/* What it failed with; SIGNER_SOUND while it has not. */
enum signer_fault signer_fault(const struct signer *signer);

#endif
