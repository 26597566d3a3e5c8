#ifndef DB_ROWS_H
#define DB_ROWS_H

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

/* Texts of columns first.. into the const char * given, NULL-terminated list of addresses. */
enum status rows_texts(sqlite3_stmt *use, struct arena *arena, int first, const char **const *targets) NODISCARD;

#endif
