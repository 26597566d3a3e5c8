#ifndef LEDGER_COSIGNATURE_H
#define LEDGER_COSIGNATURE_H

#include <stdint.h>

#include "base/buffer.h"
#include "base/status.h"
#include "ledger/ed25519.h"
#include "ledger/note.h"

/*
 * Cosignatures of checkpoints by witnesses, as C2SP tlog-cosignature has them: a line of the signed note whose key is
 * 0x04 and an Ed25519 key, and whose signature is the time in seconds since 1970 (u64) and Ed25519 of
 *
 *   "cosignature/v1\n" "time " TIME "\n" TEXT
 *
 * It says that the witness had, at that time, seen nothing that contradicts the checkpoint. Pure.
 */

enum {
    COSIGNATURE_ALGORITHM = 0x04,
    COSIGNATURE_BYTES = 8 + ED25519_SIGNATURE_BYTES
};

#define COSIGNATURE_TIME_MAX INT64_C(253402300799) /* the end of the year 9999, which is as far as instants go */

/* A witness as its cosignatures name it. */
struct cosigner {
    char name[NOTE_NAME_BYTES];
    uint8_t hash[NOTE_HASH_BYTES];
    uint8_t public_key[ED25519_PUBLIC_BYTES];
};

/* name is valid (note.h) and shorter than NOTE_NAME_BYTES, which is asserted. */
void cosigner_init(struct cosigner *cosigner, const char *name, const uint8_t public_key[ED25519_PUBLIC_BYTES]);

/* Reads a verifier's key of this algorithm; STATUS_INVALID for anything else. */
enum status cosigner_read(struct cosigner *cosigner, const char *text, size_t length) NODISCARD;

/* Appends it again. */
void cosigner_write(struct buffer *out, const struct cosigner *cosigner);

/* Signs the text of a checkpoint (its last line feed included). 0 < time_s <= COSIGNATURE_TIME_MAX, asserted. STATUS_EXHAUSTED
 * without memory. */
enum status cosignature_make(const struct cosigner *cosigner, const uint8_t seed[ED25519_SEED_BYTES], const char *text, size_t length,
                             int64_t time_s, uint8_t signature[COSIGNATURE_BYTES]) NODISCARD;

/* Verifies one. STATUS_INVALID: it is not the cosigner's of this text, or its time is out of range. */
enum status cosignature_verify(const struct cosigner *cosigner, const char *text, size_t length,
                               const uint8_t signature[COSIGNATURE_BYTES], int64_t *time_s) NODISCARD;

/* Looks through the lines of a note for those of the cosigner. STATUS_ABSENT: there is none; STATUS_INVALID: one is wrong. The
 * newest counts where there are several. */
enum status cosignature_find(const struct cosigner *cosigner, const struct note *note, uint8_t signature[COSIGNATURE_BYTES],
                             int64_t *time_s) NODISCARD;

#endif
