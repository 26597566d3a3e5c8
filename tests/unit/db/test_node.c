/*
 * node.db: tokens and secrets, files of before, and what another process has left behind or holds.
 */
#include "db/node.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "tests/unit/support/scratch.h"

struct fixture {
    char dir[SCRATCH_BYTES];
    char path[96];
    struct arena arena;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    assert_int_equal(scratch_make(f->dir), 0);
    snprintf(f->path, sizeof f->path, "%s/node.db", f->dir);
    arena_init(&f->arena);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    arena_fini(&f->arena);
    int failed = scratch_remove(f->dir);
    free(f);
    return failed;
}

/* Whether the file itself says that it is in WAL mode: bytes 18 and 19 of its header. */
static bool is_wal(const struct fixture *f)
{
    unsigned char header[20] = { 0 };
    int file = open(f->path, O_RDONLY);
    assert_true(file >= 0);
    assert_int_equal(read(file, header, sizeof header), sizeof header);
    close(file); /* no connection of this process is open: nobody's locks go with it */
    assert_int_equal(header[18], header[19]);
    return header[18] == 2;
}

static bool has_file(const struct fixture *f, const char *suffix)
{
    char path[128];
    snprintf(path, sizeof path, "%s%s", f->path, suffix);
    return access(path, F_OK) == 0;
}

static size_t count_tokens(struct fixture *f, struct node *node)
{
    struct token *tokens = NULL;
    size_t count = 0;
    assert_int_equal(node_token_list(node, &f->arena, &tokens, &count), STATUS_OK);
    return count;
}

static void insert_token(struct node *node, unsigned number)
{
    char id[16];
    struct token token = { id, { 0 }, "ORG", "operator", "", 5, 0, 0, 0 };
    snprintf(id, sizeof id, "tok-%u", number);
    memcpy(token.hash, &number, sizeof number);
    assert_int_equal(node_token_insert(node, &token), STATUS_OK);
}

/* Runs act in a process of its own, which ends without closing anything, as by kill -9. */
static void in_another_process(const struct fixture *f, void (*act)(sqlite3 *handle))
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        sqlite3 *handle = NULL;
        if (sqlite3_open(f->path, &handle) == SQLITE_OK) {
            act(handle);
        }
        _exit(0);
    }
    int ended = 0;
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_true(WIFEXITED(ended) && WEXITSTATUS(ended) == 0);
}

static void test_node_tokens(void **state)
{
    struct fixture *f = *state;
    struct node *node = NULL, *reader = NULL;
    struct token token = { "tok-1", { 1, 2, 3 }, "ORG", "operator", "supplies", 5, 0, 0, 0 }, found;
    uint8_t secret[NODE_SECRET_BYTES] = { 9 }, read[NODE_SECRET_BYTES];
    struct stat info;
    assert_int_equal(node_open(f->path, true, &node), STATUS_OK);
    assert_int_equal(stat(f->path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(node_token_insert(node, &token), STATUS_OK);
    assert_int_equal(node_token_insert(node, &token), STATUS_INVALID);
    assert_int_equal(node_secret_find(node, "cursor", read), STATUS_ABSENT);
    assert_int_equal(node_secret_insert(node, "cursor", secret), STATUS_OK);
    assert_int_equal(node_open(f->path, false, &reader), STATUS_OK);
    assert_int_equal(node_token_find(reader, &f->arena, token.hash, &found), STATUS_OK);
    assert_string_equal(found.role, "operator");
    assert_int_equal(found.expires_at_ms, 0);
    assert_int_equal(node_secret_find(reader, "cursor", read), STATUS_OK);
    assert_memory_equal(read, secret, sizeof read);
    token.hash[0] = 2;
    assert_int_equal(node_token_find(reader, &f->arena, token.hash, &found), STATUS_ABSENT);
    node_close(reader);
    node_close(node);
    node_close(NULL);
}

static void test_node_tokens_end(void **state)
{
    struct fixture *f = *state;
    struct node *node = NULL;
    struct token token = { "tok-1", { 1, 2, 3 }, "ORG", "operator", "supplies", 5, 0, 0, 0 }, *tokens = NULL;
    size_t count = 0;
    assert_int_equal(node_open(f->path, true, &node), STATUS_OK);
    assert_int_equal(node_token_insert(node, &token), STATUS_OK);
    token.id = "tok-0";
    token.hash[0] = 7;
    token.created_at_ms = 4;
    assert_int_equal(node_token_insert(node, &token), STATUS_OK);
    assert_int_equal(node_token_touch(node, token.hash, 90), STATUS_OK);
    assert_int_equal(node_token_touch(node, token.hash, 80), STATUS_OK); /* older than what is known */
    assert_int_equal(node_token_revoke(node, "tok-1", 100), STATUS_OK);
    assert_int_equal(node_token_revoke(node, "tok-1", 200), STATUS_ABSENT);
    assert_int_equal(node_token_revoke(node, "tok-2", 200), STATUS_ABSENT);
    assert_int_equal(node_token_list(node, &f->arena, &tokens, &count), STATUS_OK);
    assert_int_equal(count, 2);
    assert_string_equal(tokens[0].id, "tok-0");
    assert_int_equal(tokens[0].last_used_at_ms, 90);
    assert_int_equal(tokens[0].revoked_at_ms, 0);
    assert_int_equal(tokens[1].revoked_at_ms, 100);
    assert_int_equal(tokens[1].last_used_at_ms, 0);
    assert_string_equal(tokens[1].scope, "supplies");
    node_close(node);
}

/* A file of before scopes keeps its tokens, which go on without one. */
static void test_node_of_before(void **state)
{
    struct fixture *f = *state;
    struct node *node = NULL;
    sqlite3 *file = NULL;
    struct token *tokens = NULL;
    size_t count = 0;
    assert_int_equal(sqlite3_open(f->path, &file), SQLITE_OK);
    assert_int_equal(sqlite3_exec(file, "CREATE TABLE token (id TEXT PRIMARY KEY, hash BLOB NOT NULL UNIQUE, "
        "organisation TEXT NOT NULL, role TEXT NOT NULL, created_at_ms INTEGER NOT NULL, expires_at_ms INTEGER, "
        "revoked_at_ms INTEGER) STRICT; INSERT INTO token VALUES ('tok-old', randomblob(32), 'ORG', 'admin', 1, NULL, NULL)",
        NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(file), SQLITE_OK);
    for (int i = 0; i < 2; i++) { /* the second time there is nothing to do */
        assert_int_equal(node_open(f->path, true, &node), STATUS_OK);
        assert_int_equal(node_token_list(node, &f->arena, &tokens, &count), STATUS_OK);
        assert_int_equal(count, 1);
        assert_string_equal(tokens[0].id, "tok-old");
        assert_string_equal(tokens[0].scope, "");
        node_close(node);
    }
}

/* Writes a token in WAL mode and leaves it in the WAL. */
static void leave_wal(sqlite3 *handle)
{
    if (sqlite3_exec(handle, "PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; INSERT INTO token (id, hash, organisation, role, scope, "
        "created_at_ms) VALUES ('tok-wal', zeroblob(32), 'ORG', 'admin', '', 1)", NULL, NULL, NULL) != SQLITE_OK) {
        _exit(1);
    }
}

/* A file in WAL mode, killed in the middle of its use, loses nothing and leaves that mode. */
static void test_no_wal(void **state)
{
    struct fixture *f = *state;
    struct node *node = NULL;
    assert_int_equal(node_open(f->path, true, &node), STATUS_OK);
    insert_token(node, 1);
    node_close(node);
    assert_false(is_wal(f));
    in_another_process(f, leave_wal);
    assert_true(is_wal(f));
    assert_true(has_file(f, "-wal"));
    assert_int_equal(node_open(f->path, true, &node), STATUS_OK);
    assert_int_equal(count_tokens(f, node), 2);
    insert_token(node, 3);
    node_close(node);
    assert_false(is_wal(f));
    assert_false(has_file(f, "-wal") || has_file(f, "-shm") || has_file(f, "-journal"));
}

/* Somebody who has it open in WAL mode is not thrown out: both go on, and the last one leaves the mode. */
static void test_no_wal_later(void **state)
{
    struct fixture *f = *state;
    struct node *node = NULL;
    sqlite3 *other = NULL;
    assert_int_equal(node_open(f->path, true, &node), STATUS_OK);
    node_close(node);
    assert_int_equal(sqlite3_open(f->path, &other), SQLITE_OK);
    leave_wal(other);
    assert_int_equal(node_open(f->path, true, &node), STATUS_OK);
    insert_token(node, 2);
    assert_int_equal(count_tokens(f, node), 2);
    node_close(node);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    assert_true(is_wal(f));
    assert_int_equal(node_open(f->path, true, &node), STATUS_OK);
    assert_int_equal(count_tokens(f, node), 2);
    node_close(node);
    assert_false(is_wal(f));
}

/* Changes more than the memory given holds, so that pages of it are in the file already, and does not commit. */
static void leave_journal(sqlite3 *handle)
{
    if (sqlite3_exec(handle, "PRAGMA cache_size=1; BEGIN IMMEDIATE; UPDATE token SET organisation = printf('%.4000c', 'x')", NULL, NULL,
                     NULL) != SQLITE_OK) {
        _exit(1);
    }
}

/* Who looks next takes back what a process that died left half done, a reader that is open already included. */
static void test_a_reader_takes_back(void **state)
{
    struct fixture *f = *state;
    struct node *node = NULL, *reader = NULL;
    struct token *tokens = NULL;
    size_t count = 0;
    assert_int_equal(node_open(f->path, true, &node), STATUS_OK);
    for (unsigned number = 0; number < 40; number++) {
        insert_token(node, number);
    }
    node_close(node);
    assert_int_equal(node_open(f->path, false, &reader), STATUS_OK);
    assert_int_equal(count_tokens(f, reader), 40);
    in_another_process(f, leave_journal);
    assert_true(has_file(f, "-journal"));
    assert_int_equal(node_token_list(reader, &f->arena, &tokens, &count), STATUS_OK);
    assert_int_equal(count, 40);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(tokens[i].organisation, "ORG");
    }
    assert_false(has_file(f, "-journal"));
    struct token token = { "tok-x", { 1, 1, 1 }, "ORG", "operator", "", 5, 0, 0, 0 };
    assert_int_equal(node_token_insert(reader, &token), STATUS_IO); /* it writes nothing else */
    node_close(reader);
}

static void test_transactions(void **state)
{
    struct fixture *f = *state;
    struct node *node = NULL, *other = NULL;
    assert_int_equal(node_open(f->path, true, &node), STATUS_OK);
    assert_int_equal(node_open(f->path, true, &other), STATUS_OK);
    assert_int_equal(node_begin(node), STATUS_OK);
    insert_token(node, 1);
    insert_token(node, 2);
    assert_int_equal(count_tokens(f, other), 0);
    assert_int_equal(node_commit(node), STATUS_OK);
    assert_int_equal(count_tokens(f, other), 2);
    assert_int_equal(node_begin(other), STATUS_OK);
    insert_token(other, 3);
    node_rollback(other);
    node_rollback(other);
    assert_int_equal(count_tokens(f, node), 2);
    node_close(other);
    node_close(node);
}

static void run_sql(const char *path, const char *sql)
{
    sqlite3 *handle = NULL;
    assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
    assert_int_equal(sqlite3_exec(handle, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(handle), SQLITE_OK);
}

/* A file of before there were cosignatures, as a backup may hold it: a reader takes it as it is, a writer brings it on. */
static void test_file_without_cosignatures(void **state)
{
    struct fixture *f = *state;
    struct node *node = NULL;
    struct token *tokens = NULL;
    struct cosignature_row *rows = NULL;
    size_t count = 0;
    assert_int_equal(node_open(f->path, true, &node), STATUS_OK);
    node_close(node);
    run_sql(f->path, "DROP TABLE answer_key; DROP TABLE cosignature; PRAGMA user_version = 2;");
    assert_int_equal(node_open(f->path, false, &node), STATUS_OK);
    assert_int_equal(node_token_list(node, &f->arena, &tokens, &count), STATUS_OK);
    node_close(node);
    assert_int_equal(node_open(f->path, true, &node), STATUS_OK);
    assert_int_equal(node_cosignature_list(node, &f->arena, 0, 0, 10, &rows, &count), STATUS_OK);
    assert_int_equal(count, 0);
    node_close(node);
}

/* Keys for answers: what was put comes back, the newest first; a file of before has none, until somebody opens it for writing. */
static void test_answer_keys(void **state)
{
    struct fixture *f = *state;
    struct node *node = NULL;
    struct answer_key_row found[ANSWER_KEY_ROWS_MAX];
    struct answer_key_row row = { .first = 1, .key = { 1 } };
    const uint8_t hash[ANSWER_KEY_HASH_BYTES] = { 7 }, other[ANSWER_KEY_HASH_BYTES] = { 8 };
    size_t count = 9;
    assert_int_equal(node_open(f->path, true, &node), STATUS_OK);
    node_close(node);
    run_sql(f->path, "DROP TABLE answer_key; PRAGMA user_version = 3;");
    assert_int_equal(node_open(f->path, false, &node), STATUS_OK);
    assert_int_equal(node_answer_key_list(node, found, &count), STATUS_OK);
    assert_int_equal(count, 0);
    node_close(node);
    assert_int_equal(node_open(f->path, true, &node), STATUS_OK);
    assert_int_equal(node_answer_key_insert(node, &row), STATUS_OK);
    assert_int_equal(node_answer_key_list(node, found, &count), STATUS_OK);
    assert_true(count == 1 && !found[0].is_bound && found[0].first == 1 && found[0].key[0] == 1);
    assert_int_equal(node_answer_key_bind(node, found[0].id, hash), STATUS_OK);
    assert_int_equal(node_answer_key_bind(node, found[0].id, other), STATUS_OK); /* it is bound for ever */
    row = (struct answer_key_row){ .first = 5, .key = { 2 } };
    assert_int_equal(node_answer_key_insert(node, &row), STATUS_OK);
    assert_int_equal(node_answer_key_drop(node), STATUS_OK); /* those that are not bound, alone */
    assert_int_equal(node_answer_key_list(node, found, &count), STATUS_OK);
    assert_true(count == 1 && found[0].first == 1);
    row.is_bound = true;
    for (size_t i = 0; i < ANSWER_KEY_ROWS_MAX; i++) {
        row.first = 5 + i;
        assert_int_equal(node_answer_key_insert(node, &row), STATUS_OK);
    }
    assert_int_equal(node_answer_key_list(node, found, &count), STATUS_OK);
    assert_int_equal(count, ANSWER_KEY_ROWS_MAX);
    assert_true(found[0].first == 4 + ANSWER_KEY_ROWS_MAX && found[ANSWER_KEY_ROWS_MAX - 1].first == 5);
    node_close(node);
    run_sql(f->path, "DELETE FROM answer_key WHERE first > 1");
    assert_int_equal(node_open(f->path, false, &node), STATUS_OK);
    assert_int_equal(node_answer_key_list(node, found, &count), STATUS_OK);
    assert_true(count == 1 && found[0].is_bound && memcmp(found[0].hash, hash, sizeof hash) == 0);
    node_close(node);
}

/* Readers write cosignatures, all of a note's or none, and nothing else. */
static void test_cosignatures(void **state)
{
    struct fixture *f = *state;
    struct node *node = NULL;
    struct cosignature_row *rows = NULL;
    size_t count = 0;
    struct cosignature_row made[2] = { { .size = 7, .witness = "a", .name = "a.example", .public_key = { 1 }, .time_s = 5 },
                                       { .size = 7, .witness = "b", .name = "b.example", .public_key = { 2 }, .time_s = 5 } };
    assert_int_equal(node_open(f->path, true, &node), STATUS_OK);
    node_close(node);
    assert_int_equal(node_open(f->path, false, &node), STATUS_OK);
    assert_int_equal(node_cosignature_put(node, made, 2), STATUS_OK);
    made[0].time_s = 4; /* older: the one that is there stays */
    made[1].time_s = 6;
    assert_int_equal(node_cosignature_put(node, made, 2), STATUS_OK);
    made[0].time_s = 9;
    made[1].size = 0; /* which the table refuses */
    assert_int_not_equal(node_cosignature_put(node, made, 2), STATUS_OK);
    assert_int_equal(node_cosignature_list(node, &f->arena, 7, 0, 10, &rows, &count), STATUS_OK);
    assert_int_equal(count, 2);
    assert_int_equal(rows[0].time_s, 5);
    assert_int_equal(rows[1].time_s, 6);
    assert_int_equal(node_cosignature_of(node, &f->arena, 7, made[0].root, 10, &rows, &count), STATUS_OK);
    assert_int_equal(count, 2);
    assert_int_equal(node_cosignature_list(node, &f->arena, 8, 0, 10, &rows, &count), STATUS_OK);
    assert_int_equal(count, 0);
    assert_int_not_equal(node_token_revoke(node, "none", 1), STATUS_OK);
    struct token token = { .id = "t", .hash = { 1 }, .organisation = "", .role = "admin", .scope = "", .created_at_ms = 1 };
    assert_int_not_equal(node_token_insert(node, &token), STATUS_OK);
    node_close(node);
}

int main(void)
{
#define CASE(F) cmocka_unit_test_setup_teardown(F, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(test_file_without_cosignatures), CASE(test_cosignatures), CASE(test_answer_keys),
        CASE(test_node_tokens), CASE(test_node_tokens_end), CASE(test_node_of_before), CASE(test_no_wal),
        CASE(test_no_wal_later), CASE(test_a_reader_takes_back), CASE(test_transactions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
