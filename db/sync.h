#ifndef DB_SYNC_H
#define DB_SYNC_H

#include <stdint.h>

/*
 * How long flushing takes: SQLite's own file system with a clock around xSync. Every connection of the process goes
 * through it, so that what is told is what the disk does for acknowledged changes.
 */

/* Sets it up; before the first connection, while one thread runs. Where SQLite's file system is none that we know,
 * nothing is told and all else goes on. */
void db_sync_begin(void);

/* Calls synced after each flush, on the thread that flushed; it must not block. NULL: nobody any more; then no other
 * thread may use a connection. Any thread, one at a time. */
void db_sync_watch(void (*synced)(void *context, int64_t duration_us), void *context);

#endif
