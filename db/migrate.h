#ifndef DB_MIGRATE_H
#define DB_MIGRATE_H

#include <sqlite3.h>

#include "base/status.h"

/* Inside db/ only. Brings a database to the newest version, one transaction for each
 * migration, the version (PRAGMA user_version) read again inside it. STATUS_INVALID
 * where the database is newer than this program, STATUS_CORRUPT where it is not one of ours. */
enum status migrate(sqlite3 *handle) NODISCARD;

/* STATUS_OK where the database has exactly the version of this program, STATUS_INVALID
 * where it has another, and the log says what to do; STATUS_CORRUPT where it is not one of ours. */
enum status migrate_check(sqlite3 *handle) NODISCARD;

#endif
