#ifndef DB_CHECK_H
#define DB_CHECK_H

#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "db/db.h"

struct db_finding {
    const char *text; /* in the arena; NULL where all holds */
    int64_t seq;      /* of the entry concerned, 0 where unknown */
};

/* Checks over all business tables, streaming: each supply's on_hand against its movements
 * (each prefix too), reserved against open transfers, conservation by item and lot, lines
 * against their transfer's state. The first contradiction is the finding. */
enum status db_check(struct db *db, struct arena *arena, struct db_finding *finding) NODISCARD;

/* Compares tables, indexes and triggers with those of model, which was made by the
 * migrations alone: a trigger less or more would spoil what is written from now on. */
enum status db_check_schema(struct db *db, struct db *model, struct arena *arena, struct db_finding *finding) NODISCARD;

#endif
