/*
 * What is checked at the shelf and again at the door: expiry, condition, earmark. Time and
 * stored rows are the test's, so that they can change in between.
 */
#include "tests/unit/rules/world.h"

#include <sqlite3.h>

static int64_t at(const char *instant)
{
    int64_t time_ms = 0;
    assert_int_equal(text_to_instant(instant, &time_ms), STATUS_OK);
    return time_ms;
}

/* Organisation ORG with the site A, OTHER with B, and the item MASK. Days end at midnight in UTC+8. */
static void begin(struct world *world)
{
    int64_t start = at("2030-01-01T00:00:00Z");
    world_open(world);
    world_begin(world);
    assert_int_equal(world_do(world, start, COMMAND_ORGANISATION_PUT, "ORG", "a", "{\"name\":\"O\",\"kind\":\"depot\"}", NULL), 201);
    assert_int_equal(world_do(world, start, COMMAND_ORGANISATION_PUT, "OTHER", "b", "{\"name\":\"P\",\"kind\":\"depot\"}", NULL), 201);
    assert_int_equal(world_do(world, start, COMMAND_SITE_PUT, "A", "c",
        "{\"name\":\"A\",\"kind\":\"warehouse\",\"organisation\":\"ORG\",\"province\":\"CN-HB\"}", NULL), 201);
    assert_int_equal(world_do(world, start, COMMAND_SITE_PUT, "B", "d",
        "{\"name\":\"B\",\"kind\":\"hospital\",\"organisation\":\"OTHER\",\"province\":\"CN-HB\"}", NULL), 201);
    assert_int_equal(world_do(world, start, COMMAND_ITEM_PUT, "MASK", "e", "{\"name\":\"Mask\",\"unit\":\"piece\"}", NULL), 201);
}

/* Changes stored rows behind the rules' back, as a recall or a hold will do by a rule of its own. */
static void meddle(struct world *world, const char *sql)
{
    sqlite3 *handle = NULL;
    assert_int_equal(sqlite3_open(world->path, &handle), SQLITE_OK);
    assert_int_equal(sqlite3_exec(handle, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_changes(handle), 1);
    assert_int_equal(sqlite3_close(handle), SQLITE_OK);
}

static void test_a_lot_is_usable_through_its_expiry_day(void **state)
{
    (void)state;
    struct world world;
    char text[64];
    int64_t before = at("2030-06-01T00:00:00Z");
    int64_t last = at("2030-06-30T23:59:59.999+08:00"), gone = at("2030-07-01T00:00:00+08:00");
    const char *one = "{\"destination\":\"B\",\"lines\":[{\"supply\":\"s\",\"quantity\":10}]}";
    begin(&world);
    assert_int_equal(world_do(&world, before, COMMAND_SUPPLY_INTAKE, "", "s",
        "{\"site\":\"A\",\"item\":\"MASK\",\"quantity\":100,\"source\":\"opening\",\"lot\":\"L\",\"expiry\":\"2030-06-30\"}", NULL), 201);
    assert_int_equal(world_do(&world, before, COMMAND_TRANSFER_CREATE, "", "t1", one, NULL), 201);
    assert_int_equal(world_do(&world, before, COMMAND_TRANSFER_CREATE, "", "t2", one, NULL), 201);
    assert_int_equal(world_do(&world, last, COMMAND_TRANSFER_CREATE, "", "t3", one, NULL), 201);
    assert_int_equal(world_do(&world, last, COMMAND_TRANSFER_DISPATCH, "t1", "g1", "{}", text), 200);

    assert_int_equal(world_do(&world, gone, COMMAND_TRANSFER_DISPATCH, "t2", "g2", "{}", text), 409);
    assert_string_equal(text, "lot_expired");
    assert_string_equal(world_faults, "/lines/0 lot_expired");
    assert_int_equal(world_do(&world, gone, COMMAND_TRANSFER_DISPATCH, "t3", "g3", "{}", text), 409);
    assert_string_equal(text, "lot_expired");
    assert_int_equal(world_do(&world, gone, COMMAND_TRANSFER_CREATE, "", "t4", one, text), 409);
    assert_string_equal(text, "lot_expired");

    /* what stays may be freed, and what is on its way may arrive */
    assert_int_equal(world_do(&world, gone, COMMAND_TRANSFER_CANCEL, "t2", "c2", "{\"reason\":\"expired\"}", NULL), 200);
    assert_int_equal(world_do(&world, gone, COMMAND_TRANSFER_RECEIVE, "t1", "r1", "{\"lines\":[{\"line\":1,\"good\":10}]}", NULL), 200);
    world_close(&world);
}

static void test_all_is_checked_again_at_the_door(void **state)
{
    (void)state;
    struct world world;
    char text[64];
    int64_t now = at("2030-06-01T00:00:00Z");
    begin(&world);
    assert_int_equal(world_do(&world, now, COMMAND_SUPPLY_INTAKE, "", "s1",
        "{\"site\":\"A\",\"item\":\"MASK\",\"quantity\":10,\"source\":\"opening\",\"lot\":\"L\"}", NULL), 201);
    assert_int_equal(world_do(&world, now, COMMAND_SUPPLY_INTAKE, "", "s2",
        "{\"site\":\"A\",\"item\":\"MASK\",\"quantity\":10,\"source\":\"opening\",\"earmark\":\"OTHER\"}", NULL), 201);
    assert_int_equal(world_do(&world, now, COMMAND_TRANSFER_CREATE, "", "t",
        "{\"destination\":\"B\",\"lines\":[{\"supply\":\"s1\",\"quantity\":10},{\"supply\":\"s2\",\"quantity\":10}]}", NULL), 201);
    meddle(&world, "UPDATE supply SET condition = 'quarantine' WHERE id = 's1'");
    meddle(&world, "UPDATE site SET organisation = 'ORG' WHERE id = 'B'");
    assert_int_equal(world_do(&world, now, COMMAND_TRANSFER_DISPATCH, "t", "g", "{}", text), 409);
    assert_string_equal(text, "quality_not_passed");
    assert_string_equal(world_faults, "/lines/0 quality_not_passed, /lines/1 earmark_violation");
    meddle(&world, "UPDATE supply SET condition = 'good' WHERE id = 's1'");
    assert_int_equal(world_do(&world, now, COMMAND_TRANSFER_DISPATCH, "t", "h", "{}", text), 409);
    assert_string_equal(text, "earmark_violation");
    meddle(&world, "UPDATE site SET organisation = 'OTHER' WHERE id = 'B'");
    assert_int_equal(world_do(&world, now, COMMAND_TRANSFER_DISPATCH, "t", "i", "{}", text), 200);
    world_close(&world);
}

static void test_every_obstacle_of_a_line_is_named(void **state)
{
    (void)state;
    struct world world;
    char text[64];
    int64_t now = at("2030-06-01T00:00:00Z");
    begin(&world);
    assert_int_equal(world_do(&world, now, COMMAND_SUPPLY_INTAKE, "", "s1",
        "{\"site\":\"A\",\"item\":\"MASK\",\"quantity\":50,\"source\":\"opening\",\"lot\":\"L\",\"expiry\":\"2029-12-31\","
        "\"condition\":\"damaged\",\"earmark\":\"ORG\"}", NULL), 201);
    assert_int_equal(world_do(&world, now, COMMAND_SUPPLY_INTAKE, "", "s2",
        "{\"site\":\"A\",\"item\":\"MASK\",\"quantity\":50,\"source\":\"opening\"}", NULL), 201);
    assert_int_equal(world_do(&world, now, COMMAND_TRANSFER_CREATE, "", "t",
        "{\"destination\":\"B\",\"lines\":[{\"supply\":\"s1\",\"quantity\":100},{\"supply\":\"s2\",\"quantity\":51}]}", text), 409);
    assert_string_equal(text, "quality_not_passed");
    assert_string_equal(world_faults, "/lines/0 quality_not_passed, /lines/0 lot_expired, /lines/0 earmark_violation, "
                                      "/lines/0 insufficient_stock, /lines/1 insufficient_stock");
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_lot_is_usable_through_its_expiry_day), cmocka_unit_test(test_all_is_checked_again_at_the_door),
        cmocka_unit_test(test_every_obstacle_of_a_line_is_named),
    };
    return cmocka_run_group_tests(tests, world_set_up, world_tear_down);
}
