/*
 * node.db; its schema and statements are in db/node/.
 */
#include "db/node.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "db/answer_key.h"
#include "db/copy.h"
#include "db/node_answer_key.inc"
#include "db/node_cosignature.inc"
#include "db/node_schema.inc"
#include "db/node_scope.inc"
#include "db/node_statements.inc"
#include "db/rows.h"
#include "db/statement.h"

#define NODE_NAME(NAME, SQL) NODE_STATEMENT_##NAME,
enum node_statement { NODE_STATEMENTS(NODE_NAME) NODE_STATEMENT_COUNT };
#undef NODE_NAME
#define NODE_SQL(NAME, SQL) SQL,
static const char *const node_sql[NODE_STATEMENT_COUNT] = { NODE_STATEMENTS(NODE_SQL) };
#undef NODE_SQL

enum {
    NODE_STEP = 4,         /* what db/node/answer_key.sql leaves in user_version */
    STEP_OF_SCOPE = 2,
    STEP_OF_COSIGNATURE = 3,
    READER_WAIT_MS = 10000, /* where one writes, which is rare */
    WRITER_WAIT_MS = 30000 /* fifty that write at once, five flushes each, on a disk that takes 100 ms for one */
};

struct node {
    sqlite3 *handle;
    sqlite3_stmt *statements[NODE_STATEMENT_COUNT];
};

/* A flush of the file, of its journal or of their directory has failed in this process, on whichever connection. */
static atomic_bool has_lost_disk;

/* What a statement came to; to be asked before the next one. */
static enum status heed(const struct node *node, enum status status)
{
    int code = status == STATUS_IO ? sqlite3_extended_errcode(node->handle) : SQLITE_OK;
    if ((code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC) && !atomic_exchange(&has_lost_disk, true)) {
        log_error("sqlite", "a flush of node.db failed: writing into it stopped");
    }
    return status;
}

bool node_has_lost_disk(void)
{
    return atomic_load(&has_lost_disk);
}

static enum status execute(struct node *node, const char *sql)
{
    return statement_status(node->handle, sqlite3_exec(node->handle, sql, NULL, NULL, NULL));
}

/* Which step the file is at; a new one is at none. */
static enum status step_of(struct node *node, int *step)
{
    sqlite3_stmt *use = NULL;
    int code = sqlite3_prepare_v2(node->handle, "PRAGMA user_version", -1, &use, NULL);
    if (code == SQLITE_OK && (code = sqlite3_step(use)) == SQLITE_ROW) {
        *step = sqlite3_column_int(use, 0);
    }
    sqlite3_finalize(use);
    return code == SQLITE_ROW ? STATUS_OK : statement_status(node->handle, code);
}

/* Of a file that nobody has opened for writing since (a backup), the statements of steps that it has not made are left out. */
static enum status prepare_all(struct node *node)
{
    int step = 0;
    enum status status = step_of(node, &step);
    int count = step < STEP_OF_COSIGNATURE ? NODE_STATEMENT_cosignature_put
        : step < NODE_STEP ? NODE_STATEMENT_answer_key_list : NODE_STATEMENT_COUNT;
    for (int i = 0; status == STATUS_OK && i < count; i++) {
        int code = sqlite3_prepare_v3(node->handle, node_sql[i], -1, SQLITE_PREPARE_PERSISTENT,
                                      &node->statements[i], NULL);
        if (code != SQLITE_OK) {
            status = statement_status(node->handle, code);
        }
    }
    return status;
}

/*
 * Nobody but the owner reads hashes and secrets: the file is made before SQLite would. One that is there is left alone:
 * closing it would drop the locks of this process's other connections, and another process could take their WAL away.
 */
static enum status create_private(const char *path)
{
    int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) {
        return errno == EEXIST ? STATUS_OK : STATUS_IO;
    }
    close(file);
    return STATUS_OK;
}

/*
 * A rollback journal and no WAL: sub-commands write tokens beside a running service, and SQLite 3.40 may lose what was
 * committed where two processes write and checkpoint one WAL (its WAL-reset bug). Files of before were in WAL mode; one
 * leaves it as soon as somebody who opens it is alone with it. Until then it works as it did.
 */
static enum status use_rollback_journal(struct node *node)
{
    sqlite3_stmt *use = NULL;
    int code = sqlite3_prepare_v2(node->handle, "PRAGMA journal_mode=DELETE", -1, &use, NULL);
    if (code == SQLITE_OK) {
        code = sqlite3_step(use);
    }
    sqlite3_finalize(use);
    if ((code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED) {
        log_info("sqlite", "node.db stays in WAL mode for now: somebody else has it open");
        code = SQLITE_OK;
    }
    /* EXTRA: a token that was revoked stays revoked, even where the power goes before the end of the journal is on the disk. */
    return code == SQLITE_OK || code == SQLITE_ROW ? execute(node, "PRAGMA synchronous=EXTRA") : statement_status(node->handle, code);
}

/* Brings the file to the newest step, in one transaction: a second process finds it done. */
static enum status make_tables(struct node *node)
{
    int step = 0;
    enum status status = step_of(node, &step);
    if (status != STATUS_OK || step >= NODE_STEP) {
        return status; /* nobody who only makes a token waits for others who do */
    }
    status = execute(node, "BEGIN IMMEDIATE;" NODE_SCHEMA);
    if (status == STATUS_OK) {
        status = step_of(node, &step);
    }
    if (status == STATUS_OK && step < STEP_OF_SCOPE) {
        status = execute(node, NODE_SCOPE);
    }
    if (status == STATUS_OK && step < STEP_OF_COSIGNATURE) {
        status = execute(node, NODE_COSIGNATURE);
    }
    if (status == STATUS_OK && step < NODE_STEP) {
        status = execute(node, NODE_ANSWER_KEY);
    }
    return status == STATUS_OK ? execute(node, "COMMIT") : status; /* else closing takes it back */
}

/* The whole file, which is small: damage would show only where a token is looked up, as a failure of that request. */
static enum status check_pages(struct node *node)
{
    sqlite3_stmt *use = NULL;
    enum status status = STATUS_OK;
    int code = sqlite3_prepare_v2(node->handle, "PRAGMA quick_check(1)", -1, &use, NULL);
    if (code == SQLITE_OK && (code = sqlite3_step(use)) == SQLITE_ROW) {
        const char *found = (const char *)sqlite3_column_text(use, 0);
        if (found == NULL || strcmp(found, "ok") != 0) {
            log_error("sqlite", "node.db is damaged: %.300s", found != NULL ? found : "");
            status = STATUS_CORRUPT;
        }
    }
    sqlite3_finalize(use);
    return code == SQLITE_ROW ? status : statement_status(node->handle, code);
}

enum status node_open(const char *path, bool is_writer, struct node **out)
{
    if (is_writer && create_private(path) != STATUS_OK) {
        return STATUS_IO;
    }
    struct node *node = calloc(1, sizeof *node);
    if (node == NULL) {
        return STATUS_EXHAUSTED;
    }
    /* A reader too: what a process that died in the middle of its commit left behind, the next one who looks must take
     * back, and a connection that was opened for reading alone cannot. */
    enum status status = statement_status(NULL, statement_open(path, SQLITE_OPEN_READWRITE, &node->handle));
    if (status == STATUS_OK) {
        /* It has no triggers of its own: one that came with somebody's backup could make of a revocation none, unseen. */
        sqlite3_db_config(node->handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
        sqlite3_db_config(node->handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
        status = execute(node, "PRAGMA trusted_schema=OFF; PRAGMA mmap_size=0;");
    }
    if (status == STATUS_OK && !is_writer) {
        status = execute(node, "PRAGMA query_only=ON");
    }
    if (status == STATUS_OK && is_writer) {
        sqlite3_busy_timeout(node->handle, WRITER_WAIT_MS);
        status = use_rollback_journal(node);
        status = status == STATUS_OK ? make_tables(node) : status;
        status = status == STATUS_OK ? check_pages(node) : status;
    }
    if (status == STATUS_OK) {
        status = prepare_all(node);
    }
    if (status != STATUS_OK) {
        status = statement_opening_status(node->handle, status);
        node_close(node);
        return status;
    }
    *out = node;
    return STATUS_OK;
}

void node_close(struct node *node)
{
    if (node == NULL) {
        return;
    }
    for (int i = 0; i < NODE_STATEMENT_COUNT; i++) {
        sqlite3_finalize(node->statements[i]);
    }
    int code = sqlite3_close(node->handle);
    assert(code == SQLITE_OK);
    free(node);
}

static sqlite3_stmt *use_of(struct node *node, enum node_statement statement)
{
    sqlite3_stmt *use = node->statements[statement];
    assert(use != NULL && !sqlite3_stmt_busy(use));
    sqlite3_clear_bindings(use);
    return use;
}

enum status node_begin(struct node *node)
{
    return node_has_lost_disk() ? STATUS_IO : heed(node, statement_run(use_of(node, NODE_STATEMENT_transaction_begin)));
}

void node_rollback(struct node *node)
{
    if (sqlite3_get_autocommit(node->handle) == 0) {
        enum status status = heed(node, statement_run(use_of(node, NODE_STATEMENT_transaction_rollback)));
        if (status != STATUS_OK) {
            log_error("sqlite", "rollback failed: %s", status_name(status));
        }
    }
}

enum status node_commit(struct node *node)
{
    enum status status = heed(node, statement_run(use_of(node, NODE_STATEMENT_transaction_commit)));
    if (status != STATUS_OK) {
        node_rollback(node);
    }
    return status;
}

enum status node_token_insert(struct node *node, const struct token *token)
{
    sqlite3_stmt *use = use_of(node, NODE_STATEMENT_token_insert);
    statement_bind_text(use, 1, token->id);
    statement_bind_blob(use, 2, token->hash, NODE_HASH_BYTES);
    statement_bind_text(use, 3, token->organisation);
    statement_bind_text(use, 4, token->role);
    statement_bind_text(use, 5, token->scope);
    statement_bind_integer(use, 6, token->created_at_ms);
    if (token->expires_at_ms > 0) {
        statement_bind_integer(use, 7, token->expires_at_ms);
    }
    return statement_run(use);
}

static enum status read_token(sqlite3_stmt *use, struct arena *arena, void *row)
{
    struct token *token = row;
    token->created_at_ms = statement_integer(use, 4);
    token->expires_at_ms = statement_integer(use, 5);
    token->revoked_at_ms = statement_integer(use, 6);
    token->last_used_at_ms = statement_integer(use, 7);
    const char **const targets[] = { &token->id, &token->organisation, &token->role, &token->scope, NULL };
    enum status status = rows_texts(use, arena, 0, targets);
    return status != STATUS_OK ? status : statement_fixed(use, 8, token->hash, NODE_HASH_BYTES);
}

enum status node_token_find(struct node *node, struct arena *arena, const uint8_t hash[NODE_HASH_BYTES],
                            struct token *out)
{
    sqlite3_stmt *use = use_of(node, NODE_STATEMENT_token_find);
    statement_bind_blob(use, 1, hash, NODE_HASH_BYTES);
    return heed(node, rows_one(use, arena, read_token, out)); /* what another process left half done is taken back, and flushed, here */
}

enum status node_token_list(struct node *node, struct arena *arena, struct token **out, size_t *count)
{
    return rows_gather(use_of(node, NODE_STATEMENT_token_list), arena, sizeof **out, -1, read_token, (void **)out, count);
}

enum status node_token_revoke(struct node *node, const char *id, int64_t now_ms)
{
    sqlite3_stmt *use = use_of(node, NODE_STATEMENT_token_revoke);
    statement_bind_text(use, 1, id);
    statement_bind_integer(use, 2, now_ms);
    enum status status = statement_run(use);
    return status == STATUS_OK && sqlite3_changes(node->handle) == 0 ? STATUS_ABSENT : status;
}

enum status node_token_touch(struct node *node, const uint8_t hash[NODE_HASH_BYTES], int64_t used_at_ms)
{
    sqlite3_stmt *use = use_of(node, NODE_STATEMENT_token_touch);
    statement_bind_blob(use, 1, hash, NODE_HASH_BYTES);
    statement_bind_integer(use, 2, used_at_ms);
    return statement_run(use);
}

static enum status read_secret(sqlite3_stmt *use, struct arena *arena, void *row)
{
    (void)arena;
    return statement_fixed(use, 0, row, NODE_SECRET_BYTES);
}

enum status node_copy(struct node *node, const char *path)
{
    return copy_pages(node->handle, path, NULL, NULL);
}

enum status node_secret_find(struct node *node, const char *name, uint8_t out[NODE_SECRET_BYTES])
{
    sqlite3_stmt *use = use_of(node, NODE_STATEMENT_secret_find);
    statement_bind_text(use, 1, name);
    return rows_one(use, NULL, read_secret, out);
}

enum status node_secret_insert(struct node *node, const char *name, const uint8_t value[NODE_SECRET_BYTES])
{
    sqlite3_stmt *use = use_of(node, NODE_STATEMENT_secret_insert);
    statement_bind_text(use, 1, name);
    statement_bind_blob(use, 2, value, NODE_SECRET_BYTES);
    return statement_run(use);
}

static enum status read_answer_key(sqlite3_stmt *use, struct answer_key_row *row)
{
    *row = (struct answer_key_row){ .id = statement_integer(use, 0), .first = (uint64_t)statement_integer(use, 1),
                                    .is_bound = !statement_is_null(use, 2) };
    enum status status = row->is_bound ? statement_fixed(use, 2, row->hash, ANSWER_KEY_HASH_BYTES) : STATUS_OK;
    return status != STATUS_OK ? status : statement_fixed(use, 3, row->key, ANSWER_KEY_BYTES);
}

enum status node_answer_key_list(struct node *node, struct answer_key_row rows[ANSWER_KEY_ROWS_MAX], size_t *count)
{
    bool has_row = true;
    size_t read = 0;
    enum status status = STATUS_OK;
    if (node->statements[NODE_STATEMENT_answer_key_list] == NULL) { /* a backup of before */
        *count = 0;
        return STATUS_OK;
    }
    sqlite3_stmt *use = use_of(node, NODE_STATEMENT_answer_key_list);
    statement_bind_integer(use, 1, ANSWER_KEY_ROWS_MAX);
    while (status == STATUS_OK && read < ANSWER_KEY_ROWS_MAX) {
        status = statement_row(use, &has_row);
        if (status != STATUS_OK || !has_row) {
            break;
        }
        status = read_answer_key(use, &rows[read]);
        read += status == STATUS_OK;
    }
    statement_end(use);
    if (status == STATUS_OK) {
        *count = read;
    }
    return heed(node, status);
}

enum status node_answer_key_insert(struct node *node, const struct answer_key_row *row)
{
    sqlite3_stmt *use = use_of(node, NODE_STATEMENT_answer_key_insert);
    statement_bind_integer(use, 1, (int64_t)row->first);
    statement_bind_blob(use, 2, row->is_bound ? row->hash : NULL, ANSWER_KEY_HASH_BYTES);
    statement_bind_blob(use, 3, row->key, ANSWER_KEY_BYTES);
    return heed(node, statement_run(use));
}

enum status node_answer_key_bind(struct node *node, int64_t id, const uint8_t hash[ANSWER_KEY_HASH_BYTES])
{
    sqlite3_stmt *use = use_of(node, NODE_STATEMENT_answer_key_bind);
    statement_bind_integer(use, 1, id);
    statement_bind_blob(use, 2, hash, ANSWER_KEY_HASH_BYTES);
    return heed(node, statement_run(use));
}

enum status node_answer_key_drop(struct node *node)
{
    return heed(node, statement_run(use_of(node, NODE_STATEMENT_answer_key_drop)));
}

static enum status put_cosignature(struct node *node, const struct cosignature_row *row)
{
    sqlite3_stmt *use = use_of(node, NODE_STATEMENT_cosignature_put);
    statement_bind_integer(use, 1, row->size);
    statement_bind_blob(use, 2, row->root, NODE_HASH_BYTES);
    statement_bind_text(use, 3, row->witness);
    statement_bind_text(use, 4, row->name);
    statement_bind_blob(use, 5, row->public_key, NODE_COSIGNER_BYTES);
    statement_bind_integer(use, 6, row->time_s);
    statement_bind_blob(use, 7, row->signature, NODE_COSIGNATURE_BYTES);
    return statement_run(use);
}

enum status node_cosignature_put(struct node *node, const struct cosignature_row *rows, size_t count)
{
    sqlite3_busy_timeout(node->handle, READER_WAIT_MS);
    enum status status = execute(node, "PRAGMA query_only=OFF");
    if (status == STATUS_OK) {
        status = node_begin(node);
    }
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        status = put_cosignature(node, &rows[i]);
    }
    if (status == STATUS_OK) {
        status = node_commit(node);
    } else {
        node_rollback(node);
    }
    enum status back = execute(node, "PRAGMA query_only=ON");
    return status != STATUS_OK ? status : back;
}

static enum status read_cosignature(sqlite3_stmt *use, struct arena *arena, void *row)
{
    struct cosignature_row *found = row;
    const char **const texts[] = { &found->witness, &found->name, NULL };
    found->id = statement_integer(use, 0);
    found->size = statement_integer(use, 1);
    found->time_s = statement_integer(use, 4);
    enum status status = rows_texts(use, arena, 2, texts);
    status = status == STATUS_OK ? statement_fixed(use, 5, found->root, NODE_HASH_BYTES) : status;
    status = status == STATUS_OK ? statement_fixed(use, 6, found->public_key, NODE_COSIGNER_BYTES) : status;
    return status == STATUS_OK ? statement_fixed(use, 7, found->signature, NODE_COSIGNATURE_BYTES) : status;
}

enum status node_cosignature_list(struct node *node, struct arena *arena, int64_t size, int64_t after, int64_t limit,
                                  struct cosignature_row **out, size_t *count)
{
    sqlite3_stmt *use = use_of(node, size > 0 ? NODE_STATEMENT_cosignature_of_size : NODE_STATEMENT_cosignature_list);
    statement_bind_integer(use, 1, after);
    statement_bind_integer(use, 2, limit);
    if (size > 0) {
        statement_bind_integer(use, 3, size);
    }
    return rows_gather(use, arena, sizeof **out, limit, read_cosignature, (void **)out, count);
}

enum status node_cosignature_list_ordered(struct node *node, struct arena *arena, int64_t size, const struct cosignature_order *order, int64_t limit,
                                          struct cosignature_row **out, size_t *count)
{
    sqlite3_stmt *use = use_of(node, NODE_STATEMENT_cosignature_list_ordered);
    statement_bind_integer(use, 1, order->after_id);
    statement_bind_integer(use, 2, limit);
    statement_bind_integer(use, 3, size);
    statement_bind_integer(use, 4, order->is_by_time ? 1 : 0);
    statement_bind_integer(use, 5, order->after);
    statement_bind_integer(use, 6, order->is_descending ? 1 : 0);
    return rows_gather(use, arena, sizeof **out, limit, read_cosignature, (void **)out, count);
}

enum status node_cosignature_of(struct node *node, struct arena *arena, int64_t size, const uint8_t root[NODE_HASH_BYTES],
                                int64_t limit, struct cosignature_row **out, size_t *count)
{
    sqlite3_stmt *use = use_of(node, NODE_STATEMENT_cosignature_of_root);
    statement_bind_integer(use, 1, size);
    statement_bind_blob(use, 2, root, NODE_HASH_BYTES);
    statement_bind_integer(use, 3, limit);
    return rows_gather(use, arena, sizeof **out, limit, read_cosignature, (void **)out, count);
}
