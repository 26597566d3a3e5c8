#ifndef RULES_EXPORT_EXPORT_H
#define RULES_EXPORT_EXPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "base/status.h"
#include "ledger/digest.h"

/*
 * The ledger as lines of JSON, for whoever checks it elsewhere; docs/ledger.md, section Export, has the format. An export is
 * written piece by piece, and between two pieces nothing is held but the few numbers here: no transaction, no memory. What it
 * tells of never changes, so pieces read at different moments are one snapshot, but for personal texts, which may be erased:
 * an export with texts wants one read transaction around all its pieces.
 */
struct db;

enum { EXPORT_VERSION = 1 };

/* What a piece is about as long as; one entry more, which is at most LIMIT_BODY_INLINE and its commands' names. */
#define EXPORT_PIECE_BYTES (64 * KIB)

/* Invariants: 1. after <= seq <= to; 2. body_at <= body_length. Plain data: it may be copied and dropped. */
struct export {
    uint64_t after, to; /* entries behind `after` up to `to` */
    bool with_texts;
    enum { EXPORT_HEAD, EXPORT_ENTRIES, EXPORT_BODY, EXPORT_END, EXPORT_OVER } step;
    uint64_t seq;       /* the entry whose line was written or begun last */
    uint64_t height;    /* of its block */
    uint64_t body_at, body_length; /* EXPORT_BODY: of its long body */
    uint8_t body_digest[DIGEST_BYTES];
};

/* `to` is an entry that is there. */
void export_begin(struct export *export, uint64_t after, uint64_t to, bool with_texts);

/* The same without the line of the beginning: what an export that was cut behind entry `after`'s checkpoint goes on with. */
void export_go_on(struct export *export, uint64_t after, uint64_t to, bool with_texts);

/* Appends what comes next, in a read transaction. STATUS_CORRUPT: entry seq + 1 is not there as it should be; what was appended
 * before that was noticed is good. */
enum status export_piece(struct export *export, struct db *db, struct buffer *out) NODISCARD;

/* Ends it early, with the entry that it is at: only the line of the end is still to come. */
void export_stop(struct export *export);

static inline bool export_is_over(const struct export *export)
{
    return export->step == EXPORT_OVER;
}

#endif
