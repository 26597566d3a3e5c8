#ifndef LEDGER_CHECKPOINT_H
#define LEDGER_CHECKPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/status.h"
#include "ledger/digest.h"
#include "ledger/key.h"

/*
 * A checkpoint in the signed-note form of C2SP tlog-checkpoint and signed-note:
 *
 *   ORIGIN \n  SIZE in decimal \n  ROOT in base64 \n  \n
 *   "— " ORIGIN " " base64(4-byte key hash || signature) \n
 *
 * The dash is U+2014. The signature line is ours: ECDSA over secp256k1 with SHA-256
 * of the note text (everything up to and with the line feed before the blank line),
 * 64 bytes compact. The signed-note format has no number for that algorithm, so its
 * type byte is 0xff followed by the name "secp256k1-sha256":
 * key hash = the first 4 bytes of SHA-256(ORIGIN || \n || 0xff || "secp256k1-sha256" || 33-byte public key).
 */

enum { CHECKPOINT_ORIGIN_BYTES = 128, CHECKPOINT_NOTE_BYTES_MAX = 1024 };

struct checkpoint {
    char origin[CHECKPOINT_ORIGIN_BYTES]; /* visible ASCII without '+', 1..127 bytes */
    uint64_t size;
    uint8_t root[DIGEST_BYTES];
};

/* True for an origin that a note can carry. */
int checkpoint_origin_is_valid(const char *origin);

/* Appends the signed note, at most CHECKPOINT_NOTE_BYTES_MAX bytes. Asserts a valid origin. */
void checkpoint_write(const struct checkpoint *checkpoint, const struct key *key, struct buffer *out);

/* Whether a text has a checkpoint's three lines and the blank one, whoever signed it or nobody: what is
 * none of that is no checkpoint at all. */
bool checkpoint_has_form(const char *note, size_t length);

/* Reads a note and checks the line of public_key (lines of other keys, such as
 * witnesses', are skipped; 64 lines at most): STATUS_INVALID where it is malformed, bears
 * no line of this key for its origin, or any such line is wrong. Canonical decimal and
 * base64 only, no extension lines. The caller compares the origin with the one it expects. */
enum status checkpoint_read(struct checkpoint *checkpoint, const char *note, size_t length,
                            const uint8_t public_key[KEY_PUBLIC_BYTES]) NODISCARD;

#endif
