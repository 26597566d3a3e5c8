/* The table of the tree's hashes: rows grow at their end, and nothing else is taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "db/tile.h"
#include "tests/unit/support/scratch.h"

enum { HASH = 32 };

static char directory[SCRATCH_BYTES];
static struct db *db;

static int set_up(void **state)
{
    (void)state;
    char path[96];
    assert_int_equal(scratch_make(directory), 0);
    snprintf(path, sizeof path, "%s/t.db", directory);
    assert_int_equal(db_open_writer(path, &db), STATUS_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    db_close(db);
    return scratch_remove(directory);
}

static void test_rows(void **state)
{
    (void)state;
    struct tile_row row = { .length = 1 };
    uint8_t hashes[DB_TILE_BYTES_MAX];
    uint64_t count = 1;
    memset(hashes, 7, sizeof hashes);
    assert_int_equal(db_tile_count(db, &count), STATUS_OK);
    assert_int_equal(count, 0);
    assert_int_equal(db_tile_last_leaves(db, &row), STATUS_ABSENT);
    assert_int_equal(db_tile_find(db, 0, 0, &row), STATUS_ABSENT);
    assert_int_equal(row.length, 1); /* untouched */
    /* the sixteenth leaf: a full row, and one above it that has a greater number */
    assert_int_equal(db_tile_put(db, 0, 0, hashes, sizeof hashes), STATUS_OK);
    assert_int_equal(db_tile_put(db, 1, 0, hashes, HASH), STATUS_OK);
    assert_int_equal(db_tile_last_leaves(db, &row), STATUS_OK);
    assert_true(row.level == 0 && row.position == 0 && row.length == sizeof hashes);
    assert_int_equal(db_tile_put(db, 0, 1, hashes, HASH), STATUS_OK);
    assert_int_equal(db_tile_put(db, 15, ((uint64_t)1 << 58) - 1, hashes, HASH), STATUS_OK);
    assert_int_equal(db_tile_find(db, 15, ((uint64_t)1 << 58) - 1, &row), STATUS_OK);
    assert_true(row.level == 15 && row.position == ((uint64_t)1 << 58) - 1 && row.length == HASH);
    assert_int_equal(db_tile_last_leaves(db, &row), STATUS_OK);
    assert_true(row.level == 0 && row.position == 1 && row.length == HASH);
    assert_memory_equal(row.hashes, hashes, HASH);
    assert_int_equal(db_tile_count(db, &count), STATUS_OK);
    assert_int_equal(count, 4);
}

static void test_a_row_grows_only(void **state)
{
    (void)state;
    struct tile_row row;
    uint8_t hashes[DB_TILE_BYTES_MAX];
    memset(hashes, 9, sizeof hashes);
    for (size_t length = HASH; length <= sizeof hashes; length += 2 * (size_t)HASH) {
        assert_int_equal(db_tile_put(db, 2, 3, hashes, length), STATUS_OK);
        assert_int_equal(db_tile_put(db, 2, 3, hashes, length), STATUS_INVALID); /* no longer than it is */
        hashes[0] ^= 1;
        assert_int_equal(db_tile_put(db, 2, 3, hashes, sizeof hashes), STATUS_INVALID); /* longer, but begins otherwise */
        hashes[0] ^= 1;
        assert_int_equal(db_tile_find(db, 2, 3, &row), STATUS_OK);
        assert_int_equal(row.length, length);
    }
    assert_int_equal(db_tile_put(db, 2, 4, hashes, 0), STATUS_INVALID);
    assert_int_equal(db_tile_put(db, 2, 4, hashes, HASH - 1), STATUS_INVALID);
    assert_int_equal(db_tile_put(db, 2, 4, hashes, HASH + 1), STATUS_INVALID);
    assert_int_equal(db_tile_find(db, 2, 4, &row), STATUS_ABSENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_row_grows_only, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
