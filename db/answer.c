/*
 * Answers and personal texts to and from structs; the statements are in sql/ledger.sql.
 */
#include "db/answer.h"

#include <assert.h>

#include "db/answer_find.h"
#include "db/rows.h"
#include "db/statement.h"

/* What both tables have: a refusal is of no entry, and makes nothing that could have a place or a tag. */
static sqlite3_stmt *bind_answer(sqlite3_stmt *use, const struct answer_row *row)
{
    statement_bind_text(use, 1, row->scope);
    statement_bind_text(use, 2, row->key);
    statement_bind_text(use, 3, row->kind);
    statement_bind_text(use, 4, row->target);
    statement_bind_blob(use, 5, row->salt, DB_ANSWER_SALT_BYTES);
    statement_bind_blob(use, 6, row->fingerprint, DB_FINGERPRINT_BYTES);
    statement_bind_integer(use, 7, row->time_ms);
    return use;
}

enum status db_answer_insert(struct db *db, const struct answer_row *row)
{
    const void *body = row->body_length > 0 ? row->body : "";
    if (row->seq == 0) {
        assert(row->location[0] == 0 && row->etag[0] == 0);
        sqlite3_stmt *use = bind_answer(statement_use(db, STATEMENT_refused_insert), row);
        statement_bind_integer(use, 8, row->status);
        statement_bind_blob(use, 9, body, row->body_length);
        return statement_run(use);
    }
    enum status status = answer_key_note(db, row);
    if (status != STATUS_OK) {
        return status;
    }
    sqlite3_stmt *use = bind_answer(statement_use(db, STATEMENT_answer_insert), row);
    statement_bind_integer(use, 8, row->seq);
    statement_bind_integer(use, 9, row->status);
    statement_bind_text(use, 10, row->location);
    statement_bind_text(use, 11, row->etag);
    statement_bind_blob(use, 12, body, row->body_length);
    statement_bind_blob(use, 13, row->has_mac ? row->mac : NULL, DB_ANSWER_MAC_BYTES);
    return statement_run(use);
}

static enum status read_count(sqlite3_stmt *use, struct arena *arena, void *row)
{
    (void)arena;
    *(uint64_t *)row = (uint64_t)statement_integer(use, 0);
    return STATUS_OK;
}

enum status db_answer_accepted_count(struct db *db, uint64_t *count)
{
    return rows_one(statement_use(db, STATEMENT_answer_accepted_count), NULL, read_count, count);
}

enum status db_answer_expire(struct db *db, int64_t before_ms)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_refused_expire);
    statement_bind_integer(use, 1, before_ms);
    return statement_run(use);
}

enum status db_personal_insert(struct db *db, const struct personal_row *row)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_personal_insert);
    statement_bind_text(use, 1, row->commitment);
    statement_bind_integer(use, 2, row->seq);
    statement_bind_text(use, 3, row->pointer);
    statement_bind_blob(use, 4, row->salt, DB_SALT_BYTES);
    statement_bind_text(use, 5, row->text);
    return statement_run(use);
}

static enum status read_personal(sqlite3_stmt *use, struct arena *arena, void *row)
{
    struct personal_row *personal = row;
    const void *salt = NULL;
    size_t length = 0;
    personal->seq = statement_integer(use, 1);
    enum status status = statement_text_there(use, 0, arena, &personal->commitment);
    if (status == STATUS_OK) {
        status = statement_text_there(use, 2, arena, &personal->pointer);
    }
    if (status == STATUS_OK) {
        status = statement_blob(use, 3, arena, &salt, &length);
    }
    if (status == STATUS_OK && (personal->commitment == NULL || personal->pointer == NULL ||
                                (salt != NULL && length != DB_SALT_BYTES))) {
        return STATUS_CORRUPT;
    }
    if (status == STATUS_OK) {
        personal->salt = salt;
        status = statement_text(use, 4, arena, &personal->text);
    }
    return status == STATUS_OK && (personal->salt == NULL) != (personal->text == NULL) ? STATUS_CORRUPT : status;
}

enum status db_personal_find(struct db *db, struct arena *arena, const char *commitment, struct personal_row *out)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_personal_find);
    statement_bind_text(use, 1, commitment);
    return rows_one(use, arena, read_personal, out);
}

enum status db_personal_find_in(struct db *db, struct arena *arena, uint64_t seq, const char *commitment, struct personal_row *out)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_personal_find_in);
    statement_bind_integer(use, 1, (int64_t)seq);
    statement_bind_text(use, 2, commitment);
    return rows_one(use, arena, read_personal, out);
}

enum status db_personal_of(struct db *db, struct arena *arena, uint64_t seq, struct personal_row **out, size_t *count)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_personal_of);
    statement_bind_integer(use, 1, (int64_t)seq);
    return rows_gather(use, arena, sizeof **out, -1, read_personal, (void **)out, count);
}

enum status db_personal_note_erased(struct db *db, const char *commitment, uint64_t seq, const char *pointer)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_personal_note_erased);
    statement_bind_text(use, 1, commitment);
    statement_bind_integer(use, 2, (int64_t)seq);
    statement_bind_text(use, 3, pointer);
    return statement_run(use);
}

enum status db_personal_unerased(struct db *db, struct arena *arena, struct personal_row *out)
{
    return rows_one(statement_use(db, STATEMENT_personal_unerased), arena, read_personal, out);
}

enum status db_personal_each(struct db *db, int64_t first, enum status (*visit)(void *context, const struct personal_row *row),
                             void *context)
{
    struct arena arena;
    bool has_row = true;
    enum status status = STATUS_OK;
    arena_init(&arena);
    sqlite3_stmt *use = statement_use(db, STATEMENT_personal_from);
    statement_bind_integer(use, 1, first);
    while (status == STATUS_OK) {
        struct personal_row row = { NULL, 0, NULL, NULL, NULL };
        status = statement_row(use, &has_row);
        if (status != STATUS_OK || !has_row) {
            break;
        }
        arena_reset(&arena);
        status = read_personal(use, &arena, &row);
        if (status == STATUS_OK) {
            status = visit(context, &row);
        }
    }
    statement_end(use);
    arena_fini(&arena);
    return status;
}
