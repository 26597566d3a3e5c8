#ifndef RULES_VERIFY_PARTS_H
#define RULES_VERIFY_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "db/entry.h"
#include "ledger/chain.h"
#include "ledger/checkpoint.h"
#include "rules/keyring.h"
#include "rules/replay.h"
#include "rules/verify.h"

/*
 * Inside rules/verify*.c only: what the parts of a verification share.
 *
 *   verify.c              the order of things; what the state must be at the end
 *   verify_entries.c      entry after entry: chain, seal, key, body, replay
 *   verify_checkpoints.c  the notes given, the checkpoints stored, the frontier
 *   verify_beside.c       personal texts and kept answers: what only a database has
 *   verify_database.c     entries and checkpoints out of a database
 *
 * Entries, checkpoints and node keys come from a source, which need not be a database: whoever reads them from elsewhere
 * (an export) fills in struct verify with another source and with db NULL, and calls verify_notes_read, verify_entries and
 * verify_notes_reached. What has no source but a database is skipped where db is NULL.
 */

struct verify_item {
    const struct entry_row *row; /* with its whole body and its seal, as db/entry.h has it */
    bool ends_block;             /* the next entry has another height, or there is none */
};

struct verify_source {
    void *context;
    /* The next entries behind `after`, as many as the source likes, in the arena, which lives until the next call; *count is 0 behind
     * the last. STATUS_CORRUPT: what stands where entry *broken should be is none (*broken stays seq + 1 where nobody knows). */
    enum status (*entries)(void *context, struct arena *arena, uint64_t after, struct verify_item **items, size_t *count,
                           uint64_t *broken);
    /* The checkpoint of a block whose last entry was given by `entries`; heights rise. STATUS_ABSENT: there is none. */
    enum status (*checkpoint)(void *context, struct arena *arena, uint64_t height, struct checkpoint_row *row);
};

enum { VERIFY_NOTES_MAX = 8 };

/* A checkpoint from elsewhere whose size has not been reached yet. */
struct verify_note {
    struct checkpoint checkpoint;
    bool is_given; /* by whoever asked, not the anchor's */
    bool is_seen;
};

struct verify {
    struct verify_source source;
    struct db *db; /* NULL: there is none, only the source */
    const struct verify_options *options;
    struct verify_report *report;
    struct arena keys_arena, arena;
    struct keyring keyring;
    const char *origin; /* the ledger's; NULL: not known */
    struct chain chain;
    struct replay *replay;
    struct verify_note notes[VERIFY_NOTES_MAX];
    size_t note_count;
    uint64_t size;        /* the last entry when the check began; 0: not known */
    uint64_t commitments; /* in the entries' bodies so far */
    uint64_t texts;       /* personal texts, erased ones included */
};

/* Writes the report where it is still good: the first finding stands. seq is 0 where it is not about one entry. */
__attribute__((format(printf, 4, 5)))
void verify_find(struct verify *verify, uint64_t seq, const char *code, const char *format, ...);

#endif
