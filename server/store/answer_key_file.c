/*
 * What node.db has of kept answers. A key is written and flushed before the first answer is kept under it, and says by that answer's entry which
 * ledger it is for, as soon as that is committed: node.db may stand beside another ledger after a restore, which goes on otherwise.
 */
#include "server/store/answer_key_file.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/random.h"
#include "db/entry.h"
#include "db/node.h"
#include "rules/answer_keys.h"
#include "server/paths.h"
#include "server/tell.h"

static enum status read_path(const char *path, struct answer_key_row rows[ANSWER_KEY_ROWS_MAX], size_t *count)
{
    struct node *node = NULL;
    if (access(path, F_OK) != 0) {
        return STATUS_OK;
    }
    enum status status = node_open(path, false, &node);
    if (status == STATUS_OK) {
        status = node_answer_key_list(node, rows, count);
        node_close(node);
    }
    if (status != STATUS_OK && status != STATUS_EXHAUSTED) {
        tell("%s cannot be read (%s): the keys for the answers that are kept for retries are there, which are not checked without them", path,
             status_name(status));
        status = STATUS_OK;
    }
    return status;
}

enum status answer_key_file_read(const char *data_dir, struct answer_key_row rows[ANSWER_KEY_ROWS_MAX], size_t *count)
{
    struct arena arena;
    arena_init(&arena);
    *count = 0;
    const char *path = data_path(&arena, data_dir, "node.db");
    enum status status = path != NULL ? read_path(path, rows, count) : STATUS_EXHAUSTED;
    arena_fini(&arena);
    return status;
}

/* Of those that are not bound: binds the ones that are this ledger's. */
static enum status bind_own(struct node *node, struct db *db, struct answer_key_row *row)
{
    bool belongs = false;
    enum status status = row->is_bound ? STATUS_OK : answer_keys_belongs(db, row, &belongs);
    if (status == STATUS_OK && belongs) {
        status = db_entry_hash(db, row->first, row->hash);
        status = status == STATUS_OK ? node_answer_key_bind(node, row->id, row->hash) : status;
        row->is_bound = status == STATUS_OK;
    }
    return status;
}

enum status answer_key_file_take(struct node *node, struct db *db, struct answer_keys *keys)
{
    struct answer_key_row rows[ANSWER_KEY_ROWS_MAX];
    size_t count = 0;
    enum status status = node_answer_key_list(node, rows, &count);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        status = bind_own(node, db, &rows[i]);
    }
    status = status == STATUS_OK ? answer_keys_take(keys, db, rows, count) : status;
    explicit_bzero(rows, sizeof rows);
    return status;
}

/* One that was made for the entry `first`, which then did not come. */
static enum status find_waiting(struct node *node, uint64_t first, struct answer_keys *keys, bool *is_found)
{
    struct answer_key_row rows[ANSWER_KEY_ROWS_MAX];
    size_t count = 0;
    enum status status = node_answer_key_list(node, rows, &count);
    *is_found = false;
    for (size_t i = 0; status == STATUS_OK && !*is_found && i < count; i++) {
        if (!rows[i].is_bound && rows[i].first == first) {
            answer_keys_add(keys, first, rows[i].key);
            *is_found = true;
        }
    }
    explicit_bzero(rows, sizeof rows);
    return status;
}

static enum status make_key(struct node *node, uint64_t first, struct answer_keys *keys)
{
    struct answer_key_row row = { .first = first };
    enum status status = random_bytes(row.key, sizeof row.key);
    if (status == STATUS_OK) {
        status = node_answer_key_drop(node);
    }
    if (status == STATUS_OK) {
        status = node_answer_key_insert(node, &row);
    }
    if (status == STATUS_OK) {
        answer_keys_add(keys, first, row.key);
        log_info("answers", "key=new from=%llu", (unsigned long long)first);
    }
    explicit_bzero(&row, sizeof row);
    return status;
}

enum status answer_key_file_begin(struct node *node, struct db *db, struct answer_keys *keys, uint64_t *waits_for)
{
    uint64_t seq = 0;
    bool is_found = false;
    enum status status = db_entry_last(db, &seq);
    *waits_for = 0;
    if (status != STATUS_OK || answer_keys_cover(keys, seq + 1)) {
        return status;
    }
    *waits_for = seq + 1;
    status = find_waiting(node, seq + 1, keys, &is_found);
    return status == STATUS_OK && !is_found ? make_key(node, seq + 1, keys) : status;
}

enum status answer_key_file_bind(struct node *node, struct db *db, uint64_t *waits_for)
{
    struct answer_key_row rows[ANSWER_KEY_ROWS_MAX];
    uint8_t hash[ANSWER_KEY_HASH_BYTES];
    size_t count = 0;
    enum status status = *waits_for == 0 ? STATUS_ABSENT : db_entry_hash(db, *waits_for, hash);
    if (status != STATUS_OK) {
        return status == STATUS_ABSENT ? STATUS_OK : status; /* it has not come yet */
    }
    status = node_answer_key_list(node, rows, &count);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        if (!rows[i].is_bound && rows[i].first == *waits_for) {
            status = node_answer_key_bind(node, rows[i].id, hash);
            break;
        }
    }
    explicit_bzero(rows, sizeof rows);
    *waits_for = status == STATUS_OK ? 0 : *waits_for;
    return status;
}

static bool is_known(const struct answer_key_row *rows, size_t count, const struct answer_key_row *row)
{
    for (size_t i = 0; i < count; i++) {
        if (rows[i].first == row->first && rows[i].is_bound == row->is_bound && memcmp(rows[i].hash, row->hash, sizeof row->hash) == 0 &&
            memcmp(rows[i].key, row->key, sizeof row->key) == 0) {
            return true;
        }
    }
    return false;
}

enum status answer_key_file_merge(struct node *node, const struct answer_key_row *rows, size_t count)
{
    struct answer_key_row there[ANSWER_KEY_ROWS_MAX];
    size_t there_count = 0;
    enum status status = node_answer_key_list(node, there, &there_count);
    for (size_t i = count; status == STATUS_OK && i > 0; i--) { /* the oldest first */
        if (!is_known(there, there_count, &rows[i - 1])) {
            status = node_answer_key_insert(node, &rows[i - 1]);
        }
    }
    explicit_bzero(there, sizeof there);
    return status;
}
