/*
 * The statements are in sql/privacy.sql. That a text is gone from the file, too, and not only from its row, is
 * secure_delete's business (db.c) and that of the next checkpoint.
 */
#include "db/privacy.h"

#include "db/answer.h"
#include "db/rows.h"
#include "db/statement.h"

static enum status read_fate(sqlite3_stmt *use, struct arena *arena, void *row)
{
    struct personal_fate *fate = row;
    const char **const texts[] = { &fate->pointer, &fate->text, NULL };
    fate->seq = statement_integer(use, 1);
    fate->erased_by = statement_integer(use, 4);
    enum status status = statement_text(use, 0, arena, &fate->commitment);
    return status != STATUS_OK ? status : rows_texts(use, arena, 2, texts);
}

enum status db_personal_list(struct db *db, struct arena *arena, int64_t after_seq, const char *after_pointer, int64_t last_seq,
                             int64_t limit, struct personal_fate **out, size_t *count)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_personal_list);
    statement_bind_integer(use, 1, after_seq);
    statement_bind_text(use, 2, after_pointer);
    statement_bind_integer(use, 3, last_seq);
    statement_bind_integer(use, 4, limit);
    return rows_gather(use, arena, sizeof **out, limit, read_fate, (void **)out, count);
}

enum status db_personal_list_down(struct db *db, struct arena *arena, int64_t before_seq, const char *before_pointer, int64_t first_seq,
                                  int64_t limit, struct personal_fate **out, size_t *count)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_personal_list_down);
    statement_bind_integer(use, 1, before_seq);
    statement_bind_text(use, 2, before_pointer);
    statement_bind_integer(use, 3, first_seq);
    statement_bind_integer(use, 4, limit);
    return rows_gather(use, arena, sizeof **out, limit, read_fate, (void **)out, count);
}

enum status db_personal_erase(struct db *db, int64_t seq, const char *commitment)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_personal_erase);
    statement_bind_integer(use, 1, seq);
    statement_bind_text(use, 2, commitment);
    return statement_run(use);
}

enum status db_erasure_insert(struct db *db, const char *commitment, int64_t seq)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_erasure_insert);
    statement_bind_text(use, 1, commitment);
    statement_bind_integer(use, 2, seq);
    return statement_run(use);
}

static enum status read_seq(sqlite3_stmt *use, struct arena *arena, void *row)
{
    (void)arena;
    *(int64_t *)row = statement_integer(use, 0);
    return STATUS_OK;
}

enum status db_erasure_find(struct db *db, struct arena *arena, const char *commitment, int64_t *seq)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_erasure_find);
    statement_bind_text(use, 1, commitment);
    return rows_one(use, arena, read_seq, seq);
}

static enum status read_erasure(sqlite3_stmt *use, struct arena *arena, void *row)
{
    struct erasure *erasure = row;
    erasure->seq = statement_integer(use, 1);
    erasure->time_ms = statement_integer(use, 2);
    return statement_text(use, 0, arena, &erasure->commitment);
}

enum status db_erasure_list(struct db *db, struct arena *arena, int64_t after_seq, const char *after_commitment, int64_t limit,
                            struct erasure **out, size_t *count)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_erasure_list);
    statement_bind_integer(use, 1, after_seq);
    statement_bind_text(use, 2, after_commitment);
    statement_bind_integer(use, 3, limit);
    return rows_gather(use, arena, sizeof **out, limit, read_erasure, (void **)out, count);
}

enum status db_erasure_list_down(struct db *db, struct arena *arena, int64_t before_seq, const char *before_commitment, int64_t limit,
                                 struct erasure **out, size_t *count)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_erasure_list_down);
    statement_bind_integer(use, 1, before_seq);
    statement_bind_text(use, 2, before_commitment);
    statement_bind_integer(use, 3, limit);
    return rows_gather(use, arena, sizeof **out, limit, read_erasure, (void **)out, count);
}

enum status db_erasure_of(struct db *db, struct arena *arena, int64_t seq, struct erasure **out, size_t *count)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_erasure_of);
    statement_bind_integer(use, 1, seq);
    return rows_gather(use, arena, sizeof **out, -1, read_erasure, (void **)out, count);
}

static enum status read_command(sqlite3_stmt *use, struct arena *arena, void *row)
{
    struct entry_command *command = row;
    const char **const texts[] = { &command->kind, &command->target, &command->new_id, &command->organisation, &command->subject,
                                   &command->id, NULL };
    command->seq = (uint64_t)statement_integer(use, 6);
    return rows_texts(use, arena, 0, texts);
}

enum status db_entry_command(struct db *db, struct arena *arena, int64_t seq, struct entry_command *out)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_entry_command);
    statement_bind_integer(use, 1, seq);
    return rows_one(use, arena, read_command, out);
}

enum status db_entry_commands_of_transfer(struct db *db, struct arena *arena, const char *transfer, struct entry_command **out,
                                          size_t *count)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_entry_commands_of_transfer);
    statement_bind_text(use, 1, transfer);
    return rows_gather(use, arena, sizeof **out, -1, read_command, (void **)out, count);
}

enum status db_answer_erased_by(struct db *db, int64_t seq, int64_t before, int64_t *erased_by)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_answer_erased_by);
    statement_bind_integer(use, 1, seq);
    statement_bind_integer(use, 2, before);
    return rows_one(use, NULL, read_seq, erased_by);
}

enum status db_answer_rewrite(struct db *db, const struct answer_row *row)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_answer_rewrite);
    statement_bind_text(use, 1, row->scope);
    statement_bind_text(use, 2, row->key);
    statement_bind_blob(use, 3, row->salt, DB_ANSWER_SALT_BYTES);
    statement_bind_blob(use, 4, row->fingerprint, DB_FINGERPRINT_BYTES);
    statement_bind_text(use, 5, row->etag);
    statement_bind_blob(use, 6, row->body_length > 0 ? row->body : "", row->body_length);
    statement_bind_blob(use, 7, row->has_mac ? row->mac : NULL, DB_ANSWER_MAC_BYTES);
    statement_bind_integer(use, 8, row->seq);
    return statement_run(use);
}

enum status db_refused_drop(struct db *db)
{
    return statement_run(statement_use(db, STATEMENT_refused_drop));
}
