#ifndef DB_TAKEN_H
#define DB_TAKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

/*
 * In a scratch database: which command ids the entries so far have, and of whom. They lie on the disk, some 200 bytes for each.
 */
struct db;

/* Entries come by their numbers. *is_new is false where an entry before it has the same id of the same scope and is not too far from it to be
 * seen at once; one that is shows by db_answer_again. */
enum status db_taken_note(struct db *db, uint64_t seq, const char *scope, const char *id, bool *is_new) NODISCARD;

#endif
