#ifndef DB_TAKEN_H
#define DB_TAKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"

/*
 * In a scratch database: which command ids the entries so far have, and of whom. They lie on the disk, some 200 bytes for each.
 */
struct db;

/* Entries come by their numbers. *is_new is false where an entry before it has the same id of the same scope and is not too far from it to be
 * seen at once; one that is shows by db_taken_again. */
enum status db_taken_note(struct db *db, uint64_t seq, const char *scope, const char *id, bool *is_new) NODISCARD;

/* The first entry that has an id which an earlier one of the same scope has, of those that were new to db_taken_note; STATUS_ABSENT: there is
 * none. All of them are sorted for it, in a temporary file. */
enum status db_taken_again(struct db *db, struct arena *arena, uint64_t *seq, const char **id) NODISCARD;

#endif
