/*
 * Answers by their keys. The index has a part for each 32,768 entries, and so has the filter that says which of them can have a key.
 */
#include "db/answer_find.h"

#include <inttypes.h>

#include "base/log.h"
#include "db/entry.h"
#include "db/key_filter.h"
#include "db/rows.h"
#include "db/statement.h"

enum { PARTS_SPARE = 64 }; /* that the filter may have beyond the ledger's: answers that somebody gave another number */

static enum status read_answer(sqlite3_stmt *use, struct arena *arena, void *row)
{
    struct answer_row *answer = row;
    answer->time_ms = statement_integer(use, 4);
    answer->seq = statement_integer(use, 5);
    answer->status = statement_integer(use, 6);
    const char **const first[] = { &answer->kind, &answer->target, NULL };
    const char **const second[] = { &answer->location, &answer->etag, NULL };
    enum status status = rows_texts(use, arena, 0, first);
    if (status == STATUS_OK) {
        status = rows_texts(use, arena, 7, second);
    }
    if (status == STATUS_OK) {
        status = statement_fixed(use, 2, answer->salt, DB_ANSWER_SALT_BYTES);
    }
    if (status == STATUS_OK) {
        status = statement_fixed(use, 3, answer->fingerprint, DB_FINGERPRINT_BYTES);
    }
    if (status == STATUS_OK && (answer->kind == NULL || answer->target == NULL || answer->location == NULL || answer->etag == NULL)) {
        status = STATUS_CORRUPT;
    }
    answer->has_mac = !statement_is_null(use, 10);
    if (status == STATUS_OK && answer->has_mac) {
        status = statement_fixed(use, 10, answer->mac, DB_ANSWER_MAC_BYTES);
    }
    return status != STATUS_OK ? status : statement_blob(use, 9, arena, &answer->body, &answer->body_length);
}

/* use: scope and key are its first two values, the others are bound. */
static enum status find_by(sqlite3_stmt *use, struct arena *arena, const char *scope, const char *key, struct answer_row *out)
{
    statement_bind_text(use, 1, scope);
    statement_bind_text(use, 2, key);
    enum status status = rows_one(use, arena, read_answer, out);
    if (status == STATUS_OK) {
        out->scope = scope;
        out->key = key;
    }
    return status;
}

enum status db_answer_has_index(struct db *db, bool *has_index)
{
    return rows_any(statement_use(db, STATEMENT_answer_has_index), has_index);
}

enum status db_answer_of_entry(struct db *db, struct arena *arena, uint64_t seq, const char *scope, const char *key, struct answer_row *out)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_answer_of_entry);
    statement_bind_integer(use, 3, (int64_t)seq);
    return find_by(use, arena, scope, key, out);
}

/* The first part behind `part` that has answers. */
static enum status next_part(struct db *db, int64_t *part, bool *has_part)
{
    sqlite3_stmt *use = statement_use(db, STATEMENT_answer_part_behind);
    statement_bind_integer(use, 1, *part);
    enum status status = statement_row(use, has_part);
    if (status == STATUS_OK && *has_part) {
        *part = statement_integer(use, 0);
    }
    statement_end(use);
    return status;
}

static enum status find_in(struct db *db, int64_t part, struct arena *arena, const char *scope, const char *key, struct answer_row *out)
{
    return db_answer_of_entry(db, arena, (uint64_t)(part * (1 << KEY_FILTER_PART_BITS)), scope, key, out);
}

/* Where the filter knows a key and none of the parts that it names has it: it errs, some times in a million for each part, or somebody gave the
 * answer another number while the service runs, which is not to be taken for a new command. */
static enum status find_anywhere(struct db *db, struct arena *arena, const char *scope, const char *key, struct answer_row *out)
{
    int64_t part = INT64_MIN;
    bool has_part = true;
    enum status status = STATUS_ABSENT;
    while (status == STATUS_ABSENT) {
        enum status found = next_part(db, &part, &has_part);
        if (found != STATUS_OK || !has_part) {
            return found != STATUS_OK ? found : STATUS_ABSENT;
        }
        status = find_in(db, part, arena, scope, key, out);
    }
    return status;
}

enum status db_answer_find(struct db *db, struct arena *arena, const char *scope, const char *key, struct answer_row *out)
{
    enum status status = db_answer_prepare(db);
    if (status != STATUS_OK) {
        return status;
    }
    size_t place = 0;
    int64_t part = 0;
    const uint64_t hash = key_filter_hash(db->keys, scope, key);
    bool is_known = false;
    status = STATUS_ABSENT;
    while (status == STATUS_ABSENT && key_filter_next(db->keys, hash, &place, &part)) {
        is_known = true;
        status = find_in(db, part, arena, scope, key, out);
    }
    if (status == STATUS_ABSENT && is_known) {
        status = find_anywhere(db, arena, scope, key, out);
    }
    return status != STATUS_ABSENT ? status : find_by(statement_use(db, STATEMENT_refused_find), arena, scope, key, out);
}

static enum status read_number(sqlite3_stmt *use, struct arena *arena, void *row)
{
    (void)arena;
    *(int64_t *)row = statement_integer(use, 0);
    return STATUS_OK;
}

enum status db_answer_elsewhere(struct db *db, uint64_t seq, const char *scope, const char *key, int64_t *elsewhere)
{
    size_t place = 0;
    int64_t part = 0;
    enum status status = db_answer_prepare(db);
    const uint64_t hash = status == STATUS_OK ? key_filter_hash(db->keys, scope, key) : 0;
    status = status == STATUS_OK ? STATUS_ABSENT : status;
    while (status == STATUS_ABSENT && key_filter_next(db->keys, hash, &place, &part)) {
        if (part != (int64_t)(seq >> KEY_FILTER_PART_BITS)) {
            sqlite3_stmt *use = statement_use(db, STATEMENT_answer_of_part);
            statement_bind_integer(use, 1, part);
            statement_bind_text(use, 2, key);
            statement_bind_text(use, 3, scope);
            status = rows_one(use, NULL, read_number, elsewhere);
        }
    }
    return status;
}

struct again {
    uint64_t seq;
    const char *key;
};

static enum status read_again(sqlite3_stmt *use, struct arena *arena, void *row)
{
    struct again *again = row;
    again->seq = (uint64_t)statement_integer(use, 0);
    return statement_text_there(use, 1, arena, &again->key);
}

enum status db_answer_again(struct db *db, struct arena *arena, uint64_t *seq, const char **key)
{
    struct again again = { 0, NULL };
    enum status status = rows_one(statement_use(db, STATEMENT_answer_again), arena, read_again, &again);
    if (status == STATUS_OK) {
        *seq = again.seq;
        *key = again.key;
    }
    return status;
}

enum status answer_key_note(struct db *db, const struct answer_row *row)
{
    return db->keys == NULL ? STATUS_OK /* nobody has looked yet */ :
        key_filter_add(db->keys, row->seq >> KEY_FILTER_PART_BITS, key_filter_hash(db->keys, row->scope, row->key));
}

static enum status add_part(struct db *db, struct key_filter *filter, int64_t part)
{
    bool has_row = true;
    enum status status = STATUS_OK;
    sqlite3_stmt *use = statement_use(db, STATEMENT_answer_keys_of_part);
    statement_bind_integer(use, 1, part);
    while (status == STATUS_OK) {
        status = statement_row(use, &has_row);
        if (status != STATUS_OK || !has_row) {
            break;
        }
        const char *scope = (const char *)sqlite3_column_text(use, 0), *key = (const char *)sqlite3_column_text(use, 1);
        status = scope == NULL || key == NULL ? STATUS_EXHAUSTED : key_filter_add(filter, part, key_filter_hash(filter, scope, key));
    }
    statement_end(use);
    return status;
}

static enum status add_all(struct db *db, struct key_filter *filter)
{
    int64_t part = INT64_MIN, parts = 0;
    bool has_part = true;
    struct entry_head head;
    enum status status = db_entry_head(db, &head);
    const int64_t parts_max = status == STATUS_OK ? (int64_t)(head.seq >> KEY_FILTER_PART_BITS) + 1 + PARTS_SPARE : 0;
    while (status == STATUS_OK) {
        status = next_part(db, &part, &has_part);
        if (status != STATUS_OK || !has_part) {
            break;
        }
        if (++parts > parts_max) {
            log_error("answer", "kept answers name entries that there cannot be, up to seq=%" PRId64 ": run verify",
                      part * (1 << KEY_FILTER_PART_BITS));
            return STATUS_CORRUPT;
        }
        status = add_part(db, filter, part);
    }
    return status;
}

enum status db_answer_prepare(struct db *db)
{
    struct key_filter *filter = NULL;
    enum status status = db->keys == NULL ? key_filter_open(&filter) : STATUS_OK;
    if (status != STATUS_OK || filter == NULL) {
        return status;
    }
    status = add_all(db, filter);
    if (status != STATUS_OK) {
        key_filter_close(filter);
        return status;
    }
    db->keys = filter;
    return STATUS_OK;
}
