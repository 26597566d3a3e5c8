#ifndef DB_DB_H
#define DB_DB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

/*
 * Connections to tallystick.db, each with all its statements prepared (but db_open_reader_beside). One thread at a
 * time for each connection. Only the writer commits and checkpoints the WAL; readers are
 * opened read-only.
 */
struct db;

/* The writer: creates the file where it is absent, migrates it, WAL, synchronous=FULL,
 * and empties the WAL by a TRUNCATE checkpoint. STATUS_CORRUPT where the file is not a
 * database of ours, STATUS_INVALID where it comes from a newer program. */
enum status db_open_writer(const char *path, struct db **db) NODISCARD;

/* A read-only connection to an existing, migrated database; STATUS_INVALID where it has another version than this program. */
enum status db_open_reader(const char *path, struct db **db) NODISCARD;

/* The same beside a writer of this process, which has found that the schema is ours: most statements are prepared at their first use
 * only, for most of many such connections use few. What fails then (there is no memory) the use of the statement fails with. */
enum status db_open_reader_beside(const char *path, struct db **db) NODISCARD;

/* An empty, migrated database in a temporary file that nobody else sees and that goes
 * with the connection: for replaying a ledger. It keeps no journal: once a statement has failed, or after db_rollback, it is of no
 * use but to be closed. Up to 8 MiB of it are kept in memory. */
enum status db_open_scratch(struct db **db) NODISCARD;

/* Where SQLite puts what does not fit into memory: sorting, and db_open_scratch. A directory that cannot be written is passed
 * over for the system's own. For the whole process, before the first connection; directory is copied. */
enum status db_set_temporary_directory(const char *directory) NODISCARD;

/* Asks may_go_on now and then while a statement runs; once it says no, the statement ends with STATUS_BUSY. NULL: nobody is
 * asked any more, as nobody is while a transaction begins or ends. */
void db_watch(struct db *db, bool (*may_go_on)(void *context), void *context);

/* Any thread, while the connection is open: the statements that run end with STATUS_BUSY. */
void db_interrupt(struct db *db);

/* Asserts that no statement is stepping and no transaction open. NULL does nothing. */
void db_close(struct db *db);

/* A read transaction: one state for all reads until db_read_end. */
enum status db_read_begin(struct db *db) NODISCARD;
void db_read_end(struct db *db);

/* The writer's transaction and its savepoints. */
enum status db_begin(struct db *db) NODISCARD;
enum status db_commit(struct db *db) NODISCARD; /* STATUS_EXHAUSTED: the disk is full, and nothing was committed;
                                                 * STATUS_IO: it may be committed or not */
/* What became of a move of the WAL into the database that a commit made by itself, since the WAL had grown very long; STATUS_OK too
 * where there was none. It is forgotten then. The commit itself is done. */
enum status db_take_moved(struct db *db) NODISCARD;
void db_rollback(struct db *db);
enum status db_savepoint(struct db *db) NODISCARD;
enum status db_savepoint_release(struct db *db) NODISCARD;
enum status db_savepoint_rollback(struct db *db) NODISCARD;

/* False where SQLite ended the transaction by itself (a full disk, an I/O error). */
bool db_is_in_transaction(const struct db *db);

/* How many rows this connection has changed since it was opened, what was taken back again included: the same number twice
 * says that nothing was written between. */
int64_t db_changes(const struct db *db);

/* Moves the WAL into the database where it has grown; the writer, between blocks. */
enum status db_checkpoint(struct db *db) NODISCARD;

/* Whether the WAL has anything: after the start it is what a reader kept there that stood in the way of it. */
bool db_has_log(struct db *db) NODISCARD;

/* The same to its end, and the WAL's file is empty afterwards: nothing of what was overwritten is left in it. STATUS_BUSY while a
 * reader stands in the way, which then waits for nothing; a short one is waited for, a long one not. */
enum status db_checkpoint_truncate(struct db *db) NODISCARD;

/* Copies the state that the connection's read transaction sees to a new file, beside a process that writes, and without
 * keeping it waiting; its WAL cannot be emptied meanwhile and grows. progress: as copy_progress in db/copy.h, or NULL.
 * STATUS_CONFLICT where the file is there. */
enum status db_copy(struct db *db, const char *path, bool (*progress)(void *context, uint64_t done, uint64_t total),
                    void *context) NODISCARD;

/* Runs PRAGMA integrity_check; STATUS_CORRUPT where it finds anything (logged). A page that cannot be read is STATUS_IO, as elsewhere. */
enum status db_check_integrity(struct db *db) NODISCARD;

#endif
