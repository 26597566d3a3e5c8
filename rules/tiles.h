#ifndef RULES_TILES_H
#define RULES_TILES_H

#include <stdint.h>

#include "base/status.h"
#include "ledger/tile.h"

/* The tree's rows of hashes in the database. The context is a struct db. STATUS_CORRUPT where what is kept is no row. */
struct db;

enum status tiles_get(void *db, unsigned level, uint64_t position, struct tile *tile) NODISCARD;  /* a tile_get */
enum status tiles_put(void *db, const struct tile *tile) NODISCARD;                               /* a tile_put */

/* The last row of leaf hashes. */
enum status tiles_last_leaves(struct db *db, struct tile *tile) NODISCARD;

#endif
