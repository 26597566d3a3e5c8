/*
 * A state made again from the ledger alone: it is the same, and each way in which a ledger and a state can differ has
 * its finding.
 */
#include "tests/unit/rules/world.h"

#include <sqlite3.h>

#include "rules/replay.h"

enum { ENTRIES = 6 };

/* Genesis, two organisations' worth of things, one change of an existing object, an intake. */
static void begin(struct world *world)
{
    int64_t now = WORLD_START_MS;
    world_open(world);
    world_begin(world);
    assert_int_equal(world_do(world, now, COMMAND_ORGANISATION_PUT, "ORG", "a", "{\"name\":\"O\",\"kind\":\"depot\"}", NULL), 201);
    assert_int_equal(world_do(world, now, COMMAND_SITE_PUT, "A", "b",
        "{\"name\":\"A\",\"kind\":\"warehouse\",\"organisation\":\"ORG\",\"province\":\"CN-HB\"}", NULL), 201);
    assert_int_equal(world_do(world, now, COMMAND_ITEM_PUT, "MASK", "c", "{\"name\":\"Mask\",\"unit\":\"piece\"}", NULL), 201);
    assert_int_equal(world_do(world, now, COMMAND_SUPPLY_INTAKE, "", "s",
        "{\"site\":\"A\",\"item\":\"MASK\",\"quantity\":10,\"source\":\"opening\"}", NULL), 201);
    assert_int_equal(world_do(world, now, COMMAND_SUPPLY_ADJUST, "s", "d", "{\"delta\":-3,\"reason\":\"consumed\"}", NULL), 200);
}

static void meddle(struct world *world, const char *sql)
{
    sqlite3 *handle = NULL;
    assert_int_equal(sqlite3_open(world->path, &handle), SQLITE_OK);
    assert_int_equal(sqlite3_exec(handle, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(handle), SQLITE_OK);
}

/* Replays the world's entries, the one at index at as change leaves it; the first finding, "" where there is none. */
static const char *replay_all(struct world *world, int at, void (*change)(struct entry_row *), char text[256])
{
    struct arena arena;
    struct replay *replay = NULL;
    struct entry_row *rows = NULL;
    size_t count = 0;
    uint64_t broken = 0;
    const char *finding = NULL;
    arena_init(&arena);
    assert_int_equal(replay_open(&replay), STATUS_OK);
    assert_int_equal(db_entry_list(world->db, &arena, 0, 100, &rows, &count, &broken), STATUS_OK);
    assert_int_equal(count, ENTRIES);
    for (size_t i = 0; i < count && finding == NULL; i++) {
        if ((int)i == at) {
            change(&rows[i]);
        }
        struct replay_result result = { .finding = NULL };
        assert_int_equal(replay_entry(replay, &rows[i], &arena, &result), STATUS_OK);
        finding = result.finding;
        assert_true(finding == NULL || (int)i >= at);
    }
    if (finding == NULL) {
        assert_int_equal(replay_compare_schema(replay, world->db, &arena, &finding), STATUS_OK);
    }
    if (finding == NULL) {
        assert_int_equal(replay_compare(replay, world->db, &arena, &finding), STATUS_OK);
    }
    snprintf(text, 256, "%s", finding != NULL ? finding : "");
    replay_close(replay);
    arena_fini(&arena);
    return text;
}

static void test_the_same_again(void **state)
{
    (void)state;
    struct world world;
    char text[256];
    begin(&world);
    assert_string_equal(replay_all(&world, -1, NULL, text), "");
    assert_string_equal(replay_all(&world, -1, NULL, text), ""); /* it has changed nothing */
    world_close(&world);
}

static void other_kind(struct entry_row *row) { row->kind = "supply.steal"; }
static void other_role(struct entry_row *row) { row->role = "god"; }
static void other_effects(struct entry_row *row) { row->effects[0] ^= 1; }
static void other_target(struct entry_row *row) { row->target = "nowhere"; }
static void other_place(struct entry_row *row) { row->new_id = "elsewhere"; }
static void no_body(struct entry_row *row) { row->body_stored_length = 3; }

static void other_body(struct entry_row *row)
{
    row->body = "{\"delta\":-300,\"reason\":\"consumed\"}";
    row->body_stored_length = strlen(row->body);
}

static void test_an_entry_that_tells_another_story(void **state)
{
    (void)state;
    const struct {
        int at;
        void (*change)(struct entry_row *);
        const char *finding;
    } rows[] = {
        {5, other_kind, "the entry's kind or role is unknown"},
        {5, other_role, "the entry's kind or role is unknown"},
        {5, no_body, "the entry's body cannot be read: "},
        {5, other_body, "the rules refuse the entry's command: "},
        {5, other_target, "the rules refuse the entry's command: "},
        {5, other_effects, "the entry's command has other effects than the entry says"},
        {4, other_place, "the entry's command has other effects than the entry says"},
        {0, other_effects, "the entry's command has other effects than the entry says"},
    };
    struct world world;
    char text[256];
    begin(&world);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        replay_all(&world, rows[i].at, rows[i].change, text);
        if (strncmp(text, rows[i].finding, strlen(rows[i].finding)) != 0) {
            fail_msg("row %zu finds \"%s\" and not \"%s\"", i, text, rows[i].finding);
        }
    }
    world_close(&world);
}

static void test_a_state_that_the_ledger_does_not_explain(void **state)
{
    (void)state;
    static const char *const spoilt[][2] = {
        {"UPDATE supply SET on_hand = 8", "the table supply does not hold what the ledger says"},
        {"UPDATE organisation SET name_en = 'P'", "the table organisation does not hold what the ledger says"},
        {"UPDATE figure SET value = 11.0", "the table figure does not hold what the ledger says"},
    };
    for (size_t i = 0; i < sizeof spoilt / sizeof spoilt[0]; i++) {
        struct world world;
        char text[256];
        begin(&world);
        meddle(&world, spoilt[i][0]);
        assert_string_equal(replay_all(&world, -1, NULL, text), spoilt[i][1]);
        world_close(&world);
    }
}

static void test_a_schema_that_is_not_ours(void **state)
{
    (void)state;
    static const char *const spoilt[] = {
        "CREATE TABLE more (a)", "CREATE TRIGGER quiet AFTER UPDATE ON supply BEGIN SELECT 1; END", "CREATE VIEW v AS SELECT 1",
    };
    for (size_t i = 0; i < sizeof spoilt / sizeof spoilt[0]; i++) {
        struct world world;
        char text[256];
        begin(&world);
        meddle(&world, spoilt[i]);
        assert_true(replay_all(&world, -1, NULL, text)[0] != 0);
        world_close(&world);
    }
}

static bool not_any_more(void *context)
{
    (void)context;
    return false;
}

static void test_it_can_be_told_to_end(void **state)
{
    (void)state;
    struct world world;
    struct arena arena;
    struct replay *replay = NULL;
    struct entry_row *rows = NULL;
    size_t count = 0;
    uint64_t broken = 0;
    const char *finding = NULL;
    begin(&world);
    arena_init(&arena);
    assert_int_equal(replay_open(&replay), STATUS_OK);
    assert_int_equal(db_entry_list(world.db, &arena, 0, 100, &rows, &count, &broken), STATUS_OK);
    for (size_t i = 0; i < count; i++) {
        struct replay_result result = { .finding = NULL };
        assert_int_equal(replay_entry(replay, &rows[i], &arena, &result), STATUS_OK);
        assert_null(result.finding);
    }
    replay_watch(replay, not_any_more, NULL);
    enum status status = STATUS_OK;
    for (int round = 0; round < 1000 && status == STATUS_OK; round++) { /* asked now and then, not at each row */
        status = replay_compare(replay, world.db, &arena, &finding);
    }
    assert_int_equal(status, STATUS_BUSY);
    replay_close(replay);
    arena_fini(&arena);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_again),
        cmocka_unit_test(test_an_entry_that_tells_another_story),
        cmocka_unit_test(test_a_state_that_the_ledger_does_not_explain),
        cmocka_unit_test(test_a_schema_that_is_not_ours),
        cmocka_unit_test(test_it_can_be_told_to_end),
    };
    return cmocka_run_group_tests(tests, world_set_up, world_tear_down);
}
