/*
 * Migrations: an append-only list of files, counted in PRAGMA user_version. The
 * application id tells our databases from others.
 */
#include "db/migrate.h"

#include <stdint.h>
#include <stdio.h>

#include "base/log.h"
#include "db/migrations.inc"
#include "db/statement.h"

enum { APPLICATION_ID = 0x54616c79 }; /* "Taly" */

struct migration {
    int number;
    const char *name;
    const char *sql;
};

#define MIGRATION_ROW(NUMBER, NAME, SQL) { NUMBER, NAME, SQL },
static const struct migration migrations[] = { MIGRATIONS(MIGRATION_ROW) };
#undef MIGRATION_ROW
enum { MIGRATION_COUNT = sizeof migrations / sizeof migrations[0] };

static enum status pragma_integer(sqlite3 *handle, const char *pragma, int *value)
{
    sqlite3_stmt *use = NULL;
    int code = sqlite3_prepare_v2(handle, pragma, -1, &use, NULL);
    if (code != SQLITE_OK) {
        return statement_status(handle, code);
    }
    code = sqlite3_step(use);
    int found = code == SQLITE_ROW ? sqlite3_column_int(use, 0) : 0;
    enum status status = statement_status(handle, code);
    sqlite3_finalize(use);
    if (status == STATUS_OK) {
        *value = found;
    }
    return status;
}

/* Applies one migration unless another process has. */
static enum status migrate_one(sqlite3 *handle, const struct migration *migration)
{
    char finish[128];
    int version = 0;
    int code = sqlite3_exec(handle, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    if (code != SQLITE_OK) {
        return statement_status(handle, code);
    }
    enum status status = pragma_integer(handle, "PRAGMA user_version", &version);
    if (status == STATUS_OK && version < migration->number) {
        status = statement_status(handle, sqlite3_exec(handle, migration->sql, NULL, NULL, NULL));
        snprintf(finish, sizeof finish, "PRAGMA application_id=%d; PRAGMA user_version=%d;",
                 APPLICATION_ID, migration->number);
        if (status == STATUS_OK) {
            status = statement_status(handle, sqlite3_exec(handle, finish, NULL, NULL, NULL));
        }
    }
    if (status == STATUS_OK) {
        status = statement_status(handle, sqlite3_exec(handle, "COMMIT", NULL, NULL, NULL));
    }
    if (status != STATUS_OK) {
        log_error("migrate", "%s failed", migration->name);
        sqlite3_exec(handle, "ROLLBACK", NULL, NULL, NULL);
    }
    return status;
}

static enum status check_origin(sqlite3 *handle, int *version)
{
    int application = 0;
    int changes = 0; /* of the schema since the file is there; an empty one has had none */
    enum status status = pragma_integer(handle, "PRAGMA application_id", &application);
    if (status == STATUS_OK) {
        status = pragma_integer(handle, "PRAGMA user_version", version);
    }
    if (status == STATUS_OK) {
        status = pragma_integer(handle, "PRAGMA schema_version", &changes);
    }
    if (status == STATUS_OK && application != APPLICATION_ID && (changes > 0 || *version > 0)) {
        log_error("migrate", "the file is a database of another program");
        return STATUS_CORRUPT;
    }
    return status;
}

/* Nothing is wrong with the file: another program fits it. */
static enum status refuse_version(int version)
{
    if (version > MIGRATION_COUNT) {
        log_error("migrate", "the database is of a newer program: it has version %d, this one knows up to %d; use that one",
                  version, MIGRATION_COUNT);
    } else {
        log_error("migrate", "the database is of an older program: it has version %d, this one needs %d; serve brings a data "
                  "directory there, restore a backup", version, MIGRATION_COUNT);
    }
    return STATUS_INVALID;
}

enum status migrate(sqlite3 *handle)
{
    int version = 0;
    enum status status = check_origin(handle, &version);
    if (status == STATUS_OK && version > MIGRATION_COUNT) {
        return refuse_version(version);
    }
    for (int i = 0; status == STATUS_OK && i < MIGRATION_COUNT; i++) {
        if (version < migrations[i].number) {
            status = migrate_one(handle, &migrations[i]);
        }
    }
    return status;
}

enum status migrate_check(sqlite3 *handle)
{
    int version = 0;
    enum status status = check_origin(handle, &version);
    return status == STATUS_OK && version != MIGRATION_COUNT ? refuse_version(version) : status;
}
