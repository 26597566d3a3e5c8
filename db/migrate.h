#ifndef DB_MIGRATE_H
#define DB_MIGRATE_H

#include <sqlite3.h>

#include "base/status.h"

/* Inside db/ only. Brings a database to the newest version, one transaction for each
 * migration, the version (PRAGMA user_version) read again inside it. STATUS_CORRUPT
 * where the database is newer than this program or not one of ours. */
enum status migrate(sqlite3 *handle) NODISCARD;

/* STATUS_OK where the database has exactly the version of this program; else
 * STATUS_CORRUPT, and the log says what to do. */
enum status migrate_check(sqlite3 *handle) NODISCARD;

#endif
