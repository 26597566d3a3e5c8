/*
 * Typed binds and reads over SQLite's C interface, so that no other file of db/ has to
 * think of result codes. Statements themselves stand in db/sql/.
 */
#include "db/statement.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

#include "base/log.h"
#include "db/sync.h"

#define STATEMENT_SQL(NAME, SQL) SQL,
static const char *const statement_sql[STATEMENT_COUNT] = { STATEMENTS(STATEMENT_SQL) };
#undef STATEMENT_SQL

/* Of the last statement that this thread wanted to use and that could not be prepared. */
static _Thread_local enum status why_unprepared = STATUS_OK;

enum status statement_status(sqlite3 *handle, int code)
{
    int primary = code & 0xff;
    if (primary == SQLITE_OK || primary == SQLITE_ROW || primary == SQLITE_DONE) {
        return STATUS_OK;
    }
    if (primary == SQLITE_INTERRUPT) {
        return STATUS_BUSY; /* as was asked for: db_watch, db_interrupt */
    }
    log_error("sqlite", "code=%d text=\"%s\"", code, handle != NULL ? sqlite3_errmsg(handle) : sqlite3_errstr(code));
    switch (primary) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return STATUS_BUSY;
    case SQLITE_FULL:
    case SQLITE_NOMEM:
    case SQLITE_TOOBIG:
        return STATUS_EXHAUSTED;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
        return STATUS_CORRUPT;
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_RANGE:
    case SQLITE_MISUSE:
        return STATUS_INVALID; /* a fault of ours: the rules let through what the tables forbid */
    default:
        return STATUS_IO;
    }
}

enum status statement_opening_status(sqlite3 *handle, enum status status)
{
    bool is_sql = handle != NULL && (sqlite3_errcode(handle) & 0xff) == SQLITE_ERROR;
    return status == STATUS_IO && is_sql ? STATUS_CORRUPT : status;
}

int statement_open(const char *path, int flags, sqlite3 **handle)
{
    static atomic_flag is_configured = ATOMIC_FLAG_INIT;
    if (!atomic_flag_test_and_set(&is_configured)) {
        /* Counting the memory in use would take one lock of the process at each allocation:
         * a twentieth of a write's processor time, and nobody asks for the count. */
        sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
        db_sync_begin();
    }
    int code = sqlite3_open_v2(path, handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    if (code == SQLITE_OK) {
        sqlite3_busy_timeout(*handle, STATEMENT_WAIT_MS);
    }
    return code;
}

enum status statement_prepare(struct db *db, enum statement statement)
{
    bool was_unwatched = db->is_unwatched;
    db->is_unwatched = true; /* newer libraries ask the watcher here too */
    int code = sqlite3_prepare_v3(db->handle, statement_sql[statement], -1, SQLITE_PREPARE_PERSISTENT,
                                  &db->statements[statement], NULL);
    db->is_unwatched = was_unwatched;
    if (code == SQLITE_OK) {
        return STATUS_OK;
    }
    log_error("sqlite", "statement %d does not prepare: %.200s", (int)statement, statement_sql[statement]);
    return statement_status(db->handle, code);
}

sqlite3_stmt *statement_use(struct db *db, enum statement statement)
{
    if (db->statements[statement] == NULL) {
        assert(db->prepares_late);
        enum status status = statement_prepare(db, statement);
        if (status != STATUS_OK) {
            why_unprepared = status;
            return NULL;
        }
    }
    sqlite3_stmt *use = db->statements[statement];
    assert(!sqlite3_stmt_busy(use));
    sqlite3_clear_bindings(use);
    return use;
}

void statement_bind_text(sqlite3_stmt *use, int index, const char *text)
{
    if (use == NULL) {
        return;
    }
    int code = text == NULL ? sqlite3_bind_null(use, index)
                            : sqlite3_bind_text64(use, index, text, strlen(text), SQLITE_STATIC, SQLITE_UTF8);
    assert(code == SQLITE_OK);
}

void statement_bind_integer(sqlite3_stmt *use, int index, int64_t value)
{
    int code = use != NULL ? sqlite3_bind_int64(use, index, value) : SQLITE_OK;
    assert(code == SQLITE_OK);
}

void statement_bind_blob(sqlite3_stmt *use, int index, const void *bytes, size_t length)
{
    if (use == NULL) {
        return;
    }
    int code = bytes == NULL ? sqlite3_bind_null(use, index)
                             : sqlite3_bind_blob64(use, index, length > 0 ? bytes : "", length, SQLITE_STATIC);
    assert(code == SQLITE_OK);
}

void statement_bind_null(sqlite3_stmt *use, int index)
{
    int code = use != NULL ? sqlite3_bind_null(use, index) : SQLITE_OK;
    assert(code == SQLITE_OK);
}

enum status statement_row(sqlite3_stmt *use, bool *has_row)
{
    if (use == NULL) {
        assert(why_unprepared != STATUS_OK);
        return why_unprepared;
    }
    int code = sqlite3_step(use);
    if (code == SQLITE_ROW) {
        *has_row = true;
        return STATUS_OK;
    }
    if (code == SQLITE_DONE) {
        sqlite3_reset(use);
        *has_row = false;
        return STATUS_OK;
    }
    enum status status = statement_status(sqlite3_db_handle(use), code);
    sqlite3_reset(use);
    return status;
}

enum status statement_run(sqlite3_stmt *use)
{
    bool has_row = false;
    enum status status = statement_row(use, &has_row);
    assert(status != STATUS_OK || !has_row);
    return status;
}

void statement_end(sqlite3_stmt *use)
{
    if (use != NULL) {
        sqlite3_reset(use);
    }
}

enum status statement_text(sqlite3_stmt *use, int column, struct arena *arena, const char **out)
{
    if (statement_is_null(use, column)) {
        *out = NULL;
        return STATUS_OK;
    }
    const unsigned char *text = sqlite3_column_text(use, column);
    int length = sqlite3_column_bytes(use, column);
    char *copy = text == NULL ? NULL : arena_copy(arena, (const char *)text, (size_t)length);
    if (copy == NULL) {
        return STATUS_EXHAUSTED;
    }
    if (strlen(copy) != (size_t)length) { /* what stands behind a NUL would hide from every check */
        log_error("sqlite", "a text holds a NUL");
        return STATUS_CORRUPT;
    }
    *out = copy;
    return STATUS_OK;
}

enum status statement_text_there(sqlite3_stmt *use, int column, struct arena *arena, const char **out)
{
    if (statement_is_null(use, column)) {
        log_error("sqlite", "a text that must be there is not");
        return STATUS_CORRUPT;
    }
    return statement_text(use, column, arena, out);
}

enum status statement_blob(sqlite3_stmt *use, int column, struct arena *arena, const void **out, size_t *length)
{
    if (statement_is_null(use, column)) {
        *out = NULL;
        *length = 0;
        return STATUS_OK;
    }
    const void *bytes = sqlite3_column_blob(use, column);
    size_t count = (size_t)sqlite3_column_bytes(use, column);
    char *copy = arena_copy(arena, bytes, count);
    if (copy == NULL) {
        return STATUS_EXHAUSTED;
    }
    *out = copy;
    *length = count;
    return STATUS_OK;
}

int64_t statement_integer(sqlite3_stmt *use, int column)
{
    return sqlite3_column_int64(use, column);
}

bool statement_is_null(sqlite3_stmt *use, int column)
{
    return sqlite3_column_type(use, column) == SQLITE_NULL;
}

enum status statement_fixed(sqlite3_stmt *use, int column, void *out, size_t length)
{
    const void *bytes = sqlite3_column_blob(use, column);
    if (bytes == NULL || (size_t)sqlite3_column_bytes(use, column) != length) {
        log_error("sqlite", "a column of %zu bytes has %d", length, sqlite3_column_bytes(use, column));
        return STATUS_CORRUPT;
    }
    memcpy(out, bytes, length);
    return STATUS_OK;
}
