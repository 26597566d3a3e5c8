/*
 * Taken command ids to and from the table answer of a scratch database; the statements are in sql/taken.sql.
 */
#include "db/taken.h"

#include "db/db.h"
#include "db/rows.h"
#include "db/statement.h"

struct again {
    uint64_t seq;
    const char *id;
};

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

static enum status read_again(sqlite3_stmt *use, struct arena *arena, void *row)
{
    struct again *again = row;
    again->seq = (uint64_t)statement_integer(use, 0);
    return statement_text_there(use, 1, arena, &again->id);
}

enum status db_taken_again(struct db *db, struct arena *arena, uint64_t *seq, const char **id)
{
    struct again again = { 0, NULL };
    enum status status = rows_one(statement_use(db, STATEMENT_taken_again), arena, read_again, &again);
    if (status == STATUS_OK) {
        *seq = again.seq;
        *id = again.id;
    }
    return status;
}
