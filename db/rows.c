/*
 * Gathers rows. Arrays grow by doubling inside the arena; a page is bounded by its
 * limit, so the waste is too.
 */
#include "db/rows.h"

#include <assert.h>
#include <string.h>

enum status rows_gather(sqlite3_stmt *use, struct arena *arena, size_t size, int64_t limit, rows_read *read,
                        void **out, size_t *count)
{
    size_t capacity = 16;
    size_t used = 0;
    char *rows = arena_array(arena, capacity, size);
    enum status status = rows == NULL ? STATUS_EXHAUSTED : STATUS_OK;
    bool has_row = false;
    while (status == STATUS_OK && (limit < 0 || used < (size_t)limit)) {
        status = statement_row(use, &has_row);
        if (status != STATUS_OK || !has_row) {
            break;
        }
        if (used == capacity) {
            char *larger = arena_array(arena, capacity * 2, size);
            if (larger == NULL) {
                status = STATUS_EXHAUSTED;
                break;
            }
            memcpy(larger, rows, used * size);
            rows = larger;
            capacity *= 2;
        }
        status = read(use, arena, rows + used * size);
        used += status == STATUS_OK;
    }
    statement_end(use);
    if (status != STATUS_OK) {
        return status;
    }
    *out = rows;
    *count = used;
    return STATUS_OK;
}

enum status rows_one(sqlite3_stmt *use, struct arena *arena, rows_read *read, void *row)
{
    bool has_row = false;
    enum status status = statement_row(use, &has_row);
    if (status == STATUS_OK) {
        status = has_row ? read(use, arena, row) : STATUS_ABSENT;
    }
    statement_end(use);
    return status;
}

enum status rows_any(sqlite3_stmt *use, bool *has_any)
{
    bool has_row = false;
    enum status status = statement_row(use, &has_row);
    statement_end(use);
    if (status == STATUS_OK) {
        *has_any = has_row;
    }
    return status;
}

enum status rows_texts(sqlite3_stmt *use, struct arena *arena, int first, const char **const *targets)
{
    enum status status = STATUS_OK;
    for (int i = 0; status == STATUS_OK && targets[i] != NULL; i++) {
        status = statement_text(use, first + i, arena, targets[i]);
    }
    return status;
}

sqlite3_stmt *rows_ordered(struct db *db, const struct order *order, enum statement usual, enum statement ordered)
{
    const bool is_usual = order == NULL || order_is_usual(order);
    sqlite3_stmt *use = statement_use(db, is_usual ? usual : ordered);
    if (!is_usual) {
        statement_bind_integer(use, 7, order->key);
        statement_bind_text(use, 8, order->after);
        statement_bind_integer(use, 9, order->is_descending ? 1 : 0);
    }
    return use;
}

enum status rows_order_key(sqlite3_stmt *use, struct arena *arena, int columns, const char **key)
{
    *key = NULL;
    return sqlite3_column_count(use) > columns ? statement_text(use, columns, arena, key) : STATUS_OK;
}
