#ifndef DB_COPY_H
#define DB_COPY_H

#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>

#include "base/status.h"

/* Inside db/ only: what db_copy and node_copy share. */

/* Asked between two steps with how many pages are done; false ends the copy with STATUS_BUSY. NULL: nobody is asked. */
typedef bool copy_progress(void *context, uint64_t done, uint64_t total);

/*
 * Copies a database, as the connection sees it, to a new file (mode 0600, synced), by SQLite's backup API. The caller's connection
 * stands in a read transaction where other processes write meanwhile: all pages are then of that one state, and the
 * copy never begins anew. What was made of it is removed where that fails; a file that is there already is STATUS_CONFLICT.
 */
enum status copy_pages(sqlite3 *source, const char *path, copy_progress *progress, void *context) NODISCARD;

#endif
