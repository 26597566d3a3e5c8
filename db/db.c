/*
 * Opening, migrating and the transactions of a connection. Statements and binds:
 * statement.c; what a command wrote: effects.c; one file per table for the rest.
 */
#include "db/db.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "db/copy.h"
#include "db/key_filter.h"
#include "db/migrate.h"
#include "db/statement.h"

enum {
    WATCH_EVERY = 20000,   /* steps of SQLite's machine: some hundred a second */
    TRUNCATE_WAIT_MS = 100 /* for readers in the way of the WAL's end: all but the long reads are over by then */
};

/* What a savepoint may have to take back is kept in memory: in a temporary file it would cost a
 * write for every page that a command touches, and it would lie outside the data directory. Not so while a ledger is brought to a newer
 * schema: what its new indexes are sorted with grows with the ledger, and goes to the temporary directory (56 bytes an entry). */
#define JOURNALS_IN_MEMORY "PRAGMA temp_store=MEMORY;"
#define SORTING_IN_FILES "PRAGMA temp_store=FILE;"

/* Pages of 4 KiB that the writer keeps. In a long ledger a block changes a page of the index of hashes for every entry: with the inner
 * pages of that index here only the page itself is read, and a block of many commands need not write pages before its end. */
#define WRITER_CACHE "PRAGMA cache_size=2048;"

/* The WAL is moved into the database between blocks (db_checkpoint). Where it has grown this long all the same, in pages, the commit
 * that finds it so moves it. */
enum { WAL_PAGES = 10000 };

static enum status execute(struct db *db, const char *sql)
{
    return statement_status(db->handle, sqlite3_exec(db->handle, sql, NULL, NULL, NULL));
}

static enum status prepare_all(struct db *db)
{
    enum status status = STATUS_OK;
    for (int i = 0; i < STATEMENT_COUNT && status == STATUS_OK; i++) {
        status = statement_prepare(db, (enum statement)i);
    }
    return status;
}

/* What begins and ends a reader's transaction: where that were to be prepared at its end, there might be no memory for it. */
static enum status prepare_few(struct db *db)
{
    enum status status = statement_prepare(db, STATEMENT_transaction_begin_read);
    return status == STATUS_OK ? statement_prepare(db, STATEMENT_transaction_rollback) : status;
}

static enum status open_handle(const char *path, int flags, bool is_writer, struct db **out)
{
    struct db *db = calloc(1, sizeof *db);
    if (db == NULL) {
        return STATUS_EXHAUSTED;
    }
    db->is_writer = is_writer;
    int code = statement_open(path, flags, &db->handle);
    if (code != SQLITE_OK) {
        enum status status = statement_status(db->handle, code);
        sqlite3_close(db->handle);
        free(db);
        return status;
    }
    *out = db;
    return STATUS_OK;
}

/* The file holds personal texts: nobody but its owner reads it. SQLite gives the journals
 * the mode of the database. One that is there is not opened: closing it would drop the locks
 * of this process's other connections. */
static enum status create_private(const char *path)
{
    int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0 && errno == EEXIST) {
        return STATUS_OK;
    }
    if (file < 0) {
        log_error("sqlite", "%s: %s", path, strerror(errno));
        return errno == ENOSPC || errno == EDQUOT ? STATUS_EXHAUSTED : STATUS_IO;
    }
    close(file);
    return STATUS_OK;
}

/* The rest of opening: pragmas, schema, statements. Closes the handle where that fails. */
static enum status set_up(struct db *db, const char *pragmas, enum status (*check_schema)(sqlite3 *handle), struct db **out)
{
    enum status status = execute(db, pragmas);
    if (status == STATUS_OK) {
        status = check_schema(db->handle);
    }
    if (status == STATUS_OK) {
        status = db->prepares_late ? prepare_few(db) : prepare_all(db);
    }
    if (status != STATUS_OK) {
        status = statement_opening_status(db->handle, status);
        db_close(db);
        return status;
    }
    *out = db;
    return STATUS_OK;
}

static enum status migrate_long(sqlite3 *handle)
{
    enum status status = migrate(handle);
    return status != STATUS_OK ? status : statement_status(handle, sqlite3_exec(handle, JOURNALS_IN_MEMORY, NULL, NULL, NULL));
}

/* Behind a commit, which is done whatever becomes of this. SQLite's own way of it (wal_autocheckpoint) is the same, and tells nobody
 * of a failure. */
static int move_long_log(void *context, sqlite3 *handle, const char *name, int pages)
{
    struct db *db = context;
    if (pages >= db->wal_pages) {
        int code = sqlite3_wal_checkpoint_v2(handle, name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
        db->moved = (code & 0xff) == SQLITE_BUSY ? STATUS_OK : statement_status(handle, code);
    }
    return SQLITE_OK;
}

enum status db_open_writer(const char *path, struct db **out)
{
    struct db *db = NULL;
    enum status status = create_private(path);
    if (status == STATUS_OK) {
        status = open_handle(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, true, &db);
    }
    if (status == STATUS_OK) {
        db->wal_pages = WAL_PAGES;
        (void)sqlite3_wal_hook(db->handle, move_long_log, db);
    }
    return status != STATUS_OK ? status : set_up(db,
        "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA mmap_size=0;"
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON;"
        SORTING_IN_FILES WRITER_CACHE
        "PRAGMA wal_checkpoint(TRUNCATE);", migrate_long, out);
}

enum status db_open_scratch(struct db **out)
{
    struct db *db = NULL;
    enum status status = open_handle("", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, true, &db);
    return status != STATUS_OK ? status : set_up(db,
        "PRAGMA trusted_schema=OFF; PRAGMA synchronous=OFF; PRAGMA foreign_keys=ON; PRAGMA journal_mode=OFF;"
        "PRAGMA cache_size=2048;", migrate, out); /* pages of 4 KiB */
}

enum status db_set_temporary_directory(const char *directory)
{
    static char *kept; /* SQLite frees nothing of it */
    char *copy = strdup(directory);
    if (copy == NULL) {
        return STATUS_EXHAUSTED;
    }
    sqlite3_temp_directory = copy;
    free(kept);
    kept = copy;
    return STATUS_OK;
}

static int ask_watcher(void *context)
{
    const struct db *db = context;
    return db->is_unwatched || db->may_go_on(db->watch_context) ? 0 : 1;
}

void db_watch(struct db *db, bool (*may_go_on)(void *context), void *context)
{
    db->may_go_on = may_go_on;
    db->watch_context = context;
    sqlite3_progress_handler(db->handle, WATCH_EVERY, may_go_on != NULL ? ask_watcher : NULL, db);
}

void db_interrupt(struct db *db)
{
    sqlite3_interrupt(db->handle);
}

static enum status open_reader(const char *path, bool prepares_late, struct db **out)
{
    struct db *db = NULL;
    enum status status = open_handle(path, SQLITE_OPEN_READONLY, false, &db);
    if (status != STATUS_OK) {
        return status;
    }
    db->prepares_late = prepares_late;
    return set_up(db, "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA mmap_size=0; PRAGMA query_only=ON;", migrate_check, out);
}

enum status db_open_reader(const char *path, struct db **out)
{
    return open_reader(path, false, out);
}

enum status db_open_reader_beside(const char *path, struct db **out)
{
    return open_reader(path, true, out);
}

void db_close(struct db *db)
{
    if (db == NULL) {
        return;
    }
    for (int i = 0; i < STATEMENT_COUNT; i++) {
        assert(db->statements[i] == NULL || !sqlite3_stmt_busy(db->statements[i]));
        sqlite3_finalize(db->statements[i]);
    }
    assert(sqlite3_get_autocommit(db->handle) != 0);
    int code = sqlite3_close(db->handle);
    assert(code == SQLITE_OK);
    key_filter_close(db->keys);
    free(db);
}

/* Begins or ends a transaction: broken off in the middle nobody would know which it is. */
static enum status run_unwatched(struct db *db, enum statement statement)
{
    db->is_unwatched = true;
    enum status status = statement_run(statement_use(db, statement));
    db->is_unwatched = false;
    return status;
}

enum status db_read_begin(struct db *db)
{
    assert(sqlite3_get_autocommit(db->handle) != 0);
    return run_unwatched(db, STATEMENT_transaction_begin_read);
}

void db_read_end(struct db *db)
{
    for (int i = 0; i < STATEMENT_COUNT; i++) {
        assert(!sqlite3_stmt_busy(db->statements[i]));
    }
    if (sqlite3_get_autocommit(db->handle) == 0) {
        db_rollback(db);
    }
}

enum status db_begin(struct db *db)
{
    assert(db->is_writer);
    return run_unwatched(db, STATEMENT_transaction_begin_write);
}

enum status db_commit(struct db *db)
{
    enum status status = run_unwatched(db, STATEMENT_transaction_commit);
    if (status == STATUS_OK) {
        return STATUS_OK;
    }
    /* A write that found no room: the frame that makes the commit valid is the last one written, so it is not there. */
    return (sqlite3_extended_errcode(db->handle) & 0xff) == SQLITE_FULL ? STATUS_EXHAUSTED : STATUS_IO;
}

enum status db_take_moved(struct db *db)
{
    enum status moved = db->moved;
    db->moved = STATUS_OK;
    return moved;
}

void db_rollback(struct db *db)
{
    if (sqlite3_get_autocommit(db->handle) != 0) {
        return;
    }
    enum status status = run_unwatched(db, STATEMENT_transaction_rollback);
    if (status != STATUS_OK) {
        log_error("sqlite", "rollback failed: %s", status_name(status));
    }
}

enum status db_savepoint(struct db *db)
{
    return run_unwatched(db, STATEMENT_savepoint_begin);
}

enum status db_savepoint_release(struct db *db)
{
    return run_unwatched(db, STATEMENT_savepoint_release);
}

enum status db_savepoint_rollback(struct db *db)
{
    enum status status = run_unwatched(db, STATEMENT_savepoint_rollback);
    return status != STATUS_OK ? status : db_savepoint_release(db);
}

bool db_is_in_transaction(const struct db *db)
{
    return sqlite3_get_autocommit(db->handle) == 0;
}

int64_t db_changes(const struct db *db)
{
    return sqlite3_total_changes64(db->handle);
}

enum status db_checkpoint(struct db *db)
{
    assert(db->is_writer);
    int code = sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    return (code & 0xff) == SQLITE_BUSY ? STATUS_OK : statement_status(db->handle, code);
}

bool db_has_log(struct db *db)
{
    int frames = 0;
    assert(db->is_writer);
    return sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, &frames, NULL) != SQLITE_OK || frames > 0;
}

enum status db_checkpoint_truncate(struct db *db)
{
    assert(db->is_writer);
    sqlite3_busy_timeout(db->handle, TRUNCATE_WAIT_MS); /* that of statements is as long as all changes would wait */
    int code = sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    sqlite3_busy_timeout(db->handle, STATEMENT_WAIT_MS);
    return (code & 0xff) == SQLITE_BUSY ? STATUS_BUSY : statement_status(db->handle, code);
}

enum status db_copy(struct db *db, const char *path, bool (*progress)(void *context, uint64_t done, uint64_t total), void *context)
{
    assert(sqlite3_get_autocommit(db->handle) == 0);
    return copy_pages(db->handle, path, progress, context);
}

/* A page that could not be read is told as a finding, too, with the code of the failure: that is no damage of the database. */
static enum status finding_status(struct db *db, const char *text)
{
    static const char mark[] = "error code=";
    const char *at = text != NULL ? strstr(text, mark) : NULL;
    int64_t code = 0;
    if (text == NULL) {
        return STATUS_EXHAUSTED;
    }
    if (at == NULL || text_to_integer(at + sizeof mark - 1, &code) != STATUS_OK || code <= 0 || code > INT_MAX) {
        return STATUS_CORRUPT;
    }
    enum status status = statement_status(db->handle, (int)code);
    return status == STATUS_IO || status == STATUS_EXHAUSTED ? status : STATUS_CORRUPT;
}

enum status db_check_integrity(struct db *db)
{
    bool has_row = false;
    sqlite3_stmt *use = statement_use(db, STATEMENT_integrity_check);
    enum status status = statement_row(use, &has_row);
    if (status != STATUS_OK || !has_row) {
        return status != STATUS_OK ? status : STATUS_CORRUPT;
    }
    const char *text = (const char *)sqlite3_column_text(use, 0);
    bool is_sound = text != NULL && strcmp(text, "ok") == 0;
    if (!is_sound) {
        log_error("integrity", "%s", text != NULL ? text : "no memory");
        status = finding_status(db, text);
    }
    statement_end(use);
    return status;
}
