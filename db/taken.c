/*
 * Taken command ids to the table answer of a scratch database; the statements are in sql/taken.sql.
 */
#include "db/taken.h"

#include "db/db.h"
#include "db/statement.h"

enum status db_taken_note(struct db *db, uint64_t seq, const char *scope, const char *id, bool *is_new)
{
    int64_t before = db_changes(db);
    sqlite3_stmt *use = statement_use(db, STATEMENT_taken_note);
    statement_bind_integer(use, 1, (int64_t)seq);
    statement_bind_text(use, 2, scope);
    statement_bind_text(use, 3, id);
    enum status status = statement_run(use);
    if (status == STATUS_OK) {
        *is_new = db_changes(db) != before;
    }
    return status;
}
