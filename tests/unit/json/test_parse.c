/*
 * Tests of json/parse.c: a table of good and bad texts, depth and size limits, failing
 * allocations at every place, and random changes to good texts.
 */
#include "json/parse.h"

#include <dirent.h>

#include "tests/unit/json/support.h"

struct parsed {
    struct arena arena;
    struct faults faults;
    enum status status;
    json_t *document;
};

static void parse(struct parsed *p, const char *bytes, size_t length)
{
    static json_t untouched;
    char *copy = exact_copy(bytes, length);
    arena_init(&p->arena);
    faults_init(&p->faults, &p->arena);
    p->document = &untouched;
    p->status = json_parse(copy, length, &p->document, &p->faults);
    free(copy);
    if (p->status == STATUS_INVALID && p->faults.has_unfit) { /* tests/unit/json/test_unfit.c */
        assert_true(p->document != NULL && p->document != &untouched && p->faults.total > 0);
    } else if (p->status != STATUS_OK) {
        assert_true(p->document == &untouched);
        p->document = NULL;
        assert_int_equal(p->status, STATUS_INVALID);
        assert_int_equal(p->faults.total, 1);
        assert_non_null(summary(&p->faults));
    } else {
        assert_int_equal(p->faults.total, 0);
    }
}

static void finish(struct parsed *p)
{
    json_decref(p->document);
    arena_fini(&p->arena);
}

static void good_texts(void **state)
{
    static const char *const good[] = {
        "{}", "[]", "null", "true", "false", "0", "-0", "\"\"", " \t\r\n{ \t\r\n} \t\r\n", "[[]]", "[1,2,3]", "{\"a\":1,\"b\":[{}]}",
        "{\"\":0}", "[0,-1,1.5,-1.5e10,1E+2,1e-2,0.0,-0.0]", "[9223372036854775807,-9223372036854775808]", "[1e308,1e-400]",
        "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u6e56\\ud83d\\ude00\"]", "[\"\xe6\xb9\x96 \xf0\x9f\x98\x80 \x7f\"]", "[\"\\uffff\\ufffe\"]",
        "{\"a\":{\"a\":1},\"A\":2}", "[\"a\",\"a\"]", "{\"\\u0061\":1,\"b\":2}", "[\"\\u0001\"]", "[\"[[[[\\\"]]]{{{\"]",
        "123", "\"x\"", "[1.000000000000000000000000000000000000000000001]", "[\"\xef\xbb\xbf\"]",
    };
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct parsed p;
        parse(&p, good[i], strlen(good[i]));
        if (p.status != STATUS_OK) {
            fail_msg("refused %s: %s", good[i], p.faults.items[0].detail);
        }
        finish(&p);
    }
}

struct bad_text { const char *text, *says; };

static const struct bad_text bad_texts[] = {
    { "", "the body is empty" }, { " \n\t ", "the body is empty" },
    { "{", "line 1, column 1: the body ends before" }, { "[1,", "ends before" }, { "[\"a\",\n\"b\"\n", "line 3, column" },
    { "{\"a\"", "ends before" }, { "{\"a\":", "ends before" }, { "\"abc", "closing quote is missing" }, { "[\"abc]",
      "closing quote is missing" },
    { "[\"abc\\\"]", "closing quote is missing" },
    { "{}x", "something follows" }, { "{}{}", "something follows" }, { "[],", "something follows" }, { "{}]", "something follows" },
    { "1 2", "something follows" }, { "01", "not a JSON value" },
    { "{a:1}", "name of a member" }, { "{'a':1}", "name of a member" }, { "{\"a\":1,}", "name of a member" }, { "{1:1}",
      "name of a member" },
    { "{,}", "name of a member" }, { "{\"a\" 1}", "a colon" }, { "{\"a\",1}", "a colon" }, { "{\"a\"}", "a colon" },
    { "{\"a\":1 \"b\":2}", "a comma or a closing brace" }, { "{\"a\":1]", "closing brace" }, { "{\"a\":1:2}", "closing brace" },
    { "[1 2]", "a comma or a closing bracket" }, { "[1}", "closing bracket" }, { "[\"a\":1]", "closing bracket" },
    { "[1,]", "not a JSON value" }, { "[,1]", "not a JSON value" }, { "[1,,2]", "not a JSON value" }, { "{\"a\":}", "not a JSON value" },
    { "tru", "not a JSON value" }, { "TRUE", "not a JSON value" }, { "nul", "not a JSON value" }, { "[NaN]", "not a JSON value" },
    { "[Infinity]", "not a JSON value" }, { "[-Infinity]", "not a JSON value" }, { "[+1]", "not a JSON value" }, { "[.5]",
      "not a JSON value" },
    { "[1.]", "not a JSON value" }, { "[1e]", "not a JSON value" }, { "[1e+]", "not a JSON value" }, { "[-]", "not a JSON value" },
    { "[0x1]", "" }, { "[1_0]", "" }, { "[012]", "" }, { "[-012]", "" }, { "[1.5.5]", "" }, { "[--1]", "" }, { "[1e5.5]", "" },
    { "['a']", "not a JSON value" }, { "// c\n{}", "not a JSON value" }, { "{} // c", "something follows" }, { "[1]/**/",
      "something follows" },
    { "[undefined]", "not a JSON value" }, { "\\u0031", "" }, { "[\xc2\xa0" "1]", "" }, { "[1\f]", "" }, { "*", "" },
    { "[\"a\nb\"]", "a line break stands within a text" }, { "[\"a\tb\"]", "a control character" }, { "[\"\x1f\"]", "a control character" },
    { "[\"\\q\"]", "begins no escape" }, { "[\"\\x41\"]", "begins no escape" }, { "[\"\\u12\"]", "begins no escape" },
      { "[\"\\u12g4\"]", "begins no escape" },
    { "[\"\\U0041\"]", "begins no escape" }, { "[\"\\", "" },
    { "[\"\\ud800\"]", "surrogate pair" }, { "[\"\\udc00\"]", "surrogate pair" }, { "[\"\\ud800\\u0041\"]", "surrogate pair" },
    { "[\"\\ud800\\ud800\"]", "surrogate pair" }, { "[\"\\ude00\\ud83d\"]", "surrogate pair" }, { "[\"\\ud83dx\"]", "surrogate pair" },
    { "[\"\\u0000\"]", "U+0000" }, { "{\"a\\u0000b\":1}", "U+0000" },
    { "{99999999999999999999:1}", "line 1, column 21: a number outside -9223372036854775808" }, { "{1e999 : 1}", "a number outside -1.79" },
    { "[1e999,\n1e999 2]", "line 2, column 7: a comma or a closing bracket" }, { "[1e999e5]", "a comma or a closing bracket" },
    { "[99999999999999999999.]", "not a JSON value" }, { "[1e999,099999999999999999999]", "" }, { "[1e999,NaN]", "not a JSON value" },
    { "[1e999,\"\\u0000\"]", "U+0000" }, { "{1e999}", "a colon" }, { "[1e999", "ends before" }, { "[1e999,\"a", "closing quote" },
    { "\xff", "not UTF-8" }, { "[\"\xff\"]", "line 1, column 2: the bytes are not UTF-8" }, { "[\"\xc0\x80\"]", "not UTF-8" },
    { "[\"\xed\xa0\x80\"]", "not UTF-8" }, { "[\"\xe6\xb9\"]", "not UTF-8" }, { "[\"\xf5\x80\x80\x80\"]", "not UTF-8" }, { "[\xe9]",
      "not UTF-8" },
    { "\xef\xbb\xbf{}", "byte order mark" }, { "\xff\xfe{", "" }, { "\xfe\xff{", "" },
};

static void bad_texts_say_why(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad_texts / sizeof bad_texts[0]; i++) {
        struct parsed p;
        parse(&p, bad_texts[i].text, strlen(bad_texts[i].text));
        if (p.status == STATUS_OK) {
            fail_msg("accepted %s", bad_texts[i].text);
        }
        const struct fault *f = &p.faults.items[0];
        if (strstr(f->detail, bad_texts[i].says) == NULL || strncmp(f->detail, "line ", 5) != 0) {
            fail_msg("%s: %s", bad_texts[i].text, f->detail);
        }
        assert_string_equal(summary(&p.faults), " invalid_json\n");
        finish(&p);
    }
    static const struct { const char *bytes; size_t length; } zeros[] = { { "{}\0", 3 }, { "\0{}", 3 }, { "[\"\0\"]", 5 }, { "[\0]",
      3 }, { "{\"a\0\":1}", 8 },
        { "[1\0]", 4 }, { "[-0\0,1.5\0]", 10 }, { "[true\0]", 7 }, { "1\0", 2 } };
    for (size_t i = 0; i < sizeof zeros / sizeof zeros[0]; i++) {
        struct parsed p;
        parse(&p, zeros[i].bytes, zeros[i].length);
        assert_string_equal(summary(&p.faults), " invalid_json\n");
        finish(&p);
    }
}

static void duplicates_are_named(void **state)
{
    static const struct bad_text cases[] = {
        { "{\"a\":1,\"a\":2}", "line 1, column 10: the member \"a\" stands twice in one object" },
        { "{\"\":1,\"\":2}", "the member \"\" stands" }, { "{\"a\":1,\"\\u0061\":2}", "the member \"\\\\u0061\" stands" },
        { "[{\"x\":{\"a\\\"b\":1,\n\"a\\\"b\":2}}]", "line 2, column 6: the member \"a\\\\\\\"b\" stands" },
        { "{\"a\\\\\":1,\"a\\\\\":2}", "the member \"a\\\\\\\\\" stands" },
        { "{\"\xe9\x87\x8f\":1,\"\xe9\x87\x8f\":2}", "the member \"\\u91cf\" stands" },
        { "{\"a\":1,\"b\":2,\"a\":{}}", "the member \"a\" stands" }, { "{\"a\\u0000\":1,\"a\\u0000\":1}", "U+0000" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct parsed p;
        parse(&p, cases[i].text, strlen(cases[i].text));
        if (p.status == STATUS_OK || strstr(p.faults.items[0].detail, cases[i].says) == NULL) {
            fail_msg("%s: %s", cases[i].text, p.status == STATUS_OK ? "accepted" : p.faults.items[0].detail);
        }
        if (i + 1 < sizeof cases / sizeof cases[0]) {
            assert_string_equal(summary(&p.faults), " duplicate_member\n");
        }
        finish(&p);
    }
}

static void depth_is_limited(void **state)
{
    (void)state;
    for (int depth = LIMIT_JSON_DEPTH - 1; depth <= LIMIT_JSON_DEPTH + 1; depth++) {
        char text[8 * LIMIT_JSON_DEPTH];
        size_t used = 0;
        for (int i = 0; i < depth; i++) {
            used += (size_t)snprintf(text + used, sizeof text - used, "%s", i % 2 == 0 ? "[" : "{\"a\":");
        }
        text[used++] = '0';
        for (int i = depth - 1; i >= 0; i--) {
            text[used++] = i % 2 == 0 ? ']' : '}';
        }
        struct parsed p;
        parse(&p, text, used);
        assert_string_equal(summary(&p.faults), depth <= LIMIT_JSON_DEPTH ? "" : " too_deep\n");
        finish(&p);
    }
    static const char brackets_in_a_text[] = "[\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[[[[[\"]";
    struct parsed p;
    parse(&p, brackets_in_a_text, strlen(brackets_in_a_text));
    assert_int_equal(p.status, STATUS_OK);
    finish(&p);
    size_t length = 10 * 1000 * 1000;
    char *deep = malloc(length);
    assert_non_null(deep);
    memset(deep, '[', length);
    memcpy(deep, "[\"\xe9\x87\x8f\",\n\n", 9);
    parse(&p, deep, length);
    assert_string_equal(summary(&p.faults), " too_deep\n");
    assert_non_null(strstr(p.faults.items[0].detail, "line 3, column 32: more than 32"));
    finish(&p);
    free(deep);
}

/* A body of nothing but tiny values is refused before jansson makes gigabytes of it. */
static void memory_is_limited(void **state)
{
    static const char *const pieces[] = { "{},", "[],", "0,", "\"\",", "{\"a\":0}," };
    (void)state;
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        size_t size = strlen(pieces[i]);
        size_t length = 48 * MIB / size * size + 1;
        char *text = malloc(length);
        assert_non_null(text);
        for (size_t at = 1; at < length; at += size) {
            memcpy(text + at, pieces[i], size);
        }
        text[0] = '[';
        struct parsed p;
        parse(&p, text, length);
        assert_string_equal(summary(&p.faults), " too_many_values\n");
        finish(&p);
        free(text);
    }
}

static void phrases(void **state)
{
    static const struct { const char *text, *phrase; } cases[] = {
        { "{}", "an object" }, { "[]", "an array" }, { "\"\"", "a text" }, { "1", "an integer" },
        { "1.0", "a number with a point or an exponent" }, { "true", "true" }, { "false", "false" }, { "null", "null" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct parsed p;
        parse(&p, cases[i].text, strlen(cases[i].text));
        assert_string_equal(json_type_phrase(p.document), cases[i].phrase);
        finish(&p);
    }
}

static long allocations_left;
static bool is_for_good; /* after the first that fails, all do */

static void *failing_malloc(size_t size)
{
    if (allocations_left-- > 0 || (allocations_left < -1 && !is_for_good)) {
        return malloc(size);
    }
    json_parse_lacked_memory();
    return NULL;
}

/* jansson's every allocation fails: never a crash, a leak or a wrong document, and never a word against the text. */
static void memory_ends(void)
{
    static const char text[] = "{\"lines\":[{\"supply\":\"0192f0c1-7b1a-7000-8000-000000000000\",\"quantity\":12345}],\"note\":\"ni \\u597d\","
                               "\"f\":1.5,\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":[1,2,3,4,5,6,7,8,9,10]}";
    json_t *whole = json_loads(text, 0, NULL);
    long tried = 0;
    for (bool is_whole = false; !is_whole; tried++) {
        struct arena arena;
        struct faults faults;
        json_t *document = NULL;
        arena_init(&arena);
        faults_init(&faults, &arena);
        allocations_left = tried;
        json_set_alloc_funcs(failing_malloc, free);
        enum status status = json_parse(text, strlen(text), &document, &faults);
        is_whole = allocations_left >= 0;
        json_set_alloc_funcs(malloc, free);
        assert_int_equal(status, is_whole ? STATUS_OK : STATUS_EXHAUSTED);
        assert_true(status != STATUS_OK || json_equal(document, whole));
        assert_int_equal(faults.total, 0);
        json_decref(document);
        arena_fini(&arena);
    }
    assert_true(tried > 30 && tried < 1000);
    json_decref(whole);
}

static void memory_may_end_anywhere(void **state)
{
    (void)state;
    is_for_good = true;
    memory_ends();
}

/* One alone fails: jansson has been seen to go on without a byte of a text. */
static void memory_may_be_short_anywhere(void **state)
{
    (void)state;
    is_for_good = false;
    memory_ends();
}

/* Random changes: whatever is accepted survives a way through jansson's own writer. */
static void random_changes_are_survived(void **state)
{
    static const char seed[] = "{\"a\":[1,-2.5e3,\"t\\u00e9\\ud83d\\ude00\xe9\x87\x8f\",true,false,null,{}],\"b\":{\"a\":[[]],\"c\":\"\\\"\"}}";
    static const char pieces[] = "{}[],:\"\\u0dD8-+.eE123 \ntfn\xc3\xa9\xff\0";
    long accepted = 0;
    (void)state;
    for (int round = 0; round < 60000; round++) {
        char text[sizeof seed + 8];
        size_t length = sizeof seed - 1;
        memcpy(text, seed, length);
        for (size_t i = random_below(3) + 1; i > 0; i--) {
            size_t at = random_below(length);
            switch (random_below(3)) {
            case 0:
                text[at] = pieces[random_below(sizeof pieces - 1)];
                break;
            case 1:
                memmove(text + at, text + at + 1, --length - at);
                break;
            default:
                memmove(text + at + 1, text + at, length++ - at);
                text[at] = pieces[random_below(sizeof pieces - 1)];
                break;
            }
        }
        length = random_below(10) == 0 ? random_below(length) : length;
        struct parsed p;
        parse(&p, text, length);
        if (p.status == STATUS_OK) {
            char *dumped = json_dumps(p.document, JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
            json_t *again = json_loads(dumped, JSON_DECODE_ANY, NULL);
            assert_true(json_equal(p.document, again));
            json_decref(again);
            free(dumped);
            accepted++;
        }
        finish(&p);
    }
    assert_true(accepted > 1000);
}

/* y_: the grammar has it, it must be taken; n_: it has not, it must be refused as no JSON; i_: the grammar has it, and RFC 8259 leaves it
 * to whoever reads (sections 4, 6, 8 and 9, and 8.1 for the byte order mark): what we do the name says. */
static void check_text(const char *name, const char *bytes, size_t length)
{
    const bool is_taken = name[0] == 'y' || strncmp(name, "i_taken_", 8) == 0;
    struct parsed p;
    parse(&p, bytes, length);
    if ((p.status == STATUS_OK) != is_taken) {
        fail_msg("%s: %s", name, p.status == STATUS_OK ? "taken" : p.faults.items[0].detail);
    }
    if (name[0] == 'n' && strcmp(p.faults.items[0].code, strncmp(name, "n_depth_unclosed", 16) == 0 ? "too_deep" : "invalid_json") != 0) {
        fail_msg("%s: %s", name, p.faults.items[0].code);
    }
    finish(&p);
}

static void texts_of_the_folder(void **state)
{
    enum { TEXT_BYTES_MAX = 64 * 1024 };
    static char bytes[TEXT_BYTES_MAX];
    size_t yes = 0, no = 0, either = 0;
    DIR *folder = opendir("tests/reference/json");
    (void)state;
    assert_non_null(folder);
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        char path[512];
        if (strchr("yni", entry->d_name[0]) == NULL || entry->d_name[1] != '_') {
            continue;
        }
        snprintf(path, sizeof path, "tests/reference/json/%s", entry->d_name);
        FILE *file = fopen(path, "rb");
        assert_non_null(file);
        size_t length = fread(bytes, 1, sizeof bytes, file);
        assert_true(length < sizeof bytes && fclose(file) == 0);
        yes += entry->d_name[0] == 'y';
        no += entry->d_name[0] == 'n';
        either += entry->d_name[0] == 'i';
        check_text(entry->d_name, bytes, length);
    }
    closedir(folder);
    assert_true(yes >= 54 && no >= 176 && either >= 26);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_texts),
        cmocka_unit_test(bad_texts_say_why),
        cmocka_unit_test(duplicates_are_named),
        cmocka_unit_test(depth_is_limited),
        cmocka_unit_test(memory_is_limited),
        cmocka_unit_test(phrases),
        cmocka_unit_test(memory_may_end_anywhere), cmocka_unit_test(memory_may_be_short_anywhere),
        cmocka_unit_test(texts_of_the_folder),
        cmocka_unit_test(random_changes_are_survived),
    };
    return cmocka_run_group_tests_name("parse", tests, NULL, NULL);
}
