/*
 * Migrations: from nothing and from every version there was to the newest; what is not ours or from the future is left
 * alone; one that fails leaves nothing; several processes at once do it once.
 */
#include "db/migrate.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "db/migrations.inc"
#include "db/statement.h"
#include "tests/unit/support/scratch.h"

enum { OURS = 0x54616c79, OTHERS = 0x12345678, HANDS = 4 };

#define ROW(NUMBER, NAME, SQL) { NUMBER, SQL },
static const struct {
    int number;
    const char *sql;
} steps[] = { MIGRATIONS(ROW) };
#undef ROW
enum { NEWEST = sizeof steps / sizeof steps[0] };

static sqlite3 *open_file(const char *path)
{
    sqlite3 *handle = NULL;
    assert_int_equal(statement_open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &handle), SQLITE_OK);
    return handle;
}

static void run(sqlite3 *handle, const char *sql)
{
    char *error = NULL;
    if (sqlite3_exec(handle, sql, NULL, NULL, &error) != SQLITE_OK) {
        fail_msg("%.60s: %s", sql, error);
    }
}

static int number_of(sqlite3 *handle, const char *sql)
{
    sqlite3_stmt *use = NULL;
    assert_int_equal(sqlite3_prepare_v2(handle, sql, -1, &use, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(use), SQLITE_ROW);
    int number = sqlite3_column_int(use, 0);
    sqlite3_finalize(use);
    return number;
}

/* A file as a program left it that knew so many migrations. */
static void make_version(sqlite3 *handle, int version)
{
    char finish[96];
    for (int i = 0; i < version; i++) {
        run(handle, steps[i].sql);
    }
    snprintf(finish, sizeof finish, "PRAGMA application_id=%d; PRAGMA user_version=%d", version > 0 ? OURS : 0, version);
    run(handle, finish);
}

static int append_row(void *context, int columns, char **values, char **names)
{
    (void)names;
    for (int i = 0; i < columns; i++) {
        buffer_format(context, "%s|", values[i] != NULL ? values[i] : "");
    }
    return 0;
}

/* Everything that the schema consists of; the caller ends it. */
static struct buffer schema_of(sqlite3 *handle)
{
    struct buffer text;
    buffer_init(&text);
    assert_int_equal(sqlite3_exec(handle, "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name", append_row, &text, NULL),
                     SQLITE_OK);
    return text;
}

static void test_numbers_go_up_by_one(void **state)
{
    (void)state;
    for (int i = 0; i < NEWEST; i++) {
        assert_int_equal(steps[i].number, i + 1);
    }
}

static void test_from_every_version(void **state)
{
    (void)state;
    sqlite3 *fresh = open_file(":memory:");
    assert_int_equal(migrate(fresh), STATUS_OK);
    struct buffer wanted = schema_of(fresh);
    assert_true(wanted.length > 1000);
    for (int version = 0; version <= NEWEST; version++) {
        sqlite3 *old = open_file(":memory:");
        make_version(old, version);
        assert_int_equal(migrate_check(old), version == NEWEST ? STATUS_OK : STATUS_INVALID);
        assert_int_equal(migrate(old), STATUS_OK);
        assert_int_equal(number_of(old, "PRAGMA user_version"), NEWEST);
        assert_int_equal(number_of(old, "PRAGMA application_id"), OURS);
        assert_int_equal(migrate_check(old), STATUS_OK);
        struct buffer found = schema_of(old);
        assert_string_equal(found.bytes, wanted.bytes);
        buffer_fini(&found);
        int changes = number_of(old, "PRAGMA schema_version");
        assert_int_equal(migrate(old), STATUS_OK); /* and then there is nothing to do */
        assert_int_equal(number_of(old, "PRAGMA schema_version"), changes);
        sqlite3_close(old);
    }
    buffer_fini(&wanted);
    sqlite3_close(fresh);
}

/* Rows of before are there afterwards, byte for byte. */
static void test_rows_stay(void **state)
{
    (void)state;
    sqlite3 *old = open_file(":memory:");
    make_version(old, 1);
    run(old, "INSERT INTO province (code, gb_code, name_en, name_zh, belt, capital, lat_e7, lon_e7, version, seq) "
             "VALUES ('CN-HB', '420000', 'Hubei', '湖北', 'central', 'Wuhan', 305900000, 1143100000, 1, 1);"
             "INSERT INTO checkpoint VALUES (1, 1, randomblob(32), 'note'); INSERT INTO frontier VALUES (1, x'00ff')");
    assert_int_equal(migrate(old), STATUS_OK);
    assert_int_equal(number_of(old, "SELECT count(*) FROM province WHERE name_zh = '湖北' AND lat_e7 = 305900000"), 1);
    assert_int_equal(number_of(old, "SELECT count(*) FROM checkpoint WHERE note = 'note' AND length(root) = 32"), 1);
    assert_int_equal(number_of(old, "SELECT count(*) FROM frontier WHERE state = x'00ff'"), 1);
    sqlite3_close(old);
}

/* Whether a statement is carried out; its change is taken back. */
static bool is_taken(sqlite3 *handle, const char *front, const char *word, const char *back)
{
    char sql[512];
    snprintf(sql, sizeof sql, "%s'%s'%s", front, word, back);
    run(handle, "SAVEPOINT attempt");
    bool is_done = sqlite3_exec(handle, sql, NULL, NULL, NULL) == SQLITE_OK;
    run(handle, "ROLLBACK TO attempt; RELEASE attempt");
    return is_done;
}

/* Unique keys become indexes and checks other texts where rows stand; the file stays sound, and says no to the same as before. */
static void test_constraints_change_around_their_rows(void **state)
{
    (void)state;
    static const char *const words[] = { "good", "damaged", "quarantine", "rejected", "intake", "adjustment", "dispatch", "receipt", "return",
                                         "create", "approve", "reject", "receive", "cancel", "pending", "reserved", "in_transit", "received",
                                         "cancelled",
                                         "returned", "", "Good", "good ", "x" };
    static const struct {
        const char *front, *back;
    } checked[] = {
        { "UPDATE supply SET condition = ", "" },
        { "INSERT INTO movement VALUES (1, 1, 'S', ", ", '', 1, 1, NULL, NULL, NULL, NULL, 1, 1)" },
        { "UPDATE transfer SET state = ", "" },
        { "INSERT INTO transfer_event VALUES ('T', 2, ", ", 1, 'O', 'operator', NULL)" },
    };
    static const char fill[] =
        "PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; BEGIN;"
        "INSERT INTO province VALUES ('CN-HB', '420000', 'Hubei', 'Hubei', 'central', 'Wuhan', 1, 1, 1, 1);"
        "INSERT INTO organisation VALUES ('O', 'O', NULL, NULL, 'depot', 'CN-HB', 1, 1);"
        "INSERT INTO site VALUES ('A', 'A', NULL, NULL, 'depot', 'O', 'CN-HB', NULL, NULL, 1, 1);"
        "INSERT INTO site VALUES ('B', 'B', NULL, NULL, 'depot', 'O', 'CN-HB', NULL, NULL, 1, 1);"
        "INSERT INTO item VALUES ('I', 'I', NULL, NULL, 'piece', NULL, '[]', 0, 0, 1, 1);"
        "INSERT INTO supply VALUES ('S', 'A', 'I', '', '', 'O', '', '', '', 'good', 9, 0, 1, 1, 1);"
        "INSERT INTO transfer VALUES ('T', 'A', 'B', 'pending', NULL, NULL, NULL, NULL, NULL, '', 'admin', 1, 1, 1, 1);"
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) INSERT INTO entry "
        "SELECT i, 1, 1, zeroblob(32), 1, 'k', '', '', '', '', '', '', '', '', 0, zeroblob(32), x'', x'', zeroblob(32), randomblob(32) FROM n;"
        "INSERT INTO seal SELECT seq, 'k', zeroblob(64) FROM entry;"
        "INSERT INTO personal SELECT lower(hex(randomblob(32))), seq, '/note', zeroblob(32), 'text' FROM entry; COMMIT;";
    sqlite3 *old = open_file(":memory:"), *before = open_file(":memory:");
    make_version(old, 3);
    make_version(before, 3);
    run(old, fill);
    run(before, fill);
    assert_int_equal(migrate(old), STATUS_OK);
    assert_int_equal(number_of(old, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"), 1);
    assert_int_equal(number_of(old, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
    assert_int_equal(number_of(old, "SELECT count(*) FROM entry e JOIN seal s USING (seq) JOIN personal p USING (seq) WHERE p.text = 'text'"), 3000);
    assert_int_equal(number_of(old, "SELECT count(*) FROM entry e INDEXED BY entry_by_hash, (SELECT hash FROM entry) h "
                                    "WHERE e.seq >> 14 = 0 AND substr(e.hash, 1, 5) = substr(h.hash, 1, 5) AND e.hash = h.hash"), 3000);
    assert_true(number_of(old, "PRAGMA freelist_count") > 0); /* the indexes of before */
    int taken = 0;
    for (size_t i = 0; i < sizeof checked / sizeof checked[0]; i++) {
        for (size_t j = 0; j < sizeof words / sizeof words[0]; j++) {
            bool is_good = is_taken(before, checked[i].front, words[j], checked[i].back);
            if (is_taken(old, checked[i].front, words[j], checked[i].back) != is_good) {
                fail_msg("%s'%s'%s", checked[i].front, words[j], checked[i].back);
            }
            taken += is_good;
        }
    }
    assert_int_equal(taken, 4 + 5 + 7 + 7);
    assert_false(is_taken(old, "INSERT INTO seal VALUES (3001, ", "k", ", zeroblob(64))")); /* its entry is wanted, as before */
    assert_true(is_taken(old, "INSERT INTO personal VALUES (lower(hex(zeroblob(32))), 7, ", "/other", ", NULL, NULL)"));
    assert_false(is_taken(old, "INSERT INTO personal VALUES (lower(hex(zeroblob(32))), 7, ", "/note", ", NULL, NULL)")); /* one text in one place */
    sqlite3_close(before);
    sqlite3_close(old);
}

static void test_what_is_not_ours_is_left_alone(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        int application, version;
        bool has_table;
        enum status wanted;
    } rows[] = {
        { "empty", 0, 0, false, STATUS_OK },
        { "another's that has nothing yet", OTHERS, 0, false, STATUS_OK },
        { "a table and no name", 0, 0, true, STATUS_CORRUPT },
        { "another's with a table", OTHERS, 0, true, STATUS_CORRUPT },
        { "a version and no name", 0, 1, false, STATUS_CORRUPT },
        { "another's with a version", OTHERS, NEWEST, true, STATUS_CORRUPT },
        { "ours of the future", OURS, NEWEST + 1, true, STATUS_INVALID },
        { "ours of a far future", OURS, 999, false, STATUS_INVALID },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char numbers[96];
        sqlite3 *handle = open_file(":memory:");
        if (rows[i].has_table) {
            run(handle, "CREATE TABLE theirs (x)");
        }
        snprintf(numbers, sizeof numbers, "PRAGMA application_id=%d; PRAGMA user_version=%d", rows[i].application, rows[i].version);
        run(handle, numbers);
        struct buffer before = schema_of(handle);
        if (migrate(handle) != rows[i].wanted) {
            fail_msg("%s", rows[i].what);
        }
        if (rows[i].wanted != STATUS_OK) {
            struct buffer after = schema_of(handle);
            assert_int_equal(after.length, before.length);
            assert_int_equal(number_of(handle, "PRAGMA user_version"), rows[i].version);
            assert_int_equal(number_of(handle, "PRAGMA application_id"), rows[i].application);
            assert_int_equal(migrate_check(handle), rows[i].wanted);
            buffer_fini(&after);
        }
        buffer_fini(&before);
        sqlite3_close(handle);
    }
}

/* A migration is whole or not at all. */
static void test_one_that_fails_leaves_nothing(void **state)
{
    (void)state;
    for (int version = 0; version < NEWEST; version++) {
        sqlite3 *handle = open_file(":memory:");
        make_version(handle, version);
        run(handle, version == 0 ? "PRAGMA application_id=1415670905" : "SELECT 1"); /* ours, so that it is begun at all */
        /* What the migration makes last is there already: a table or an index, of the seventh a column. */
        char last[128] = { 0 };
        sqlite3 *scratch = open_file(":memory:");
        make_version(scratch, version + 1);
        sqlite3_stmt *use = NULL;
        assert_int_equal(sqlite3_prepare_v2(scratch, "SELECT name FROM sqlite_schema WHERE type IN ('table', 'index') AND sql IS NOT NULL "
                                            "ORDER BY rowid DESC LIMIT 1", -1, &use, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_step(use), SQLITE_ROW);
        snprintf(last, sizeof last, version + 1 == 7 ? "ALTER TABLE answer ADD COLUMN mac ANY" : "CREATE TABLE %s (obstacle)",
                 (const char *)sqlite3_column_text(use, 0));
        sqlite3_finalize(use);
        sqlite3_close(scratch);
        run(handle, last);
        struct buffer before = schema_of(handle);
        assert_int_not_equal(migrate(handle), STATUS_OK);
        struct buffer after = schema_of(handle);
        assert_string_equal(after.bytes, before.bytes);
        assert_int_equal(number_of(handle, "PRAGMA user_version"), version);
        assert_true(sqlite3_get_autocommit(handle) != 0);
        buffer_fini(&before);
        buffer_fini(&after);
        sqlite3_close(handle);
    }
}

struct hand {
    const char *path;
    pthread_barrier_t *start;
    enum status status;
};

static void *migrate_at_once(void *context)
{
    struct hand *hand = context;
    sqlite3 *handle = NULL;
    hand->status = STATUS_IO;
    pthread_barrier_wait(hand->start);
    if (statement_open(hand->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &handle) == SQLITE_OK) {
        hand->status = migrate(handle);
    }
    sqlite3_close(handle);
    return NULL;
}

static void test_several_at_once(void **state)
{
    (void)state;
    char dir[SCRATCH_BYTES], path[96];
    pthread_t threads[HANDS];
    struct hand hands[HANDS];
    pthread_barrier_t start;
    assert_int_equal(scratch_make(dir), 0);
    snprintf(path, sizeof path, "%s/t.db", dir);
    sqlite3 *first = open_file(path); /* sets the library up before there are threads */
    pthread_barrier_init(&start, NULL, HANDS);
    for (size_t i = 0; i < HANDS; i++) {
        hands[i] = (struct hand){ path, &start, STATUS_IO };
        assert_int_equal(pthread_create(&threads[i], NULL, migrate_at_once, &hands[i]), 0);
    }
    for (size_t i = 0; i < HANDS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(hands[i].status, STATUS_OK);
    }
    assert_int_equal(number_of(first, "PRAGMA user_version"), NEWEST);
    pthread_barrier_destroy(&start);
    sqlite3_close(first);
    assert_int_equal(scratch_remove(dir), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_go_up_by_one), cmocka_unit_test(test_from_every_version),
        cmocka_unit_test(test_rows_stay),
        cmocka_unit_test(test_constraints_change_around_their_rows),
        cmocka_unit_test(test_what_is_not_ours_is_left_alone), cmocka_unit_test(test_one_that_fails_leaves_nothing),
        cmocka_unit_test(test_several_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
