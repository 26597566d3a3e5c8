#ifndef RULES_VERIFY_PARTS_H
#define RULES_VERIFY_PARTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/parallel.h"
#include "base/status.h"
#include "db/entry.h"
#include "ledger/chain.h"
#include "ledger/checkpoint.h"
#include "ledger/submitter.h"
#include "ledger/tile.h"
#include "rules/answer_keys.h"
#include "rules/keyring.h"
#include "rules/replay.h"
#include "rules/verify/report.h"

/*
 * Inside rules/verify/ only: what the parts of a verification share.
 *
 *   verify.c       the order of things; what the state must be at the end
 *   entries.c      reads ahead, and settles entry after entry: chain, seal, key, body, replay
 *   signatures.c   what is costly of each entry by itself: hashes and signatures, on all processors
 *   keys.c         the node's keys, which keyring.c knows how to use
 *   submitters.c   the keys of organisations, for the signatures of those who sent commands
 *   checkpoints.c  the notes given, the checkpoints stored, the frontier
 *   mark.c         where an earlier verification ended
 *   tiles.c        the rows of the tree's hashes
 *   beside.c       personal texts and kept answers: what only a database has
 *   database.c     entries and checkpoints out of a database
 *   parts.c        a finding, and whether to go on
 *
 * Entries are read some at a time (a step). Each step goes to the pool, where verify_signatures fills in what can be said of
 * its entries without the ones before; meanwhile the steps read earlier are settled in order on the one thread that knows the
 * chain and the database. The state is made again by one thread at a time, a step ahead. Whatever is found is found while settling, so
 * that the first finding is that of the first broken entry, and the rules see no entry whose seal was not good.
 *
 * Entries, checkpoints and node keys come from a source, which need not be a database: whoever reads them from elsewhere
 * (an export) fills in struct verify with another source and with db NULL, sets origin, adds keys by keyring_add_* to
 * verify->keyring, in keys_arena (before, or while the source is asked for entries), and calls verify_notes_read,
 * verify_entries and verify_notes_reached. What has no source but a database is skipped where db is NULL.
 */

struct verify_item {
    const struct entry_row *row; /* with its whole body and its seal, as db/entry.h has it */
    bool ends_block;             /* the next entry has another height, or there is none */
};

struct verify_source {
    void *context;
    /* The next entries behind `after`, as many as the source likes, in the arena; *count is 0 behind the last. Several calls'
     * entries are in use at once, each in an arena of its own. STATUS_CORRUPT: what stands where entry *broken should be is none
     * (*broken stays seq + 1 where nobody knows). */
    enum status (*entries)(void *context, struct arena *arena, uint64_t after, struct verify_item **items, size_t *count,
                           uint64_t *broken);
    /* The checkpoint of a block whose last entry was given by `entries`; heights rise. STATUS_ABSENT: there is none. */
    enum status (*checkpoint)(void *context, struct arena *arena, uint64_t height, struct checkpoint_row *row);
    /* What is wrong, where `entries` returned STATUS_CORRUPT; NULL: a column. The texts live as long as the source. */
    void (*explain)(void *context, const char **code, const char **reason);
};

/* A key that an organisation registered, as an entry that was read ahead tells it; whether it was valid is asked while settling. Never
 * changes; lies in keys_arena. */
struct verify_submitter {
    char id[KEY_ID_BYTES];
    uint8_t public_key[KEY_PUBLIC_BYTES];
    struct submitter_key key;
    const struct verify_submitter *next; /* in its bucket */
};

enum verify_signature {
    VERIFY_SIGNATURE_UNKNOWN, /* nobody has looked: the key was not seen in time */
    VERIFY_SIGNATURE_GOOD,
    VERIFY_SIGNATURE_BAD
};

/* What is known of an item before it is settled. The thread that reads fills in the upper part, the pool the lower. */
struct verify_work {
    const struct keyring_node *seal_key; /* NULL: none that may seal it */
    struct keyring keyring;            /* the keys known when it was read, for its block's checkpoint */
    const char *origin;                /* as verify has it */
    const struct verify_submitter *submitter; /* NULL: it is unsigned, or its key was not seen */
    enum status checkpoint_status;     /* of reading it, where the item ends a block */
    struct checkpoint_row checkpoint;

    struct entry entry; /* where has_body */
    bool has_body;      /* of the length that the entry names */
    struct chain_facts facts;
    enum chain_seal seal;
    enum verify_signature submitted; /* of the submitter, where there is one */
    bool is_checkpoint_signed; /* by the keys of its size, with no line more, and the note says what the row says */
};

/* The rows of the tree's hashes (tiles.h) that are not full yet after the entries so far. Constant memory. */
struct verify_tiles {
    uint64_t rows; /* how many there must be, full ones included */
    uint64_t positions[TILE_LEVELS];
    size_t counts[TILE_LEVELS];
    uint8_t hashes[TILE_LEVELS][TILE_HASHES][DIGEST_BYTES];
    bool is_broken; /* the first row that is another: told at the end, since the entries come first */
    bool is_missing;
    unsigned broken_level;
    uint64_t broken_position;
};

enum { VERIFY_NOTES_MAX = 8, VERIFY_SUBMITTER_BUCKETS = 256 };

/* A checkpoint from elsewhere whose size has not been reached yet. */
struct verify_note {
    struct checkpoint checkpoint;
    bool is_given; /* by whoever asked, not the anchor's */
    bool is_unknown; /* has more entries than the ledger, and a signature of no key that the ledger knows: it may be one that came later */
    bool is_seen;
};

struct verify {
    struct verify_source source;
    struct db *db; /* NULL: there is none, only the source */
    const struct verify_options *options;
    struct verify_report *report;
    struct parallel *parallel;
    struct arena keys_arena;
    struct arena arena; /* of what is being settled */
    struct keyring keyring; /* in keys_arena */
    const char *origin;     /* the ledger's; NULL: not known */
    const struct verify_submitter *submitters[VERIFY_SUBMITTER_BUCKETS];
    struct chain chain; /* of what is settled */
    struct verify_tiles tiles;
    struct answer_keys *answer_keys; /* NULL: none */
    struct replay *replay; /* NULL: the state is not made again */
    bool has_answer_index; /* else nobody looks for answers, and the schema is the finding */
    struct verify_note notes[VERIFY_NOTES_MAX];
    size_t note_count;
    bool lacks_anchor;      /* which the options expect: told last */
    uint64_t oldest_demanded; /* size of the checkpoint that the options demand; UINT64_MAX: none */
    uint64_t size;        /* the last entry when the check began; 0: not known */
    _Atomic uint64_t settled; /* entries, for whoever asks on another thread */
    atomic_bool is_asking;    /* somebody asks the options' progress */
    uint64_t commitments; /* in the entries' bodies so far */
    uint64_t texts;       /* personal texts, erased ones included */
};

/* Asks the options' progress whether to go on: any thread, one at a time; who comes while another asks goes on. context: the verify. */
bool verify_may_go_on(void *context);

/* Writes the report where it is still good: the first finding stands. seq is 0 where it is not about one entry. */
__attribute__((format(printf, 4, 5)))
void verify_find(struct verify *verify, uint64_t seq, const char *code, const char *format, ...);

#endif
