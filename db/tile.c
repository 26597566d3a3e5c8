/*
 * The tree's rows; the statements are in sql/tile.sql.
 */
#include "db/tile.h"

#include <string.h>

#include "db/rows.h"
#include "db/statement.h"

enum status db_tile_put(struct db *db, uint64_t level, uint64_t position, const void *hashes, size_t length)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_tile_put);
    statement_bind_integer(use, 1, (int64_t)level);
    statement_bind_integer(use, 2, (int64_t)position);
    statement_bind_blob(use, 3, hashes, length);
    return statement_run(use);
}

static enum status read_tile(sqlite3_stmt *use, struct arena *arena, void *row)
{
    struct tile_row *tile = row;
    (void)arena;
    const void *hashes = sqlite3_column_blob(use, 2);
    size_t length = (size_t)sqlite3_column_bytes(use, 2);
    if (hashes == NULL || length > sizeof tile->hashes) {
        return STATUS_CORRUPT;
    }
    tile->level = (uint64_t)statement_integer(use, 0);
    tile->position = (uint64_t)statement_integer(use, 1);
    tile->length = length;
    memcpy(tile->hashes, hashes, length);
    return STATUS_OK;
}

enum status db_tile_find(struct db *db, uint64_t level, uint64_t position, struct tile_row *out)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_tile_find);
    statement_bind_integer(use, 1, (int64_t)level);
    statement_bind_integer(use, 2, (int64_t)position);
    return rows_one(use, NULL, read_tile, out);
}

enum status db_tile_last(struct db *db, uint64_t level, struct tile_row *out)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_tile_last);
    statement_bind_integer(use, 1, (int64_t)level);
    return rows_one(use, NULL, read_tile, out);
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
