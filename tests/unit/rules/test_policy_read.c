/*
 * The kinds that a policy demands signed: one text for each set of them, whatever the order they came in, and a fault for
 * each item that is none.
 */
#include "rules/policy_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "json/parse.h"

#define SUPPLIES "\"supply.intake\",\"supply.adjust\""
#define TRANSFERS "\"transfer.create\",\"transfer.dispatch\",\"transfer.receive\",\"transfer.cancel\",\"transfer.return\""

struct reading {
    struct arena arena;
    struct faults faults;
    struct policy_request request;
    json_t *document;
};

/* Reads one JSON value as signed_kinds. reading_fini is due. */
static void read_kinds(struct reading *reading, const char *value)
{
    memset(reading, 0, sizeof *reading);
    arena_init(&reading->arena);
    faults_init(&reading->faults, &reading->arena);
    const char *text = arena_format(&reading->arena, "{\"signed_kinds\":%s}", value);
    const enum status parsed = json_parse(text, strlen(text), &reading->document, &reading->faults);
    assert_true(parsed == STATUS_OK || reading->faults.has_unfit);
    reading->request.signed_kinds = json_object_get(reading->document, "signed_kinds");
    assert_int_equal(policy_settle(&reading->request, &reading->arena, &reading->faults), STATUS_OK);
}

static void reading_fini(struct reading *reading)
{
    json_decref(reading->document);
    arena_fini(&reading->arena);
}

static void test_sets_of_kinds(void **state)
{
    (void)state;
    static const struct { const char *value, *stored; } rows[] = {
        { "[]", "[]" },
        { "[\"transfer.create\"]", "[\"transfer.create\"]" },
        { "[\"transfer.create\",\"supply.intake\"]", "[\"supply.intake\",\"transfer.create\"]" },
        { "[\"supply.intake\",\"transfer.create\"]", "[\"supply.intake\",\"transfer.create\"]" },
        { "[\"transfer.return\",\"transfer.return\",\"transfer.return\"]", "[\"transfer.return\"]" },
        { "[\"transfer.return\",\"transfer.cancel\",\"transfer.receive\",\"transfer.dispatch\",\"transfer.create\",\"supply.adjust\","
          "\"supply.intake\"]", "[" SUPPLIES "," TRANSFERS "]" },
        { "[" SUPPLIES "]", "[" SUPPLIES "]" },
        { "[\"*\"]", "[\"*\"]" },
        { "[\"*\",\"*\"]", "[\"*\"]" },
        { "[\"transfer.create\",\"*\",\"supply.intake\"]", "[\"*\"]" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct reading reading;
        read_kinds(&reading, rows[i].value);
        assert_int_equal(reading.faults.total, 0);
        assert_string_equal(reading.request.signed_kinds_text, rows[i].stored);
        reading_fini(&reading);
    }
}

static void test_what_is_no_kind(void **state)
{
    (void)state;
    static const struct { const char *value, *pointer, *code; } rows[] = {
        { "null", "/signed_kinds", "wrong_type" },
        { "\"*\"", "/signed_kinds", "wrong_type" },
        { "{\"*\":true}", "/signed_kinds", "wrong_type" },
        { "7", "/signed_kinds", "wrong_type" },
        { "[1]", "/signed_kinds/0", "wrong_type" },
        { "[\"*\",null]", "/signed_kinds/1", "wrong_type" },
        { "[\"*\",[\"*\"]]", "/signed_kinds/1", "wrong_type" },
        { "[\"\"]", "/signed_kinds/0", "not_a_choice" },
        { "[\"**\"]", "/signed_kinds/0", "not_a_choice" },
        { "[\"Transfer.create\"]", "/signed_kinds/0", "not_a_choice" },
        { "[\"transfer.\"]", "/signed_kinds/0", "not_a_choice" },
        { "[\"transfer.approve\"]", "/signed_kinds/0", "not_a_choice" }, /* a decision comes with other commands */
        { "[\"supply.intake\",\"transfer.create\",\"transfer.create \"]", "/signed_kinds/2", "not_a_choice" },
        /* kinds that there are, but not of supplies and transfers */
        { "[\"genesis\"]", "/signed_kinds/0", "not_a_choice" },
        { "[\"item.put\"]", "/signed_kinds/0", "not_a_choice" },
        { "[\"policy.put\"]", "/signed_kinds/0", "not_a_choice" },
        { "[\"privacy.erase\"]", "/signed_kinds/0", "not_a_choice" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct reading reading;
        read_kinds(&reading, rows[i].value);
        assert_int_equal(reading.faults.total, 1);
        assert_string_equal(reading.faults.items[0].pointer, rows[i].pointer);
        assert_string_equal(reading.faults.items[0].code, rows[i].code);
        assert_null(reading.request.signed_kinds_text);
        reading_fini(&reading);
    }
}

/* Each is named, with what was probably meant; a number too large has been named by who read it. */
static void test_all_faults_at_once(void **state)
{
    (void)state;
    struct reading reading;
    read_kinds(&reading, "[\"transfer.dispach\",\"supply.adjust\",4,\"suply.intake\"]");
    assert_int_equal(reading.faults.total, 3);
    assert_string_equal(reading.faults.items[0].pointer, "/signed_kinds/0");
    assert_string_equal(reading.faults.items[0].nearest, "transfer.dispatch");
    assert_non_null(strstr(reading.faults.items[0].detail, "\"transfer.dispach\""));
    assert_string_equal(reading.faults.items[1].pointer, "/signed_kinds/2");
    assert_null(reading.faults.items[1].nearest);
    assert_string_equal(reading.faults.items[2].pointer, "/signed_kinds/3");
    assert_string_equal(reading.faults.items[2].nearest, "supply.intake");
    assert_null(reading.request.signed_kinds_text);
    reading_fini(&reading);
    static const struct { const char *value, *pointer; } unfit[] = { { "[1e999]", "/signed_kinds/0" }, { "1e999", "/signed_kinds" } };
    for (size_t i = 0; i < 2; i++) {
        read_kinds(&reading, unfit[i].value);
        assert_int_equal(reading.faults.total, 1);
        assert_string_equal(reading.faults.items[0].pointer, unfit[i].pointer);
        assert_string_equal(reading.faults.items[0].code, "out_of_range");
        assert_null(reading.request.signed_kinds_text);
        reading_fini(&reading);
    }
}

/* That the member is missing has been said by who read the body. */
static void test_nothing(void **state)
{
    (void)state;
    struct arena arena;
    struct faults faults;
    struct policy_request request = { 0 };
    arena_init(&arena);
    faults_init(&faults, &arena);
    assert_int_equal(policy_settle(&request, &arena, &faults), STATUS_OK);
    assert_int_equal(faults.total, 0);
    assert_null(request.signed_kinds_text);
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sets_of_kinds),
        cmocka_unit_test(test_what_is_no_kind),
        cmocka_unit_test(test_all_faults_at_once),
        cmocka_unit_test(test_nothing),
    };
    return cmocka_run_group_tests_name("policy_read", tests, NULL, NULL);
}
