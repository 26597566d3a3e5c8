#ifndef TESTS_FAULT_STORY_H
#define TESTS_FAULT_STORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "ledger/checkpoint.h"
#include "rules/verify/verify.h"
#include "tests/unit/support/scratch.h"

/*
 * A ledger's life in few blocks with a bit of everything: accepted, refused and repeated commands, personal texts and their erasure, a
 * long body, several commands in a block, signed ones before and behind the end of their key. It goes the same way each time it is told,
 * to the last byte: times are given, chance is that of story_told.c, which stands in for getrandom. So whatever came in between, what is
 * there after a block must be what was there when nothing came in between.
 */
enum { STORY_BLOCKS = 15, STORY_COMMANDS_MAX = 12 };

struct answer_keys;
struct db;
struct executor;
struct key;
struct signer;

/* How blocks are made: the outcome is the same. */
enum story_way {
    STORY_UNGUARDED, /* as the sequencer does: without guards, and where that loses the block once more with them */
    STORY_GUARDED,   /* with a savepoint around each command */
    STORY_TWICE,     /* each is lost once, by its last command behind all that it has written */
    STORY_WAYS
};

struct story {
    char dir[SCRATCH_BYTES];
    char path[96];
    struct signer *signer;
    struct answer_keys *answer_keys; /* one, from the genesis on */
    struct key *submitter; /* signs commands */
    enum story_way way;
    int cache_pages; /* of the writer, from the next story_open on; few of them have rows written long before the commit. 0: as ever */
    const char *unlucky; /* the id of the command that is to lose the block at hand; NULL: none is */
    bool is_out_of_luck; /* it has just done so */
    bool is_guarded;     /* the block at hand */
    struct db *db; /* NULL while closed */
    struct executor *executor;
    size_t faults;            /* calls that ended with a local fault since story_open */
    enum status last_fault;   /* what the last of them was */
};

/* What a life without trouble left after each block. */
struct story_reference {
    char note[STORY_BLOCKS][CHECKPOINT_NOTE_BYTES_MAX];
    uint64_t seq[STORY_BLOCKS];
    char *answer[STORY_BLOCKS][STORY_COMMANDS_MAX];
};

/* What became of a block. */
enum story_end {
    STORY_DONE,      /* committed */
    STORY_NOTHING,   /* it is as if it had not been tried; it may be tried again */
    STORY_UNKNOWN    /* the commit failed: nothing is written until it is opened anew */
};

/* A directory, for what lies on the real disk, and the keys. */
void story_begin(struct story *story);
void story_end(struct story *story);

/* Connection and executor. */
enum status story_open(struct story *story);
void story_close(struct story *story);

/* Tells the block. A command that a local fault kept from being carried out is delivered again, within the block, once. Asserts that
 * each answer is the one due; fills in the reference where it is given. */
enum story_end story_tell(struct story *story, size_t block, struct story_reference *fill);

/* The same in two steps. False: no block stands open, nothing of it remains. */
bool story_deliver(struct story *story, size_t block, struct story_reference *fill);
void story_abandon(struct story *story);
enum story_end story_commit(struct story *story, size_t block, struct story_reference *fill);

/* A look at the log between blocks, as the sequencer has it: after an erasure nothing is left in it. */
enum status story_move_log(struct story *story);

/* The rest of the story from a block on, as the sequencer would go on: with a look at the log in between. */
void story_tell_from(struct story *story, size_t block, struct story_reference *fill);

/* The whole story, from nothing. */
void story_learn(struct story *story, struct story_reference *reference);
void story_forget(struct story_reference *reference);

/* Commands of the block again, under their keys: each is answered as it was. Between blocks; nothing is written. */
void story_expect_answers(struct story *story, size_t block, const struct story_reference *reference);

/* The block that the ledger ends with, by the note that the executor has: it must be one that there was. -1: the ledger is empty.
 * Blocks without entries leave no note; the one before them is told. */
int story_block_reached(const struct story *story, const struct story_reference *reference);

/* Verifies what lies there, from a reader of its own, against a note that somebody kept. */
enum status story_verify(const struct story *story, const char *note, struct verify_report *report);
void story_expect_whole(const struct story *story, const char *note);

/* Each commit moves the log into the database, as one would whose log had grown very long. */
void story_shorten_log(struct story *story);

/* Executes SQL on the writer, for pragmas. */
void story_execute(struct story *story, const char *sql);

#endif
