/*
 * Rows of the table tile as ledger/tile.h wants them, which knows no table.
 */
#include "rules/tiles.h"

#include <assert.h>
#include <string.h>

#include "db/tile.h"

_Static_assert((int)DB_TILE_LEVELS == (int)TILE_LEVELS, "every level has rows in the table");
_Static_assert((int)DB_TILE_BYTES_MAX == (int)TILE_HASHES * (int)DIGEST_BYTES, "a row of the table holds a row of hashes");

static enum status take_row(const struct tile_row *row, struct tile *tile)
{
    if (row->length == 0 || row->length % DIGEST_BYTES != 0) {
        return STATUS_CORRUPT; /* only who loosened the schema can have written it */
    }
    tile->level = (unsigned)row->level;
    tile->position = row->position;
    tile->count = row->length / DIGEST_BYTES;
    memcpy(tile->hashes, row->hashes, row->length);
    return STATUS_OK;
}

enum status tiles_get(void *db, unsigned level, uint64_t position, struct tile *tile)
{
    struct tile_row row;
    enum status status = db_tile_find(db, level, position, &row);
    return status == STATUS_OK ? take_row(&row, tile) : status;
}

enum status tiles_put(void *db, const struct tile *tile)
{
    assert(tile->count >= 1 && tile->count <= TILE_HASHES);
    return db_tile_put(db, tile->level, tile->position, tile->hashes, tile->count * DIGEST_BYTES);
}

enum status tiles_last_leaves(struct db *db, struct tile *tile)
{
    struct tile_row row;
    enum status status = db_tile_last_leaves(db, &row);
    return status == STATUS_OK ? take_row(&row, tile) : status;
}
