#ifndef DB_ROWS_H
#define DB_ROWS_H

#include "db/order.h"
#include "db/statement.h"

/*
 * Inside db/ only: gathering the rows of a statement into an array in the arena. read
 * copies the current row into a struct of size bytes.
 */
typedef enum status rows_read(sqlite3_stmt *use, struct arena *arena, void *row);

/* Up to limit rows; *out is never NULL on success. */
enum status rows_gather(sqlite3_stmt *use, struct arena *arena, size_t size, int64_t limit, rows_read *read,
                        void **out, size_t *count) NODISCARD;

/* The only row, or STATUS_ABSENT. */
enum status rows_one(sqlite3_stmt *use, struct arena *arena, rows_read *read, void *row) NODISCARD;

/* Whether the statement gives any row. */
enum status rows_any(sqlite3_stmt *use, bool *has_any) NODISCARD;

/* A list's usual statement (order NULL: that one), or that of another order, with ?7 for the key, ?8 for the key of the row to go on
 * behind and ?9 for the direction bound; and the key, which stands behind the columns that a row has everywhere, or NULL. */
sqlite3_stmt *rows_ordered(struct db *db, const struct order *order, enum statement usual, enum statement ordered);
enum status rows_order_key(sqlite3_stmt *use, struct arena *arena, int columns, const char **key) NODISCARD;

/* Texts of columns first.. into the const char * given, NULL-terminated list of addresses. */
enum status rows_texts(sqlite3_stmt *use, struct arena *arena, int first, const char **const *targets) NODISCARD;

#endif
