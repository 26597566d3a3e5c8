#ifndef DB_WITNESS_H
#define DB_WITNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "db/db.h"
#include "db/order.h"

/* Witnesses: who cosigns checkpoints. Texts of rows live in the arena given; find is STATUS_ABSENT where there is no such row. */

enum { DB_WITNESS_KEY_BYTES = 32 };

struct witness {
    const char *id;
    const char *name;         /* as its lines of signed notes have it */
    const char *organisation; /* NULL: none */
    uint8_t public_key[DB_WITNESS_KEY_BYTES];
    bool is_ended;
    int64_t version, seq;
    const char *order_key; /* in lists of another order than that of the ids; else NULL */
};

enum status db_witness_find(struct db *db, struct arena *arena, const char *id, struct witness *out) NODISCARD;
enum status db_witness_find_name(struct db *db, struct arena *arena, const char *name, struct witness *out) NODISCARD;

/* Another one than id that has this name or key. */
enum status db_witness_find_other(struct db *db, struct arena *arena, const char *id, const char *name,
                                  const uint8_t public_key[DB_WITNESS_KEY_BYTES], struct witness *out) NODISCARD;

/* Up to limit of them behind after ("": from the start), by id, name, organisation (none comes last), updated_seq. */
enum status db_witness_list(struct db *db, struct arena *arena, const char *after, int64_t limit, const struct order *order,
                            struct witness **out, size_t *count) NODISCARD;

enum status db_witness_put(struct db *db, const struct witness *row) NODISCARD;

#endif
