/* Reading queries: every kind, every fault, all at once. */
#include "tests/unit/handlers/fake.h"

#include <math.h>

#include "handlers/query.h"

static const char *const colours[] = { "red", "green", NULL };

struct all {
    const char *id, *word, *text, *date, *province;
    int64_t integer, instant;
    double number;
    bool boolean;
    int choice;
    struct query_words words, some;
    struct query_integers integers;
};

static const struct query_parameter rows[] = {
    QUERY_ID_ROW(struct all, id, false),
    QUERY_WORD_ROW(struct all, word, false),
    QUERY_TEXT_ROW(struct all, text, false, 8),
    QUERY_DATE_ROW(struct all, date, false),
    QUERY_PROVINCE_ROW(struct all, province, false),
    QUERY_INTEGER_ROW(struct all, integer, false, 1, 10),
    QUERY_INSTANT_ROW(struct all, instant, false),
    QUERY_NUMBER_ROW(struct all, number, false),
    QUERY_BOOLEAN_ROW(struct all, boolean, false),
    QUERY_CHOICE_ROW(struct all, choice, false, colours),
    QUERY_WORDS_ROW(struct all, words, false, 1, 4, NULL),
    QUERY_WORDS_ROW(struct all, some, false, 1, 4, colours),
    QUERY_INTEGERS_ROW(struct all, integers, false, 1900, 2100),
};
static const struct query_table table = QUERY_TABLE(rows);

static struct db *db;
static char directory[32];

static int open_database(void **state)
{
    char path[64];
    (void)state;
    snprintf(path, sizeof path, "%s/tallystick.db", fake_directory(directory));
    assert_int_equal(db_open_writer(path, &db), STATUS_OK);
    const struct province hubei = { .code = "CN-HB", .gb_code = "420000", .name_en = "Hubei", .name_zh = "湖北",
                                    .belt = "central", .capital = "Wuhan", .version = 1, .seq = 1 };
    assert_int_equal(db_begin(db), STATUS_OK);
    assert_int_equal(db_province_put(db, &hubei), STATUS_OK);
    assert_int_equal(db_commit(db), STATUS_OK);
    return 0;
}

static int close_database(void **state)
{
    (void)state;
    db_close(db);
    fake_directory_remove(directory);
    return 0;
}

static void test_absent(void **state)
{
    (void)state;
    struct fake fake;
    struct all all = { 0 };
    fake_init(&fake);
    assert_true(query_read(&fake.exchange, &table, &all));
    assert_null(all.id);
    assert_null(all.date);
    assert_true(all.integer == QUERY_ABSENT && all.instant == QUERY_ABSENT);
    assert_true(isnan(all.number));
    assert_int_equal(all.choice, -1);
    assert_int_equal(all.words.count + all.integers.count, 0);
    assert_true(query_read(&fake.exchange, &query_nothing, NULL));
    fake_fini(&fake);
}

static void test_every_kind(void **state)
{
    (void)state;
    struct fake fake;
    struct all all = { 0 };
    fake_init(&fake);
    fake.exchange.db = db;
    fake_add_query(&fake, "id", "WH-1");
    fake_add_query(&fake, "word", "ward");
    fake_add_query(&fake, "text", "口罩\xc2\xa0");
    fake_add_query(&fake, "date", "2020-02-29");
    fake_add_query(&fake, "province", "420000");
    fake_add_query(&fake, "integer", "10");
    fake_add_query(&fake, "instant", "1970-01-01T00:00:01Z");
    fake_add_query(&fake, "number", "-2.5e-1");
    fake_add_query(&fake, "boolean", "true");
    fake_add_query(&fake, "choice", "green");
    fake_add_query(&fake, "words", "a,b");
    fake_add_query(&fake, "some", "green,red");
    fake_add_query(&fake, "integers", "2010,2014,2018");
    assert_true(query_read(&fake.exchange, &table, &all));
    assert_string_equal(all.id, "WH-1");
    assert_string_equal(all.word, "ward");
    assert_string_equal(all.text, "口罩\xc2\xa0");
    assert_string_equal(all.date, "2020-02-29");
    assert_string_equal(all.province, "CN-HB");
    assert_int_equal(all.integer, 10);
    assert_int_equal(all.instant, 1000);
    assert_true(all.number == -0.25);
    assert_true(all.boolean);
    assert_int_equal(all.choice, 1);
    assert_int_equal(all.words.count, 2);
    assert_string_equal(all.words.items[1], "b");
    assert_int_equal(all.some.count, 2);
    assert_int_equal(all.integers.count, 3);
    assert_int_equal(all.integers.items[2], 2018);
    fake_fini(&fake);
}

struct wrong {
    const char *name, *value, *code;
};

static const struct wrong wrongs[] = {
    { "id", "", "bad_format" },
    { "id", "a b", "bad_format" },
    { "word", "Ward", "bad_format" },
    { "text", "", "bad_format" },
    { "text", "123456789", "too_long" },
    { "text", "\xff", "bad_format" },
    { "text", "a\nb", "bad_format" },
    { "text", "a\x7f", "bad_format" },
    { "text", "a\xc2\x80", "bad_format" },
    { "text", "\xc2\x9f", "bad_format" },
    { "date", "2019-02-29", "bad_format" },
    { "province", "CN-XX", "unknown_province" },
    { "province", "no id", "unknown_province" },
    { "integer", "0", "out_of_range" },
    { "integer", "11", "out_of_range" },
    { "integer", "1.0", "wrong_type" },
    { "integer", "99999999999999999999", "wrong_type" },
    { "instant", "2020-02-03", "bad_format" },
    { "number", "NaN", "wrong_type" },
    { "number", "1e999", "wrong_type" },
    { "boolean", "yes", "not_a_choice" },
    { "choice", "blue", "not_a_choice" },
    { "words", "a,,b", "bad_format" },
    { "words", "a,B", "bad_format" },
    { "words", "a,a", "bad_format" },
    { "words", "a,b,c,d,e", "too_many" },
    { "some", "red,blue", "not_a_choice" },
    { "integers", "2010,1", "out_of_range" },
    { "integers", "2010,2010", "bad_format" },
    { "integers", "2010,", "bad_format" },
    { "limt", "5", "unknown_parameter" },
};

static void test_every_fault(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        struct fake fake;
        struct all all = { 0 };
        fake_init(&fake);
        fake.exchange.db = db;
        fake_add_query(&fake, wrongs[i].name, wrongs[i].value);
        assert_false(query_read(&fake.exchange, &table, &all));
        fake_assert_problem(&fake, 400, "invalid_query");
        assert_string_equal(fake_fault(&fake, 0, wrongs[i].name), wrongs[i].code);
        fake_fini(&fake);
    }
}

struct few {
    int64_t limit;
    const char *site;
};

static const struct query_parameter few_rows[] = {
    QUERY_INTEGER_ROW(struct few, limit, false, 1, 1000),
    QUERY_ID_ROW(struct few, site, true),
};
static const struct query_table few_table = QUERY_TABLE(few_rows);

static void test_all_faults_at_once(void **state)
{
    (void)state;
    struct fake fake;
    struct few few = { 0 };
    fake_init(&fake);
    fake_add_query(&fake, "limt", "5");
    fake_add_query(&fake, "limit", "5");
    fake_add_query(&fake, "limit", "6");
    fake_add_query(&fake, "limit", "7");
    fake_add_query(&fake, "quite_unlike", "1");
    assert_false(query_read(&fake.exchange, &few_table, &few));
    fake_assert_problem(&fake, 400, "invalid_query");
    assert_int_equal(json_array_size(json_object_get(fake.body, "errors")), 4);
    assert_string_equal(fake_fault(&fake, 0, "limt"), "unknown_parameter");
    assert_string_equal(fake_fault(&fake, 1, "limit"), "repeated_parameter");
    assert_string_equal(fake_fault(&fake, 2, "quite_unlike"), "unknown_parameter");
    assert_string_equal(fake_fault(&fake, 3, "site"), "missing_parameter");
    const json_t *errors = json_object_get(fake.body, "errors");
    assert_non_null(strstr(json_string_value(json_object_get(json_array_get(errors, 0), "detail")), "limit?"));
    assert_non_null(strstr(json_string_value(json_object_get(json_array_get(errors, 2), "detail")), "limit, site"));
    fake_fini(&fake);
}

/* Lists: each item that is wrong is named, not the first alone. */
static void test_all_faults_of_lists(void **state)
{
    (void)state;
    struct fake fake;
    struct all all = { 0 };
    fake_init(&fake);
    fake_add_query(&fake, "integers", "2010,1,x,2010,2101");
    fake_add_query(&fake, "words", "a,B,a");
    assert_false(query_read(&fake.exchange, &table, &all));
    assert_int_equal(json_array_size(json_object_get(fake_body(&fake), "errors")), 6);
    assert_string_equal(fake_fault(&fake, 0, "integers"), "out_of_range");
    assert_string_equal(fake_fault(&fake, 1, "integers"), "wrong_type");
    assert_string_equal(fake_fault(&fake, 2, "integers"), "bad_format");
    assert_string_equal(fake_fault(&fake, 3, "integers"), "out_of_range");
    assert_string_equal(fake_fault(&fake, 4, "words"), "bad_format");
    assert_string_equal(fake_fault(&fake, 5, "words"), "bad_format");
    fake_fini(&fake);
}

/* Gathering replies nothing and adds to what is there; what was wrong is absent. */
static void test_gather(void **state)
{
    (void)state;
    struct fake fake;
    struct few few = { 0 };
    struct faults faults;
    fake_init(&fake);
    faults_init(&faults, &fake.arena);
    fake_add_query(&fake, "limit", "0");
    assert_int_equal(query_gather(&fake.exchange, &few_table, &few, &faults), STATUS_OK);
    assert_int_equal(faults.total, 2);
    assert_true(few.limit == QUERY_ABSENT && few.site == NULL);
    assert_int_equal(fake.exchange.status, 0);
    assert_int_equal(query_gather(&fake.exchange, &few_table, &few, &faults), STATUS_OK);
    assert_int_equal(faults.total, 4);
    fake_fini(&fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_absent),
        cmocka_unit_test(test_every_kind),
        cmocka_unit_test(test_every_fault),
        cmocka_unit_test(test_all_faults_at_once),
        cmocka_unit_test(test_all_faults_of_lists),
        cmocka_unit_test(test_gather),
    };
    return cmocka_run_group_tests(tests, open_database, close_database);
}
