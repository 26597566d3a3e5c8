#ifndef DB_STATEMENT_H
#define DB_STATEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#include "base/arena.h"
#include "base/status.h"
#include "db/statements.inc"

/*
 * Inside db/ only: prepared statements, typed binds and reads. A use of a statement
 * goes: statement_use, statement_bind_*, then statement_run (no rows wanted) or
 * statement_row until it says there is none; an early end needs statement_end.
 */

enum { STATEMENT_WAIT_MS = 5000 }; /* for a lock that another connection has */

#define STATEMENT_NAME(NAME, SQL) STATEMENT_##NAME,
enum statement { STATEMENTS(STATEMENT_NAME) STATEMENT_COUNT };
#undef STATEMENT_NAME

struct effects;

/* Invariants: 1. statements[] are all prepared, unless prepares_late: then those that were used, and what ends a transaction;
 * 2. effects is NULL or collecting on this connection; 3. a reader never has is_writer. */
struct db {
    sqlite3 *handle;
    sqlite3_stmt *statements[STATEMENT_COUNT];
    bool is_writer;
    bool prepares_late; /* db_open_reader_beside */
    struct effects *effects;
    bool (*may_go_on)(void *context); /* db_watch; NULL: nobody is asked */
    void *watch_context;
    bool is_unwatched; /* a transaction begins or ends: nobody is asked */
    int wal_pages;     /* of the writer: a commit that finds so many in the WAL moves it */
    enum status moved; /* how that went the last time; db_take_moved */
    struct key_filter *keys; /* of answers, once somebody has looked for one: db_answer_prepare */
};

/* Opens a connection for one thread at a time, with extended result codes and a time-out for
 * what another process holds. handle is set on failure too, for statement_status; the caller
 * closes it. The first call, before there are other threads, sets the library up. */
int statement_open(const char *path, int flags, sqlite3 **handle);

/* Prepares a statement that is not yet; logs what fails. */
enum status statement_prepare(struct db *db, enum statement statement) NODISCARD;

/* The statement, reset and without bindings; asserts that it is not stepping. NULL where it could not be prepared at its first use:
 * binding does nothing then, and statement_row on this thread says what failed. */
sqlite3_stmt *statement_use(struct db *db, enum statement statement);

/* Binds to ?index. Texts and blobs must live until the statement ends. */
void statement_bind_text(sqlite3_stmt *use, int index, const char *text); /* NULL binds NULL */
void statement_bind_integer(sqlite3_stmt *use, int index, int64_t value);
void statement_bind_blob(sqlite3_stmt *use, int index, const void *bytes, size_t length); /* NULL binds NULL */
void statement_bind_null(sqlite3_stmt *use, int index);

/* Steps: *has_row says whether there is one. On the end and on failure the statement is reset. */
enum status statement_row(sqlite3_stmt *use, bool *has_row) NODISCARD;

/* Runs a statement that gives no rows, and resets it. */
enum status statement_run(sqlite3_stmt *use) NODISCARD;

/* Ends a statement before its last row; nothing on NULL. */
void statement_end(sqlite3_stmt *use);

/* Columns of the current row, copied into the arena; *out is NULL for NULL. */
enum status statement_text(sqlite3_stmt *use, int column, struct arena *arena, const char **out) NODISCARD;
enum status statement_blob(sqlite3_stmt *use, int column, struct arena *arena, const void **out, size_t *length) NODISCARD;
/* The same where the table forbids NULL: it is STATUS_CORRUPT. */
enum status statement_text_there(sqlite3_stmt *use, int column, struct arena *arena, const char **out) NODISCARD;
int64_t statement_integer(sqlite3_stmt *use, int column);
bool statement_is_null(sqlite3_stmt *use, int column);

/* Copies a blob of exactly length bytes; STATUS_CORRUPT for another length. */
enum status statement_fixed(sqlite3_stmt *use, int column, void *out, size_t length) NODISCARD;

/* A SQLite result code as a status; logs what the library says about it. */
enum status statement_status(sqlite3 *handle, int code) NODISCARD;

/* What the opening of a database ended with. Our own SQL fails to prepare only where the schema is not ours: that is
 * STATUS_CORRUPT there and not STATUS_IO. */
enum status statement_opening_status(sqlite3 *handle, enum status status) NODISCARD;

#endif
