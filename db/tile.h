#ifndef DB_TILE_H
#define DB_TILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "db/db.h"

/*
 * The rows of the tree's hashes (ledger/tile.h), whose meaning db does not know.
 */

enum { DB_TILE_BYTES_MAX = 512, DB_TILE_LEVELS = 16 };

struct tile_row {
    uint64_t level, position;
    size_t length; /* of hashes, in bytes */
    uint8_t hashes[DB_TILE_BYTES_MAX];
};

/* Inserts a row, or puts it in the place of a shorter one that it begins with; STATUS_INVALID where it does not
 * continue the one that is there. */
enum status db_tile_put(struct db *db, uint64_t level, uint64_t position, const void *hashes, size_t length) NODISCARD;

/* One row; STATUS_ABSENT where there is none. */
enum status db_tile_find(struct db *db, uint64_t level, uint64_t position, struct tile_row *out) NODISCARD;

/* The last row of level 0; STATUS_ABSENT where there is none. */
enum status db_tile_last_leaves(struct db *db, struct tile_row *out) NODISCARD;

/* How many rows there are. */
enum status db_tile_count(struct db *db, uint64_t *count) NODISCARD;

#endif
