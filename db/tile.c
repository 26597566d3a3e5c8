/*
 * The tree's rows; the statements are in sql/tile.sql.
 */
#include "db/tile.h"

#include <assert.h>
#include <string.h>

#include "db/rows.h"
#include "db/statement.h"

static int64_t id_of(uint64_t level, uint64_t position)
{
    assert(level < DB_TILE_LEVELS && position <= INT64_MAX / DB_TILE_LEVELS);
    return (int64_t)(position * DB_TILE_LEVELS + level);
}

enum status db_tile_put(struct db *db, uint64_t level, uint64_t position, const void *hashes, size_t length)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_tile_put);
    statement_bind_integer(use, 1, id_of(level, position));
    statement_bind_blob(use, 2, hashes, length);
    return statement_run(use);
}

static enum status read_tile(sqlite3_stmt *use, struct arena *arena, void *row)
{
    struct tile_row *tile = row;
    (void)arena;
    uint64_t id = (uint64_t)statement_integer(use, 0);
    const void *hashes = sqlite3_column_blob(use, 1);
    size_t length = (size_t)sqlite3_column_bytes(use, 1);
    if (hashes == NULL || length > sizeof tile->hashes) {
        return STATUS_CORRUPT;
    }
    tile->level = id % DB_TILE_LEVELS;
    tile->position = id / DB_TILE_LEVELS;
    tile->length = length;
    memcpy(tile->hashes, hashes, length);
    return STATUS_OK;
}

enum status db_tile_find(struct db *db, uint64_t level, uint64_t position, struct tile_row *out)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_tile_find);
    statement_bind_integer(use, 1, id_of(level, position));
    return rows_one(use, NULL, read_tile, out);
}

enum status db_tile_last_leaves(struct db *db, struct tile_row *out)
{
    return rows_one(statement_use(db, STATEMENT_tile_last_leaves), NULL, read_tile, out);
}

static enum status read_count(sqlite3_stmt *use, struct arena *arena, void *row)
{
    (void)arena;
    *(uint64_t *)row = (uint64_t)statement_integer(use, 0);
    return STATUS_OK;
}

enum status db_tile_count(struct db *db, uint64_t *count)
{
    return rows_one(statement_use(db, STATEMENT_tile_count), NULL, read_count, count);
}
