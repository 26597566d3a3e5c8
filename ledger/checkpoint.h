#ifndef LEDGER_CHECKPOINT_H
#define LEDGER_CHECKPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/status.h"
#include "ledger/digest.h"
#include "ledger/signer.h"

/*
 * A checkpoint in the signed-note form of C2SP tlog-checkpoint and signed-note (note.h):
 *
 *   ORIGIN \n  SIZE in decimal \n  ROOT in base64 \n  \n
 *   "— " ORIGIN " " base64(key hash || signature) \n
 *   "— " ORIGIN " " base64(key hash || signature) \n
 *
 * The first line is by the node's key: ECDSA over secp256k1 with SHA-256 of the note's text, 64 bytes compact. Signed-note
 * has no number for that algorithm, so its key hash is that of 0xff, "secp256k1-sha256" and the 33-byte public key. The
 * second line, which a ledger without such a key has not, is Ed25519 of the text itself: number 0x01, the 32-byte key.
 */

enum {
    CHECKPOINT_ORIGIN_BYTES = 128,
    CHECKPOINT_TEXT_BYTES = 256, /* the longest is 194 */
    CHECKPOINT_NOTE_BYTES_MAX = 1024
};

struct checkpoint {
    char origin[CHECKPOINT_ORIGIN_BYTES]; /* visible ASCII without '+', 1..127 bytes */
    uint64_t size;
    uint8_t root[DIGEST_BYTES];
};

/* The public keys that may sign checkpoints of some size. Borrowed. */
struct checkpoint_keys {
    const uint8_t *node;    /* KEY_PUBLIC_BYTES; NULL: none */
    const uint8_t *ed25519; /* ED25519_PUBLIC_BYTES; NULL: none */
};

/* True for an origin that a note can carry. */
int checkpoint_origin_is_valid(const char *origin);

/* The text that is signed, with a NUL behind it; returns its length. Asserts a valid origin. */
size_t checkpoint_text(const struct checkpoint *checkpoint, char text[CHECKPOINT_TEXT_BYTES]);

/* The node's signature of such a text; what the signer says. */
enum status checkpoint_sign(struct signer *signer, const char *text, size_t length,
                            uint8_t signature[KEY_SIGNATURE_BYTES]) NODISCARD;

/* Appends the note of a text and its signatures, at most CHECKPOINT_NOTE_BYTES_MAX bytes; ed25519 NULL: it has one line. The second
 * signature is what signer_sign_message makes of the text. */
void checkpoint_join(const struct checkpoint *checkpoint, const struct signer *signer, const char *text,
                     const uint8_t node[KEY_SIGNATURE_BYTES], const uint8_t *ed25519, struct buffer *out);

/* All of it at once, with the line of the signer's second half where with_ed25519. STATUS_EXHAUSTED without memory, else what the
 * signer says. */
enum status checkpoint_write(const struct checkpoint *checkpoint, struct signer *signer, bool with_ed25519,
                             struct buffer *out) NODISCARD;

/* Reads a checkpoint's text, whoever signed it or nobody: canonical decimal and base64, no extension lines, then an empty
 * line, whatever stands behind it. STATUS_INVALID: it is no checkpoint at all. */
enum status checkpoint_parse(struct checkpoint *checkpoint, const char *note, size_t length) NODISCARD;

/* What is asked of the signatures. */
enum checkpoint_demand {
    CHECKPOINT_OUR_LINES, /* a line of each of the keys, in their order, and no other: a note as this ledger writes it */
    CHECKPOINT_ANY_LINE   /* a line of one of them at least; lines of others (witnesses) are skipped: a note that was about */
};

/* Reads a note and checks all lines that say they are of these keys: STATUS_INVALID where it is malformed, where any such
 * line is wrong, or where the demand is not met. The caller compares the origin with the one it expects. */
enum status checkpoint_read(struct checkpoint *checkpoint, const char *note, size_t length,
                            const struct checkpoint_keys *keys, enum checkpoint_demand demand) NODISCARD;

/* Whether any line of a note says that it is of one of these keys, sound or not: then nobody else made it, or it was altered. */
bool checkpoint_names(const char *note, size_t length, const struct checkpoint_keys *keys);

/* Who signs a log's checkpoints, for those who know no more of the log than its verifiers' keys. */
struct checkpoint_signer {
    char origin[CHECKPOINT_ORIGIN_BYTES];
    bool has_node, has_ed25519;
    uint8_t node[KEY_PUBLIC_BYTES];
    uint8_t ed25519[ED25519_PUBLIC_BYTES];
};

/* Adds a verifier's key to a zeroed signer. STATUS_INVALID: it is none of the two kinds; STATUS_CONFLICT: it is another log's, or the
 * second one of its kind. */
enum status checkpoint_signer_add(struct checkpoint_signer *signer, const char *vkey, size_t length) NODISCARD;

/* checkpoint_read by these keys, CHECKPOINT_ANY_LINE, and of this origin: else STATUS_INVALID. */
enum status checkpoint_signer_check(const struct checkpoint_signer *signer, struct checkpoint *checkpoint, const char *note,
                                    size_t length) NODISCARD;

/* Appends the keys as those who verify notes are given them (note.h). */
void checkpoint_node_key_write(struct buffer *out, const char *origin, const uint8_t public_key[KEY_PUBLIC_BYTES]);
void checkpoint_ed25519_key_write(struct buffer *out, const char *origin, const uint8_t public_key[ED25519_PUBLIC_BYTES]);

#endif
