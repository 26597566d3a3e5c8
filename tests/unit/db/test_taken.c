/*
 * Which command ids are taken: at once of entries that are near, in the end of all.
 */
#include "db/taken.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "db/answer.h"
#include "db/db.h"

struct world {
    struct db *db;
    struct arena arena;
};

static int set_up(void **state)
{
    static struct world world;
    assert_int_equal(db_open_scratch(&world.db), STATUS_OK);
    assert_int_equal(db_begin(world.db), STATUS_OK);
    arena_init(&world.arena);
    *state = &world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    db_rollback(world->db);
    db_close(world->db);
    arena_fini(&world->arena);
    return 0;
}

static bool note(struct world *world, uint64_t seq, const char *scope, const char *id)
{
    bool is_new = false;
    assert_int_equal(db_taken_note(world->db, seq, scope, id, &is_new), STATUS_OK);
    return is_new;
}

static void test_once_for_each_sender(void **state)
{
    struct world *world = *state;
    uint64_t seq = 0;
    const char *id = NULL;
    assert_true(note(world, 1, "", "a"));
    assert_true(note(world, 2, "CRC", "a"));
    assert_true(note(world, 3, "CRC", "A"));
    assert_true(note(world, 4, "CR", "Ca"));
    assert_int_equal(db_answer_again(world->db, &world->arena, &seq, &id), STATUS_ABSENT);
    assert_false(note(world, 5, "CRC", "a"));
    assert_false(note(world, 6, "", "a"));
    assert_true(note(world, 7, "", "b"));
    assert_int_equal(db_answer_again(world->db, &world->arena, &seq, &id), STATUS_ABSENT); /* what was told is not told again */
    assert_true(note(world, 32768, "", "c"));
    assert_true(note(world, 32769, "CRC", "a")); /* too far from the first to be seen at once */
    assert_true(note(world, 40000, "", "a"));
    assert_int_equal(db_answer_again(world->db, &world->arena, &seq, &id), STATUS_OK);
    assert_int_equal(seq, 32769);
    assert_string_equal(id, "a");
    assert_true(note(world, 70000, "", "c")); /* twice too */
    assert_true(note(world, 70001, "CRC", "a")); /* a third time */
    assert_int_equal(db_answer_again(world->db, &world->arena, &seq, &id), STATUS_OK);
    assert_int_equal(seq, 32769);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_once_for_each_sender, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
