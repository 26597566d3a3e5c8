#ifndef RULES_REPLAY_H
#define RULES_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "db/entry.h"

/*
 * The business state made again from the ledger alone: every entry's command is applied
 * to an empty database by the same rules, and must leave the same effects.
 */
struct db;
struct replay;

/* finding: a sentence, static or in the arena; NULL where all is well. */
enum status replay_open(struct replay **replay) NODISCARD;
/* As db_watch, for the scratch database. */
void replay_watch(struct replay *replay, bool (*may_go_on)(void *context), void *context);
void replay_close(struct replay *replay);

/* Before the first entry, where nothing else tells which command ids are taken: replay_entry finds an entry whose id an earlier command of the
 * same sender had, or, where that was long ago, replay_find_again does. */
void replay_keep_ids(struct replay *replay);

/* What replaying an entry has shown. */
struct replay_result {
    const char *finding; /* where it cannot be what happened */
    const char *code;    /* of the finding: "replay", or what is wrong with a submitter: "submitter_form" (columns that tell no signed
                          * command), "submitter_payload" (one that is about another command), "submitter_key"; "command_id" (one that
                          * an earlier command has); static */
    bool is_signed;
    uint8_t submitter_key[DB_PUBLIC_KEY_BYTES]; /* where is_signed: the key that was valid at that entry */
    const char *body;    /* the command's, byte for byte (signed.h); in the arena, or the row's */
    size_t body_length;
};

/* Applies the next entry. The signature of a submitter is not looked at, but for whose it may be. */
enum status replay_entry(struct replay *replay, const struct entry_row *row, struct arena *arena,
                         struct replay_result *result) NODISCARD;

/* What replay_entry tells of an entry before its command is applied, with the keys of organisations that db has; for who replays
 * nothing. origin: the ledger's; NULL: not known. */
enum status replay_look(struct db *db, const char *origin, const struct entry_row *row, struct arena *arena,
                        struct replay_result *result) NODISCARD;

/* A personal text that is not there any more, as whoever has it tells; another thread may replay an entry meanwhile. */
enum status replay_note_erased(struct replay *replay, const char *commitment, uint64_t seq, const char *pointer) NODISCARD;

/* The entry of one so noted of which none of the entries applied says that it was erased; STATUS_ABSENT: there is none. */
enum status replay_find_unerased(struct replay *replay, struct arena *arena, uint64_t *seq, const char **pointer) NODISCARD;

/* What is said of an entry whose id an earlier command of the same sender had. */
#define REPLAY_AGAIN "its key %s is one that an earlier command of the same sender had: it was carried out again"

/* After replay_keep_ids: the first entry of those, and its id; STATUS_ABSENT: there is none. */
enum status replay_find_again(struct replay *replay, struct arena *arena, uint64_t *seq, const char **id) NODISCARD;

/* Compares the schema of db with that of a database that this program makes. */
enum status replay_compare_schema(struct replay *replay, struct db *db, struct arena *arena, const char **finding) NODISCARD;

/* Compares every business table with those of db, row by row in key order. */
enum status replay_compare(struct replay *replay, struct db *db, struct arena *arena, const char **finding) NODISCARD;

#endif
