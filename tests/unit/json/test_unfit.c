/*
 * Tests of json/unfit.c, by way of the parser and the binder: numbers that are good JSON but
 * too large are all named where they stand, and hide nothing else.
 */
#include "json/unfit.h"

#include "json/bind.h"
#include "json/parse.h"
#include "tests/unit/json/support.h"

struct line { const char *id; int64_t quantity; double share; };
struct body { int64_t total; const char *note; struct bind_array lines; json_t *any; };

static const struct bind_member line_rows[] = {
    BIND_ID_ROW(struct line, id, true),
    BIND_INTEGER_ROW(struct line, quantity, true, 1, 9),
    BIND_NUMBER_ROW(struct line, share, false),
};
static const struct bind_table line_table = { line_rows, 3, sizeof(struct line) };
static const struct bind_member body_rows[] = {
    BIND_INTEGER_ROW(struct body, total, true, 0, 100),
    BIND_TEXT_ROW(struct body, note, false, 10),
    BIND_OBJECTS_ROW(struct body, lines, false, 0, 10, &line_table),
    BIND_VALUE_ROW(struct body, any, false),
};
static const struct bind_table body_table = { body_rows, 4, sizeof(struct body) };

/* What parsing and binding a text come to. */
static const char *faults_of(const char *text)
{
    static char found[LIMIT_FAULTS * 600];
    struct arena arena;
    struct faults faults;
    struct body body;
    json_t *document = NULL;
    char *copy = exact_copy(text, strlen(text));
    arena_init(&arena);
    faults_init(&faults, &arena);
    enum status status = json_parse(copy, strlen(text), &document, &faults);
    assert_true((status == STATUS_OK) == (faults.total == 0));
    if (document != NULL) {
        enum status bound = json_bind(document, &body_table, BIND_CLEAR, "", &body, &arena, &faults);
        assert_true(bound == STATUS_OK || bound == STATUS_INVALID);
    }
    snprintf(found, sizeof found, "%s", summary(&faults));
    json_decref(document);
    arena_fini(&arena);
    free(copy);
    return found;
}

static void all_are_named_beside_the_other_faults(void **state)
{
    static const struct { const char *text, *found; } cases[] = {
        { "{\"total\":100}", "" },
        { "{\"total\":99999999999999999999999}", "/total out_of_range\n" },
        { "{\"total\":-9223372036854775809}", "/total out_of_range\n" },
        { "{\"total\":1,\"any\":[9223372036854775807,-9223372036854775808,1e308,1e-400,0.0000000001e300]}", "" },
        { "{\"total\":1,\"any\":[9223372036854775808,1e309,{\"a/b\":-1E+400}]}",
          "/any/0 out_of_range\n/any/1 out_of_range\n/any/2/a~1b out_of_range\n" },
        { "{\"total\":1e400,\"note\":7,\"lines\":[{\"id\":1e400,\"quantity\":0},5,1e400,{\"quantity\":\"x\",\"share\":2e308,\"shar\":1}]}",
          "/total out_of_range\n/lines/0/id out_of_range\n/lines/2 out_of_range\n/lines/3/share out_of_range\n/note wrong_type\n"
          "/lines/0/quantity out_of_range\n/lines/1 wrong_type\n/lines/3/id missing_member\n/lines/3/quantity wrong_type\n"
          "/lines/3/shar unknown_member\n" },
        { "{\"totl\":1e400}", "/totl out_of_range\n/total missing_member\n/totl unknown_member\n" },
        { "1e400", " out_of_range\n" },
        { "[1e400]", "/0 out_of_range\n wrong_type\n" },
        { "{\"total\":1,\"note\":\"1e400 99999999999999999999 \\\"1e400\"}", "/note too_long\n" },
        { "{\"total\":1e400,\"note\":\"\\\\\",\"any\":1e400}", "/total out_of_range\n/any out_of_range\n" },
        /* where nothing is too large, a text that looks like the mask is a text */
        { "{\"total\":\"\x7f\x7f\x7f\"}", "/total wrong_type\n" }, { "{\"total\":1,\"note\":\"\x7f\x7f\x7f\"}", "/note bad_format\n" },
        /* these cannot be read */
        { "{\"total\":1e400,\"total\":1e400}", " duplicate_member\n" }, { "{1e400:1}", " invalid_json\n" },
        { "{\"total\":1e400", " invalid_json\n" }, { "{\"total\":1e400,\"any\":NaN}", " invalid_json\n" },
        { "{\"total\":1e400,\"any\":Infinity}", " invalid_json\n" }, { "{\"total\":01e400}", " invalid_json\n" },
        { "{\"total\":1e400e400}", " invalid_json\n" }, { "{\"total\":1e400.5}", " invalid_json\n" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *found = faults_of(cases[i].text);
        if (strcmp(found, cases[i].found) != 0) {
            fail_msg("%s:\n%s", cases[i].text, found);
        }
    }
}

/* Masked and read by jansson alone: exactly what it takes for too large is masked. */
static void the_parser_agrees_on_random_numbers(void **state)
{
    static const char pieces[] = "0123456789999..eEe+-";
    long large = 0;
    (void)state;
    for (int round = 0; round < 200000; round++) {
        char text[48], masked[48];
        json_error_t error;
        size_t length = 0;
        if (random_below(2) == 0) { /* about the largest integers */
            length = (size_t)snprintf(text, sizeof text, "%s92233720368547758%zu", random_below(2) == 0 ? "-" : "", random_below(300));
        }
        for (size_t i = random_below(6); i > 0; i--) {
            text[length++] = pieces[random_below(sizeof pieces - 1)];
        }
        text[length] = 0;
        json_t *value = json_loadb(text, length, JSON_DECODE_ANY, &error);
        bool is_large = value == NULL && json_error_code(&error) == json_error_numeric_overflow;
        json_decref(value);
        memcpy(masked, text, length + 1);
        unfit_mask(masked, length);
        value = json_loadb(masked, length, JSON_DECODE_ANY, &error);
        if (!is_large) {
            bool is_number = value == NULL || json_is_number(value);
            assert_true(is_number && (value == NULL || strcmp(masked, text) == 0));
        } else {
            assert_true(value == NULL || (json_is_string(value) && strlen(masked) == length));
            assert_true(value != NULL || json_error_code(&error) != json_error_numeric_overflow);
            large += value != NULL;
        }
        json_decref(value);
    }
    assert_true(large > 5000);
}

static void details_are_short(void **state)
{
    struct arena arena;
    struct faults faults;
    json_t *document = NULL;
    char text[4000];
    (void)state;
    memset(text, '9', sizeof text);
    text[0] = '[';
    text[sizeof text - 1] = ']';
    arena_init(&arena);
    faults_init(&faults, &arena);
    assert_int_equal(json_parse(text, sizeof text, &document, &faults), STATUS_INVALID);
    assert_true(strlen(faults.items[0].detail) < 300 && strstr(faults.items[0].detail, "999... is too large") != NULL);
    assert_true(json_is_unfit(json_array_get(document, 0), &faults));
    json_decref(document);
    arena_fini(&arena);
}

/* Many of them: each is counted, the memory of their masks too, and the time is linear. */
static void many_are_counted(void **state)
{
    const size_t length = 6 * 200000 + 1, length_max = 48 * MIB + 1;
    char *text = malloc(length_max);
    struct arena arena;
    struct faults faults;
    json_t *document = NULL;
    (void)state;
    assert_non_null(text);
    for (size_t at = 1; at + 6 <= length_max; at += 6) {
        memcpy(text + at, "1e400,", 6);
    }
    text[0] = '[';
    text[length - 1] = ']';
    arena_init(&arena);
    faults_init(&faults, &arena);
    assert_int_equal(json_parse(text, length, &document, &faults), STATUS_INVALID);
    assert_true(faults.total == 200000 && faults.count == LIMIT_FAULTS);
    assert_string_equal(faults.items[99].pointer, "/99");
    assert_int_equal(json_array_size(document), 200000);
    json_decref(document);
    document = NULL;
    faults_init(&faults, &arena);
    text[length - 1] = ',';
    text[length_max - 1] = ']';
    assert_int_equal(json_parse(text, length_max, &document, &faults), STATUS_INVALID);
    assert_string_equal(summary(&faults), " too_many_values\n");
    assert_null(document);
    arena_fini(&arena);
    free(text);
}

/* A pointer has its bounds: what stands beyond is still refused as too large. */
static void beyond_pointers(void **state)
{
    char text[2000];
    (void)state;
    size_t used = (size_t)snprintf(text, sizeof text, "{\"total\":1,\"");
    memset(text + used, 'n', 1000);
    snprintf(text + used + 1000, sizeof text - used - 1000, "\":1e400}");
    assert_string_equal(faults_of(text), " out_of_range\n unknown_member\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_are_named_beside_the_other_faults),
        cmocka_unit_test(the_parser_agrees_on_random_numbers),
        cmocka_unit_test(details_are_short),
        cmocka_unit_test(many_are_counted),
        cmocka_unit_test(beyond_pointers),
    };
    return cmocka_run_group_tests_name("unfit", tests, NULL, NULL);
}
