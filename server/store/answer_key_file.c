/*
 * What node.db has of kept answers. A key is written and flushed before the first answer is kept under it, and says by an entry's hash which
 * ledger it is for: node.db may stand beside another one after a restore.
 */
#include "server/store/answer_key_file.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/random.h"
#include "db/answer.h"
#include "db/entry.h"
#include "db/node.h"
#include "db/privacy.h"
#include "rules/answer_keys.h"
#include "rules/command.h"
#include "server/paths.h"
#include "server/tell.h"

static enum status read_path(const char *path, struct answer_key_row rows[ANSWER_KEYS_MAX], size_t *count)
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

enum status answer_key_file_read(const char *data_dir, struct answer_key_row rows[ANSWER_KEYS_MAX], size_t *count)
{
    struct arena arena;
    arena_init(&arena);
    *count = 0;
    const char *path = data_path(&arena, data_dir, "node.db");
    enum status status = path != NULL ? read_path(path, rows, count) : STATUS_EXHAUSTED;
    arena_fini(&arena);
    return status;
}

/* Whether the answer to the genesis was kept under the key. */
static enum status fits_genesis(struct db *db, struct arena *arena, const struct answer_key_row *row, bool *fits)
{
    struct entry_command command;
    struct answer_row answer;
    struct answer_keys *trial = NULL;
    enum answer_fit fit = ANSWER_UNKNOWN;
    enum status status = db_entry_command(db, arena, 1, &command);
    if (status == STATUS_OK) {
        const struct actor actor = { .organisation = command.organisation, .subject = command.subject };
        status = db_answer_find_accepted(db, arena, actor_scope(&actor), command.id, &answer);
    }
    if (status == STATUS_OK) {
        status = answer_keys_open(&trial);
    }
    if (status == STATUS_OK) {
        answer_keys_add(trial, 1, row->key);
        status = answer_keys_check(trial, db, &answer, &fit);
        answer_keys_close(trial);
    }
    *fits = status == STATUS_OK && fit == ANSWER_SOUND;
    return status == STATUS_ABSENT ? STATUS_OK : status;
}

/* Says which ledger the key is for, in the row and in the file. */
static enum status bind(struct node *node, struct db *db, struct answer_key_row *row)
{
    enum status status = db_entry_hash(db, answer_keys_place(row->first), row->hash);
    if (status == STATUS_OK) {
        status = node_answer_key_bind(node, row->id, row->hash);
    }
    row->is_bound = status == STATUS_OK;
    return status;
}

static enum status take(struct node *node, struct db *db, struct arena *arena, struct answer_keys *keys,
                        struct answer_key_row rows[ANSWER_KEYS_MAX])
{
    uint64_t seq = 0;
    size_t count = 0;
    enum status status = node_answer_key_list(node, rows, &count);
    if (status == STATUS_OK) {
        status = db_entry_last(db, &seq);
    }
    for (size_t i = 0; status == STATUS_OK && seq > 0 && i < count; i++) {
        bool fits = false;
        status = rows[i].is_bound ? STATUS_OK : fits_genesis(db, arena, &rows[i], &fits);
        if (status == STATUS_OK && fits) {
            status = bind(node, db, &rows[i]);
        }
    }
    return status == STATUS_OK ? answer_keys_take(keys, db, rows, count) : status;
}

enum status answer_key_file_take(struct node *node, struct db *db, struct answer_keys *keys)
{
    struct answer_key_row rows[ANSWER_KEYS_MAX];
    struct arena arena;
    arena_init(&arena);
    enum status status = take(node, db, &arena, keys, rows);
    explicit_bzero(rows, sizeof rows);
    arena_fini(&arena);
    return status;
}

/* The newest key that is for a ledger without entries; NULL: there is none. */
static enum status find_unbound(struct node *node, struct answer_key_row rows[ANSWER_KEYS_MAX], struct answer_key_row **found)
{
    size_t count = 0;
    enum status status = node_answer_key_list(node, rows, &count);
    *found = NULL;
    for (size_t i = count; status == STATUS_OK && i > 0; i--) {
        *found = rows[i - 1].is_bound ? *found : &rows[i - 1];
    }
    return status;
}

/* A key for the entries behind seq. */
static enum status make_key(struct node *node, struct db *db, uint64_t seq, struct answer_keys *keys)
{
    struct answer_key_row row = { .first = seq + 1, .is_bound = seq > 0 };
    enum status status = random_bytes(row.key, sizeof row.key);
    if (status == STATUS_OK && row.is_bound) {
        status = db_entry_hash(db, seq, row.hash);
    }
    if (status == STATUS_OK) {
        status = node_answer_key_insert(node, &row);
    }
    if (status == STATUS_OK) {
        answer_keys_add(keys, row.first, row.key);
        log_info("answers", "key=new from=%llu", (unsigned long long)row.first);
    }
    explicit_bzero(&row, sizeof row);
    return status;
}

enum status answer_key_file_begin(struct node *node, struct db *db, struct answer_keys *keys)
{
    struct answer_key_row rows[ANSWER_KEYS_MAX], *unbound = NULL;
    uint64_t seq = 0;
    enum status status = db_entry_last(db, &seq);
    if (status != STATUS_OK || answer_keys_cover(keys, seq + 1)) {
        return status;
    }
    if (seq == 0) {
        status = find_unbound(node, rows, &unbound);
        if (status == STATUS_OK && unbound != NULL) { /* of a first start that was cut short */
            answer_keys_add(keys, 1, unbound->key);
        }
        explicit_bzero(rows, sizeof rows);
    }
    return status == STATUS_OK && unbound == NULL ? make_key(node, db, seq, keys) : status;
}

enum status answer_key_file_bind(struct node *node, struct db *db)
{
    struct answer_key_row rows[ANSWER_KEYS_MAX], *unbound = NULL;
    enum status status = find_unbound(node, rows, &unbound);
    if (status == STATUS_OK && unbound != NULL) {
        status = bind(node, db, unbound);
    }
    explicit_bzero(rows, sizeof rows);
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
    struct answer_key_row there[ANSWER_KEYS_MAX];
    size_t there_count = 0;
    enum status status = node_answer_key_list(node, there, &there_count);
    for (size_t i = count; status == STATUS_OK && i > 0; i--) { /* the oldest first */
        if (rows[i - 1].is_bound && !is_known(there, there_count, &rows[i - 1])) {
            status = node_answer_key_insert(node, &rows[i - 1]);
        }
    }
    explicit_bzero(there, sizeof there);
    return status;
}
