#ifndef RULES_TILES_H
#define RULES_TILES_H

#include <stdint.h>

#include "base/status.h"
#include "ledger/tile.h"

/* The tree's rows of hashes in the database. The context is a struct db. STATUS_CORRUPT where what is kept is no row. */
struct db;

enum status tiles_get(void *db, unsigned level, uint64_t position, struct tile *tile) NODISCARD;  /* a tile_get */
enum status tiles_put(void *db, const struct tile *tile) NODISCARD;                               /* a tile_put */

/* The row at the end of a level. */
enum status tiles_last(struct db *db, unsigned level, struct tile *tile) NODISCARD;

#endif
