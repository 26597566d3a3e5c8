/*
 * Orders to erase: which lists of commitments are read, and what an order leaves in the state, once, again and partly again.
 */
#include "tests/unit/rules/world.h"

#include "base/limits.h"
#include "db/privacy.h"
#include "json/parse.h"
#include "rules/erasure.h"
#include "rules/request.h"

enum { DIGITS = COMMITMENT_HEX_BYTES - 1, BODY_BYTES = 16384 };

#define ZEROS_63 "000000000000000000000000000000000000000000000000000000000000000"

struct reading {
    struct arena arena;
    struct faults faults;
    struct erase_request request;
    json_t *document;
};

/* Reads one JSON value as commitments. reading_fini is due. */
static void read_commitments(struct reading *reading, const char *value)
{
    memset(reading, 0, sizeof *reading);
    arena_init(&reading->arena);
    faults_init(&reading->faults, &reading->arena);
    const char *text = arena_format(&reading->arena, "{\"commitments\":%s}", value);
    const enum status parsed = json_parse(text, strlen(text), &reading->document, &reading->faults);
    assert_true(parsed == STATUS_OK || reading->faults.has_unfit);
    reading->request.commitments = json_object_get(reading->document, "commitments");
    assert_int_equal(erasure_settle(&reading->request, &reading->arena, &reading->faults), STATUS_OK);
}

static void reading_fini(struct reading *reading)
{
    json_decref(reading->document);
    arena_fini(&reading->arena);
}

/* The commitments first, first + 1, ... as a JSON array. */
static void write_array(char out[BODY_BYTES], unsigned first, size_t count)
{
    size_t used = (size_t)snprintf(out, BODY_BYTES, "[");
    for (unsigned i = 0; i < count; i++) {
        used += (size_t)snprintf(out + used, BODY_BYTES - used, "%s\"%064x\"", i > 0 ? "," : "", first + i);
    }
    snprintf(out + used, BODY_BYTES - used, "]");
}

static void test_lists_by_length(void **state)
{
    (void)state;
    static const struct { size_t count; const char *code; } rows[] = {
        { 0, "too_short" }, { 1, NULL }, { 2, NULL }, { LIMIT_ERASURES, NULL }, { LIMIT_ERASURES + 1, "too_long" },
    };
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        struct reading reading;
        char array[BODY_BYTES];
        write_array(array, 1, rows[r].count);
        read_commitments(&reading, array);
        if (rows[r].code != NULL) {
            assert_int_equal(reading.faults.total, 1);
            assert_string_equal(reading.faults.items[0].pointer, "/commitments");
            assert_string_equal(reading.faults.items[0].code, rows[r].code);
        } else {
            assert_int_equal(reading.faults.total, 0);
            assert_int_equal(reading.request.count, rows[r].count);
            for (unsigned i = 0; i < rows[r].count; i++) { /* in the order in which they came */
                char wanted[DIGITS + 1];
                snprintf(wanted, sizeof wanted, "%064x", i + 1);
                assert_string_equal(reading.request.list[i], wanted);
            }
        }
        reading_fini(&reading);
    }
}

static void test_what_is_no_commitment(void **state)
{
    (void)state;
    static const struct { const char *value, *pointer, *code; } rows[] = {
        { "null", "/commitments", "wrong_type" },
        { "\"" ZEROS_63 "0\"", "/commitments", "wrong_type" },
        { "{}", "/commitments", "wrong_type" },
        { "1e999", "/commitments", "out_of_range" },
        { "[1e999]", "/commitments/0", "out_of_range" },
        { "[0]", "/commitments/0", "wrong_type" },
        { "[\"" ZEROS_63 "0\",null]", "/commitments/1", "wrong_type" },
        { "[\"\"]", "/commitments/0", "bad_format" },
        { "[\"" ZEROS_63 "\"]", "/commitments/0", "bad_format" },
        { "[\"" ZEROS_63 "00\"]", "/commitments/0", "bad_format" },
        { "[\"" ZEROS_63 "g\"]", "/commitments/0", "bad_format" },
        { "[\"" ZEROS_63 "A\"]", "/commitments/0", "bad_format" },
        { "[\"" ZEROS_63 " \"]", "/commitments/0", "bad_format" },
        { "[\"" ZEROS_63 "1\",\"" ZEROS_63 "2\",\"" ZEROS_63 "1\"]", "/commitments/2", "duplicate_id" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct reading reading;
        read_commitments(&reading, rows[i].value);
        assert_int_equal(reading.faults.total, 1);
        assert_string_equal(reading.faults.items[0].pointer, rows[i].pointer);
        assert_string_equal(reading.faults.items[0].code, rows[i].code);
        reading_fini(&reading);
    }
    struct reading reading; /* all of them at once */
    read_commitments(&reading, "[7,\"" ZEROS_63 "a\",\"x\",\"" ZEROS_63 "a\",\"" ZEROS_63 "b\"]");
    assert_int_equal(reading.faults.total, 3);
    assert_string_equal(reading.faults.items[0].pointer, "/commitments/0");
    assert_string_equal(reading.faults.items[1].pointer, "/commitments/2");
    assert_string_equal(reading.faults.items[2].pointer, "/commitments/3");
    reading_fini(&reading);
}

/* That the member is missing has been said by who read the body. */
static void test_nothing(void **state)
{
    (void)state;
    struct arena arena;
    struct faults faults;
    struct erase_request request = { 0 };
    arena_init(&arena);
    faults_init(&faults, &arena);
    assert_int_equal(erasure_settle(&request, &arena, &faults), STATUS_OK);
    assert_int_equal(faults.total, 0);
    assert_int_equal(request.count, 0);
    arena_fini(&arena);
}

/* Orders count commitments from first on to be erased; the answer's status and id. */
static int order(struct world *world, const char *key, unsigned first, size_t count, char id[64])
{
    char array[BODY_BYTES], body[BODY_BYTES + 32];
    write_array(array, first, count);
    snprintf(body, sizeof body, "{\"commitments\":%s}", array);
    return world_do(world, WORLD_START_MS + 1, COMMAND_PRIVACY_ERASE, "", key, body, id);
}

/* The entry that erased a commitment; 0: none did. */
static int64_t erased_by(struct world *world, unsigned number)
{
    struct arena arena;
    char commitment[DIGITS + 1];
    int64_t seq = 0;
    arena_init(&arena);
    snprintf(commitment, sizeof commitment, "%064x", number);
    const enum status status = db_erasure_find(world->db, &arena, commitment, &seq);
    assert_true(status == STATUS_OK || status == STATUS_ABSENT);
    arena_fini(&arena);
    return seq;
}

static void test_orders(void **state)
{
    (void)state;
    struct world world;
    char id[64];
    world_open(&world);
    world_begin(&world); /* entry 1 */
    assert_int_equal(erased_by(&world, 1), 0);
    assert_int_equal(order(&world, "k-1", 1, 2, id), 201);
    assert_string_equal(id, "2");
    assert_int_equal(erased_by(&world, 1), 2);
    assert_int_equal(erased_by(&world, 2), 2);
    assert_int_equal(erased_by(&world, 3), 0);
    /* the same under another key: nothing is left to do, and no entry tells of it */
    assert_int_equal(order(&world, "k-2", 1, 2, id), 200);
    assert_string_equal(id, "2");
    assert_int_equal(executor_seq(world.executor), 2);
    /* under the first key: the first answer */
    assert_int_equal(order(&world, "k-1", 1, 2, id), 201);
    assert_string_equal(id, "2 again");
    /* partly: what was erased before stays with the entry that did it */
    assert_int_equal(order(&world, "k-3", 2, 3, id), 201);
    assert_string_equal(id, "3");
    assert_int_equal(erased_by(&world, 2), 2);
    assert_int_equal(erased_by(&world, 3), 3);
    assert_int_equal(erased_by(&world, 4), 3);
    /* all of them, by two entries: the first of them answers */
    assert_int_equal(order(&world, "k-4", 1, 4, id), 200);
    assert_string_equal(id, "2");
    assert_int_equal(order(&world, "k-5", 4, 1, id), 200);
    assert_string_equal(id, "3");
    assert_int_equal(order(&world, "k-6", 1000, LIMIT_ERASURES, id), 201);
    assert_string_equal(id, "4");
    assert_int_equal(erased_by(&world, 1000 + LIMIT_ERASURES - 1), 4);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists_by_length),
        cmocka_unit_test(test_what_is_no_commitment),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_orders),
    };
    return cmocka_run_group_tests_name("erasure", tests, world_set_up, world_tear_down);
}
