#ifndef LEDGER_ENTRY_H
#define LEDGER_ENTRY_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "base/status.h"
#include "ledger/digest.h"

/*
 * One ledger entry and its canonical bytes. Layout, in order; integers are
 * unsigned, big-endian; a "text" or "bytes" is a u32 length and then its bytes:
 *
 *   tag              20 bytes "tallystick/entry/v1\n"
 *   seq              u64, 1 for the genesis, then one more each
 *   height           u64, the block (commit group), from 1
 *   time_ms          u64, the block's time, milliseconds since 1970 UTC
 *   previous_hash    32 bytes, entry_hash of seq - 1; zeros for seq 1
 *   rules_version    u32
 *   kind             text   what was commanded, such as transfer.dispatch
 *   target           text   the id in the path, or empty
 *   command_id       text   the idempotency key
 *   new_id           text   the id of what the command created, or empty
 *   organisation     text   of the actor, or empty
 *   role             text   of the actor
 *   subject          text   of the actor, opaque
 *   submitter_key    text   id of the key that signed the command, or empty
 *   submitter_alg    text   its algorithm, or empty
 *   body_length      u64
 *   body_digest      32 bytes, SHA-256 of the body
 *   body             bytes  the body where body_length <= 65536, else empty
 *                           (the body then stands in the blob table)
 *   submitter_sig    bytes  signature of the submitter, or empty
 *   effects          32 bytes, digest of the rows written
 *
 * entry_hash = SHA-256 of these bytes. All texts are UTF-8 without NUL.
 */

/*
 * The version of the rules that makes new entries; older entries are carried out again by theirs. docs/ledger.md has what changed:
 *   2  a policy of the organisation of the site is met by a signature of that organisation alone
 */
enum { ENTRY_RULES_VERSION = 2 };

#define ENTRY_TIME_MAX UINT64_C(253402300799999) /* the end of the year 9999, which is as far as instants go */

struct entry {
    uint64_t seq;
    uint64_t height;
    uint64_t time_ms;
    uint8_t previous_hash[DIGEST_BYTES];
    uint32_t rules_version;
    const char *kind; /* texts: NUL-terminated, borrowed, never NULL */
    const char *target;
    const char *command_id;
    const char *new_id;
    const char *organisation;
    const char *role;
    const char *subject;
    const char *submitter_key;
    const char *submitter_alg;
    uint64_t body_length;
    uint8_t body_digest[DIGEST_BYTES];
    const void *body; /* body_length bytes, borrowed; NULL where only the digest is known
                         (allowed where body_length > LIMIT_BODY_INLINE) */
    const void *submitter_sig;
    size_t submitter_sig_length;
    uint8_t effects[DIGEST_BYTES];
};

/* Appends the canonical bytes of entry. Asserts that an inline body is present. The
 * caller sees to it that texts are UTF-8 and that body_digest is the body's. */
void entry_encode(const struct entry *entry, struct buffer *out);

/* Reads canonical bytes back, strictly: STATUS_INVALID for anything that entry_encode
 * would not have written (tag, lengths, trailing bytes, NUL or malformed UTF-8 in texts,
 * body digest of an inline body). Texts are copied into the arena given; body and
 * submitter_sig borrow from bytes. STATUS_EXHAUSTED without memory. */
struct arena;
enum status entry_decode(struct entry *entry, const void *bytes, size_t length, struct arena *arena) NODISCARD;

/* SHA-256 of the canonical bytes; STATUS_EXHAUSTED without memory. */
enum status entry_hash(const struct entry *entry, uint8_t out[DIGEST_BYTES]) NODISCARD;

#endif
