/*
 * The ledger's rows to and from structs; the statements are in sql/ledger.sql.
 */
#include "db/entry.h"

#include <string.h>

#include "db/rows.h"
#include "db/statement.h"

static enum status read_seq(sqlite3_stmt *use, struct arena *arena, void *row)
{
    (void)arena;
    *(uint64_t *)row = (uint64_t)statement_integer(use, 0);
    return STATUS_OK;
}

enum status db_entry_last(struct db *db, uint64_t *seq)
{
    return rows_one(statement_use(db, STATEMENT_entry_last_seq), NULL, read_seq, seq);
}

static enum status read_head(sqlite3_stmt *use, struct arena *arena, void *row)
{
    (void)arena;
    struct entry_head *head = row;
    head->seq = (uint64_t)statement_integer(use, 0);
    head->height = (uint64_t)statement_integer(use, 1);
    head->time_ms = (uint64_t)statement_integer(use, 2);
    head->rules_version = (uint32_t)statement_integer(use, 3);
    return statement_fixed(use, 4, head->hash, DB_HASH_BYTES);
}

enum status db_entry_head(struct db *db, struct entry_head *head)
{
    struct entry_head found = { 0, 0, 0, 0, { 0 } };
    enum status status = rows_one(statement_use(db, STATEMENT_entry_last), NULL, read_head, &found);
    if (status == STATUS_OK || status == STATUS_ABSENT) {
        *head = found;
        return STATUS_OK;
    }
    return status;
}

static enum status read_hash(sqlite3_stmt *use, struct arena *arena, void *row)
{
    (void)arena;
    return statement_fixed(use, 0, row, DB_HASH_BYTES);
}

enum status db_entry_hash(struct db *db, uint64_t seq, uint8_t hash[DB_HASH_BYTES])
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_entry_hash);
    statement_bind_integer(use, 1, (int64_t)seq);
    return rows_one(use, NULL, read_hash, hash);
}

enum status db_entry_of_hash(struct db *db, const uint8_t hash[DB_HASH_BYTES], uint64_t *seq)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_entry_of_hash);
    statement_bind_blob(use, 1, hash, DB_HASH_BYTES);
    return rows_one(use, NULL, read_seq, seq);
}

static enum status insert_body(struct db *db, const struct entry_row *row)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_body_insert);
    statement_bind_blob(use, 1, row->body_digest, DB_HASH_BYTES);
    statement_bind_blob(use, 2, row->body, row->body_length);
    return statement_run(use);
}

enum status db_entry_insert(struct db *db, const struct entry_row *row, size_t inline_max)
{
    bool is_long = row->body_length > inline_max;
    enum status status = is_long ? insert_body(db, row) : STATUS_OK;
    if (status != STATUS_OK) {
        return status;
    }
    sqlite3_stmt *use = statement_use(db, STATEMENT_entry_insert);
    statement_bind_integer(use, 1, (int64_t)row->seq);
    statement_bind_integer(use, 2, (int64_t)row->height);
    statement_bind_integer(use, 3, (int64_t)row->time_ms);
    statement_bind_blob(use, 4, row->previous_hash, DB_HASH_BYTES);
    statement_bind_integer(use, 5, row->rules_version);
    statement_bind_text(use, 6, row->kind);
    statement_bind_text(use, 7, row->target);
    statement_bind_text(use, 8, row->command_id);
    statement_bind_text(use, 9, row->new_id);
    statement_bind_text(use, 10, row->organisation);
    statement_bind_text(use, 11, row->role);
    statement_bind_text(use, 12, row->subject);
    statement_bind_text(use, 13, row->submitter_key);
    statement_bind_text(use, 14, row->submitter_alg);
    statement_bind_integer(use, 15, (int64_t)row->body_length);
    statement_bind_blob(use, 16, row->body_digest, DB_HASH_BYTES);
    if (!is_long) {
        statement_bind_blob(use, 17, row->body_length > 0 ? row->body : "", row->body_length);
    }
    statement_bind_blob(use, 18, row->submitter_sig_length > 0 ? row->submitter_sig : "", row->submitter_sig_length);
    statement_bind_blob(use, 19, row->effects, DB_HASH_BYTES);
    statement_bind_blob(use, 20, row->hash, DB_HASH_BYTES);
    return statement_run(use);
}

enum status db_seal_insert(struct db *db, uint64_t seq, const char *key, const uint8_t seal[DB_SEAL_BYTES])
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_seal_insert);
    statement_bind_integer(use, 1, (int64_t)seq);
    statement_bind_text(use, 2, key);
    statement_bind_blob(use, 3, seal, DB_SEAL_BYTES);
    return statement_run(use);
}

static enum status read_entry_blobs(sqlite3_stmt *use, struct arena *arena, struct entry_row *entry)
{
    struct { int column; void *out; size_t length; } const fixed[] = {
        { 3, entry->previous_hash, DB_HASH_BYTES }, { 15, entry->body_digest, DB_HASH_BYTES },
        { 18, entry->effects, DB_HASH_BYTES }, { 19, entry->hash, DB_HASH_BYTES }
    };
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < sizeof fixed / sizeof fixed[0]; i++) {
        status = statement_fixed(use, fixed[i].column, fixed[i].out, fixed[i].length);
    }
    if (status == STATUS_OK) {
        status = statement_blob(use, 16, arena, &entry->body, &entry->body_stored_length);
    }
    if (status == STATUS_OK) {
        status = statement_blob(use, 17, arena, &entry->submitter_sig, &entry->submitter_sig_length);
    }
    return status;
}

/* The seal; none where the join found none. */
static enum status read_seal(sqlite3_stmt *use, struct arena *arena, struct entry_row *entry)
{
    entry->seal_key = NULL;
    if (sqlite3_column_type(use, 20) == SQLITE_NULL || sqlite3_column_type(use, 21) == SQLITE_NULL) {
        return STATUS_OK;
    }
    enum status status = statement_fixed(use, 20, entry->seal, DB_SEAL_BYTES);
    return status != STATUS_OK ? status : statement_text(use, 21, arena, &entry->seal_key);
}

static enum status read_entry(sqlite3_stmt *use, struct arena *arena, void *row)
{
    struct entry_row *entry = row;
    entry->seq = (uint64_t)statement_integer(use, 0);
    entry->height = (uint64_t)statement_integer(use, 1);
    entry->time_ms = (uint64_t)statement_integer(use, 2);
    entry->rules_version = (uint32_t)statement_integer(use, 4);
    entry->body_length = (uint64_t)statement_integer(use, 14);
    const char **const texts[] = {
        &entry->kind, &entry->target, &entry->command_id, &entry->new_id, &entry->organisation, &entry->role,
        &entry->subject, &entry->submitter_key, &entry->submitter_alg, NULL
    };
    enum status status = rows_texts(use, arena, 5, texts);
    bool has_null = false;
    for (size_t i = 0; status == STATUS_OK && texts[i] != NULL; i++) {
        has_null = has_null || *texts[i] == NULL;
    }
    if (has_null) {
        return STATUS_CORRUPT; /* only who loosened the schema can have written it */
    }
    if (status == STATUS_OK) {
        status = read_entry_blobs(use, arena, entry);
    }
    return status != STATUS_OK ? status : read_seal(use, arena, entry);
}

/* A list of what lies behind one number and before another, the greatest number first. */
static sqlite3_stmt *use_down(struct db *db, enum statement statement, uint64_t after, uint64_t before, int64_t limit)
{
    sqlite3_stmt *use = statement_use(db, statement);
    statement_bind_integer(use, 1, (int64_t)after);
    statement_bind_integer(use, 2, limit);
    statement_bind_integer(use, 3, (int64_t)before);
    return use;
}

enum status db_entry_run(struct db *db, struct arena *arena, uint64_t after, int64_t limit, size_t bytes_max, struct entry_run *out)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_entry_list);
    statement_bind_integer(use, 1, (int64_t)after);
    statement_bind_integer(use, 2, limit);
    struct entry_run run = { .rows = arena_array(arena, (size_t)limit, sizeof *run.rows), .ending = ENTRY_RUN_MORE, .broken = after + 1 };
    enum status status = run.rows == NULL ? STATUS_EXHAUSTED : STATUS_OK;
    size_t before = arena->total_bytes;
    while (status == STATUS_OK && run.count < (size_t)limit && (run.count < 2 || arena->total_bytes - before <= bytes_max)) {
        bool has_row = false;
        status = statement_row(use, &has_row);
        if (status == STATUS_OK && !has_row) {
            run.ending = ENTRY_RUN_LAST;
            break;
        }
        if (status == STATUS_OK) {
            status = read_entry(use, arena, &run.rows[run.count]);
            run.broken = status == STATUS_CORRUPT ? run.rows[run.count].seq : run.rows[run.count].seq + 1;
        }
        run.count += status == STATUS_OK;
    }
    statement_end(use);
    if (status != STATUS_OK && status != STATUS_CORRUPT) {
        return status;
    }
    run.ending = status == STATUS_CORRUPT ? ENTRY_RUN_BROKEN : run.ending;
    *out = run;
    return STATUS_OK;
}

enum status db_entry_list(struct db *db, struct arena *arena, uint64_t after, int64_t limit, struct entry_row **out,
                          size_t *count, uint64_t *broken)
{
    struct entry_run run;
    enum status status = db_entry_run(db, arena, after, limit, SIZE_MAX, &run);
    if (status != STATUS_OK) {
        return status;
    }
    if (run.ending == ENTRY_RUN_BROKEN) {
        *broken = run.broken;
        return STATUS_CORRUPT;
    }
    *out = run.rows;
    *count = run.count;
    return STATUS_OK;
}

enum status db_entry_list_down(struct db *db, struct arena *arena, uint64_t after, uint64_t before, int64_t limit,
                               struct entry_row **out, size_t *count)
{
    sqlite3_stmt *use = use_down(db, STATEMENT_entry_list_down, after, before, limit);
    return rows_gather(use, arena, sizeof **out, limit, read_entry, (void **)out, count);
}

enum status db_entry_walk(struct db *db, uint64_t after, uint64_t to, bool (*visit)(void *context, const struct entry_row *row),
                          void *context, uint64_t *broken)
{
    struct arena arena;
    struct entry_row row;
    enum status status = STATUS_OK;
    bool goes_on = true;
    arena_init(&arena);
    sqlite3_stmt *use = statement_use(db, STATEMENT_entry_walk);
    statement_bind_integer(use, 1, (int64_t)after);
    statement_bind_integer(use, 2, (int64_t)to);
    while (goes_on) {
        status = statement_row(use, &goes_on);
        if (status != STATUS_OK || !goes_on) {
            break;
        }
        arena_reset(&arena);
        memset(&row, 0, sizeof row);
        status = read_entry(use, &arena, &row);
        if (status == STATUS_CORRUPT) {
            *broken = row.seq;
        }
        goes_on = status == STATUS_OK && visit(context, &row);
    }
    statement_end(use);
    arena_fini(&arena);
    return status;
}

static enum status read_place(sqlite3_stmt *use, struct arena *arena, void *row)
{
    (void)arena;
    int64_t *place = row;
    place[0] = statement_integer(use, 0);
    place[1] = statement_integer(use, 1);
    return STATUS_OK;
}

enum status db_body_read(struct db *db, const uint8_t digest[DB_HASH_BYTES], uint64_t offset, void *out, size_t length)
{
    int64_t place[2] = { 0, 0 };
    sqlite3_blob *blob = NULL;
    sqlite3_stmt *use = statement_use(db, STATEMENT_body_place);
    statement_bind_blob(use, 1, digest, DB_HASH_BYTES);
    enum status status = rows_one(use, NULL, read_place, place);
    if (status == STATUS_ABSENT || (status == STATUS_OK && offset + length > (uint64_t)place[1])) {
        return STATUS_CORRUPT;
    }
    if (status == STATUS_OK) {
        status = statement_status(db->handle, sqlite3_blob_open(db->handle, "main", "body", "bytes", place[0], 0, &blob));
    }
    if (status == STATUS_OK) {
        status = statement_status(db->handle, sqlite3_blob_read(blob, out, (int)length, (int)offset));
    }
    sqlite3_blob_close(blob);
    return status;
}

static enum status read_event(sqlite3_stmt *use, struct arena *arena, void *row)
{
    struct event_row *event = row;
    const char **const texts[] = { &event->kind, &event->target, &event->new_id, &event->command_id, &event->organisation,
                                   &event->role, NULL };
    event->seq = (uint64_t)statement_integer(use, 0);
    event->time_ms = (uint64_t)statement_integer(use, 1);
    return rows_texts(use, arena, 2, texts);
}

enum status db_event_list(struct db *db, struct arena *arena, uint64_t after, int64_t limit, struct event_row **out,
                          size_t *count)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_event_list);
    statement_bind_integer(use, 1, (int64_t)after);
    statement_bind_integer(use, 2, limit);
    return rows_gather(use, arena, sizeof **out, limit, read_event, (void **)out, count);
}

enum status db_event_list_down(struct db *db, struct arena *arena, uint64_t after, uint64_t before, int64_t limit,
                               struct event_row **out, size_t *count)
{
    sqlite3_stmt *use = use_down(db, STATEMENT_event_list_down, after, before, limit);
    return rows_gather(use, arena, sizeof **out, limit, read_event, (void **)out, count);
}

enum status db_checkpoint_insert(struct db *db, const struct checkpoint_row *row)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_checkpoint_insert);
    statement_bind_integer(use, 1, (int64_t)row->height);
    statement_bind_integer(use, 2, (int64_t)row->size);
    statement_bind_blob(use, 3, row->root, DB_HASH_BYTES);
    statement_bind_text(use, 4, row->note);
    return statement_run(use);
}

static enum status read_checkpoint(sqlite3_stmt *use, struct arena *arena, void *row)
{
    struct checkpoint_row *checkpoint = row;
    checkpoint->height = (uint64_t)statement_integer(use, 0);
    checkpoint->size = (uint64_t)statement_integer(use, 1);
    enum status status = statement_fixed(use, 2, checkpoint->root, DB_HASH_BYTES);
    return status != STATUS_OK ? status : statement_text_there(use, 3, arena, &checkpoint->note);
}

enum status db_checkpoint_last(struct db *db, struct arena *arena, struct checkpoint_row *out)
{
    return rows_one(statement_use(db, STATEMENT_checkpoint_last), arena, read_checkpoint, out);
}

enum status db_checkpoint_of_size(struct db *db, struct arena *arena, uint64_t size, struct checkpoint_row *out)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_checkpoint_of_size);
    statement_bind_integer(use, 1, (int64_t)size);
    return rows_one(use, arena, read_checkpoint, out);
}

enum status db_checkpoint_over(struct db *db, struct arena *arena, uint64_t seq, struct checkpoint_row *out)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_checkpoint_over);
    statement_bind_integer(use, 1, (int64_t)seq);
    return rows_one(use, arena, read_checkpoint, out);
}

enum status db_checkpoint_list(struct db *db, struct arena *arena, uint64_t after_height, int64_t limit,
                               struct checkpoint_row **out, size_t *count)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_checkpoint_list);
    statement_bind_integer(use, 1, (int64_t)after_height);
    statement_bind_integer(use, 2, limit);
    return rows_gather(use, arena, sizeof **out, limit, read_checkpoint, (void **)out, count);
}

enum status db_checkpoint_list_down(struct db *db, struct arena *arena, uint64_t after_height, uint64_t before_height,
                                    int64_t limit, struct checkpoint_row **out, size_t *count)
{
    sqlite3_stmt *use = use_down(db, STATEMENT_checkpoint_list_down, after_height, before_height, limit);
    return rows_gather(use, arena, sizeof **out, limit, read_checkpoint, (void **)out, count);
}

enum status db_frontier_put(struct db *db, const void *state, size_t length)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_frontier_put);
    statement_bind_blob(use, 1, state, length);
    return statement_run(use);
}

struct blob {
    const void *bytes;
    size_t length;
};

static enum status read_blob(sqlite3_stmt *use, struct arena *arena, void *row)
{
    struct blob *blob = row;
    return statement_blob(use, 0, arena, &blob->bytes, &blob->length);
}

enum status db_frontier_find(struct db *db, struct arena *arena, const void **state, size_t *length)
{
    struct blob blob = { NULL, 0 };
    enum status status = rows_one(statement_use(db, STATEMENT_frontier_find), arena, read_blob, &blob);
    if (status == STATUS_OK) {
        *state = blob.bytes;
        *length = blob.length;
    }
    return status;
}

enum status db_node_key_insert(struct db *db, const struct node_key_row *row)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_node_key_insert);
    statement_bind_text(use, 1, row->id);
    statement_bind_blob(use, 2, row->public_key, DB_PUBLIC_KEY_BYTES);
    statement_bind_integer(use, 3, (int64_t)row->from_seq);
    return statement_run(use);
}

static enum status read_node_key(sqlite3_stmt *use, struct arena *arena, void *row)
{
    struct node_key_row *key = row;
    key->from_seq = (uint64_t)statement_integer(use, 2);
    key->to_seq = (uint64_t)statement_integer(use, 3);
    enum status status = statement_fixed(use, 1, key->public_key, DB_PUBLIC_KEY_BYTES);
    return status != STATUS_OK ? status : statement_text_there(use, 0, arena, &key->id);
}

enum status db_node_key_list(struct db *db, struct arena *arena, struct node_key_row **out, size_t *count)
{
    return rows_gather(statement_use(db, STATEMENT_node_key_list), arena, sizeof **out, -1, read_node_key,
                       (void **)out, count);
}

static enum status end_key(struct db *db, enum statement statement, const char *id, uint64_t to_seq)
{
    sqlite3_stmt *use = statement_use(db, statement);
    statement_bind_text(use, 1, id);
    statement_bind_integer(use, 2, (int64_t)to_seq);
    return statement_run(use);
}

enum status db_node_key_end(struct db *db, const char *id, uint64_t to_seq)
{
    return end_key(db, STATEMENT_node_key_end, id, to_seq);
}

enum status db_checkpoint_key_insert(struct db *db, const struct checkpoint_key_row *row)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_checkpoint_key_insert);
    statement_bind_text(use, 1, row->id);
    statement_bind_text(use, 2, row->algorithm);
    statement_bind_blob(use, 3, row->public_key, DB_CHECKPOINT_KEY_BYTES);
    statement_bind_integer(use, 4, (int64_t)row->from_seq);
    return statement_run(use);
}

static enum status read_checkpoint_key(sqlite3_stmt *use, struct arena *arena, void *row)
{
    struct checkpoint_key_row *key = row;
    const char **const texts[] = { &key->id, &key->algorithm, NULL };
    key->from_seq = (uint64_t)statement_integer(use, 3);
    key->to_seq = (uint64_t)statement_integer(use, 4);
    enum status status = statement_fixed(use, 2, key->public_key, DB_CHECKPOINT_KEY_BYTES);
    return status != STATUS_OK ? status : rows_texts(use, arena, 0, texts);
}

enum status db_checkpoint_key_list(struct db *db, struct arena *arena, struct checkpoint_key_row **out, size_t *count)
{
    return rows_gather(statement_use(db, STATEMENT_checkpoint_key_list), arena, sizeof **out, -1, read_checkpoint_key,
                       (void **)out, count);
}

enum status db_checkpoint_key_end(struct db *db, const char *id, uint64_t to_seq)
{
    return end_key(db, STATEMENT_checkpoint_key_end, id, to_seq);
}
