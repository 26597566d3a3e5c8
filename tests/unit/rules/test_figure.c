/* Tests of rules/figure_read.c and figure_codes.c: what is kept of bodies that are wrong, the bound on rows, many names. */
#include "rules/decode.h"
#include "rules/figure_read.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "rules/figure.h"
#include "rules/figure_codes.h"
#include "rules/request.h"

#define HEADER "indicator,year,province,value\n"

static struct arena arena;
static struct faults faults;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena);
    faults_init(&faults, &arena);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_fini(&arena);
    return 0;
}

static enum status read_csv(struct command *command, const char *body, size_t rows_max)
{
    *command = (struct command){ .kind = COMMAND_FIGURES_PUT, .body = body, .body_length = strlen(body) };
    return figure_read_csv(command, rows_max, &arena, &faults);
}

static void what_is_sound_is_kept(void **state)
{
    struct command command;
    (void)state;
    assert_int_equal(read_csv(&command, HEADER "nope,20x4,CN-ZZ,NaN\nbeds\nbe ds,2019,,12.50\n", 10), STATUS_INVALID);
    const struct figures_request *request = command.request;
    assert_non_null(request);
    assert_int_equal(request->figures.count, 2);
    const struct figure_request *rows = request->figures.items;
    assert_string_equal(rows[0].indicator, "nope");
    assert_true(rows[0].year == BIND_ABSENT && isnan(rows[0].value) && rows[0].decimal == NULL && rows[0].row == 2);
    assert_string_equal(rows[0].province, "CN-ZZ");
    assert_true(rows[1].indicator == NULL && rows[1].province == NULL && rows[1].year == 2019 && rows[1].row == 4);
    assert_string_equal(rows[1].decimal, "12.50");
    assert_int_equal(faults.total, 5);
}

static void rows_are_bounded(void **state)
{
    static const char body[] = HEADER "a,2019,b,1\na\na,2020,b,1\n\n\na,2021,b,x\n";
    struct command command;
    (void)state;
    assert_int_equal(read_csv(&command, body, 3), STATUS_INVALID); /* for the faults */
    assert_int_equal(((const struct figures_request *)command.request)->figures.count, 3);
    faults_init(&faults, &arena);
    assert_int_equal(read_csv(&command, body, 2), STATUS_INVALID);
    assert_null(command.request);
    assert_int_equal(faults.total, 1);
    assert_string_equal(faults.items[0].code, "too_many_values");
    assert_int_equal(faults.items[0].row, 7);
}

static void rows_cost_what_rows_take(void **state)
{
    enum { LINES = 4 * 1000 * 1000 };
    struct command command;
    char *body = arena_alloc(&arena, sizeof HEADER + LINES + 32);
    (void)state;
    memcpy(body, HEADER, sizeof HEADER - 1);
    memset(body + sizeof HEADER - 1, '\n', LINES);
    memcpy(body + sizeof HEADER - 1 + LINES, "a,2019,b,1\n", 12);
    size_t before = arena.total_bytes;
    assert_int_equal(read_csv(&command, body, 10), STATUS_OK);
    assert_true(arena.total_bytes - before < LINES + 100000); /* the copy */
    const struct figures_request *request = command.request;
    assert_int_equal(request->figures.count, 1);
    assert_int_equal(((const struct figure_request *)request->figures.items)->row, LINES + 2);
}

static void decimals_of_bodies_with_faults(void **state)
{
    static const char body[] = "{\"figures\":[{\"value\":\"1\"},{\"indicator\":\"a\",\"year\":2019,\"province\":\"b\",\"value\":1e2},"
                               "{\"value\":1e400},7,{\"value\":-1,\"other\":{\"value\":5}}],\"value\":3}";
    struct command command = { .kind = COMMAND_FIGURES_PUT, .target = "", .if_version = COMMAND_VERSION_NONE };
    (void)state;
    assert_int_equal(command_decode(&command, BIND_CLEAR, body, sizeof body - 1, &arena, &faults), STATUS_INVALID);
    const struct figures_request *request = command.request;
    const struct figure_request *rows = request->figures.items;
    assert_int_equal(request->figures.count, 5);
    assert_string_equal(rows[1].decimal, "1e2");
    assert_string_equal(rows[4].decimal, "-1");
    assert_true(rows[0].decimal == NULL && rows[2].decimal == NULL && rows[3].decimal == NULL);
    assert_true(rows[0].year == BIND_ABSENT && rows[3].indicator == NULL && rows[3].province == NULL); /* 7 is no row */
    assert_string_equal(faults.items[faults.count - 1].pointer, "/figures/4/value");
    assert_string_equal(faults.items[faults.count - 1].code, "bad_value");
    command_fini(&command);
}

static void what_is_wrong_with_a_value(void **state)
{
    static const struct {
        const char *value, *told;
    } rows[] = {
        { "1e400", "absurd" }, { "9e99999", "absurd" }, { "1e15", "absurd" }, { "999999999999999", NULL }, { "1e-3", NULL },
        { "inf", "not a number" }, { "NaN", "not a number" }, { "e400", "not a number" }, { "1e", "not a number" }, { "+1", "not a number" },
        { "-1", "negative" }, { "", "empty" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct command command;
        const char *body = arena_format(&arena, HEADER "a,2019,b,\"%s\"\n", rows[i].value);
        faults_init(&faults, &arena);
        assert_int_equal(read_csv(&command, body, 3), rows[i].told == NULL ? STATUS_OK : STATUS_INVALID);
        if (rows[i].told != NULL && (faults.total != 1 || strstr(faults.items[0].detail, rows[i].told) == NULL)) {
            fail_msg("%s: %s", rows[i].value, faults.count > 0 ? faults.items[0].detail : "no fault");
        }
    }
}

static void many_names(void **state)
{
    enum { NAMES = 20000 };
    struct figure_codes codes = { 0 };
    (void)state;
    assert_null(figure_codes_find(&codes, "n0"));
    for (int i = 0; i < NAMES; i++) {
        const char *name = arena_format(&arena, "n%d", i);
        assert_null(figure_codes_find(&codes, name));
        assert_int_equal(figure_codes_add(&codes, &arena, name, i % 3 == 0 ? NULL : name), STATUS_OK);
    }
    assert_true(codes.count == NAMES && codes.capacity >= 2 * NAMES);
    for (int i = 0; i < NAMES; i++) {
        char name[16];
        snprintf(name, sizeof name, "n%d", i);
        const struct figure_code *found = figure_codes_find(&codes, name);
        assert_string_equal(found->name, name);
        assert_true((found->value == NULL) == (i % 3 == 0));
    }
    assert_null(figure_codes_find(&codes, "n20000"));
}

static void derived_ids(void **state)
{
    (void)state;
    assert_true(figure_is_derived("beds_per_10k") && figure_is_derived("__per_10k"));
    assert_false(figure_is_derived("_per_10k") || figure_is_derived("beds") || figure_is_derived("") || figure_is_derived("beds_per_10kk"));
}

int main(void)
{
#define CASE(F) cmocka_unit_test_setup_teardown(F, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(what_is_sound_is_kept), CASE(rows_are_bounded), CASE(rows_cost_what_rows_take), CASE(decimals_of_bodies_with_faults),
        CASE(what_is_wrong_with_a_value), CASE(many_names), CASE(derived_ids),
    };
    return cmocka_run_group_tests_name("figure", tests, NULL, NULL);
}
