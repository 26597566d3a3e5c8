/*
 * Tests of json/scan.c: the events of small texts, agreement with the parser's tree on
 * random documents, and no read beyond the end on damaged ones.
 */
#include "json/scan.h"

#include "json/parse.h"
#include "tests/unit/json/support.h"

static enum status note_value(void *context, const struct scan_value *value)
{
    buffer_format(context, "%s %c %s %zu+%zu\n", value->pointer, value->kind, value->member, value->offset, value->length);
    return STATUS_OK;
}

static void check_events(const char *text, size_t length, const char *wanted)
{
    struct buffer seen;
    char *copy = exact_copy(text, length);
    buffer_init(&seen);
    buffer_text(&seen, "");
    enum status status = json_scan(copy, length, note_value, &seen);
    if (wanted == NULL) {
        if (status != STATUS_INVALID) {
            fail_msg("walked %s", text);
        }
    } else {
        assert_int_equal(status, STATUS_OK);
        assert_string_equal(seen.bytes, wanted);
    }
    buffer_fini(&seen);
    free(copy);
}

static void events_of_small_texts(void **state)
{
    static const struct { const char *text, *events; } cases[] = {
        { "{}", " {  0+0\n" }, { " [ ] ", " [  1+0\n" }, { "null", " 0  0+4\n" }, { "-1.50e+3", " n  0+8\n" },
        { "\"a\\\"b\"", " \"  0+6\n" }, { "true\n", " t  0+4\n" }, { "false", " f  0+5\n" },
        { "{\"note\" : \"x\", \"n\":[1, {\"a\":null}]}", " {  0+0\n/note \" note 10+3\n/n [ n 19+0\n/n/0 n  20+1\n/n/1 {  23+0\n/n/1/a 0 a 28+4\n" },
        { "{\"a/b\":1,\"c~d\":2,\"\":3}", " {  0+0\n/a~1b n a/b 7+1\n/c~0d n c~d 15+1\n/ n  20+1\n" },
        { "{\"n\\u006fte\":1,\"\\ud83d\\ude00\":2,\"\xe9\x87\x8f\":3}",
          " {  0+0\n/note n note 13+1\n/\xf0\x9f\x98\x80 n \xf0\x9f\x98\x80 30+1\n/\xe9\x87\x8f n \xe9\x87\x8f 38+1\n" },
        { "{\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00E9\":0}", " {  0+0\n/\"\\~1\b\f\n\r\t\xc3\xa9 n \"\\/\b\f\n\r\t\xc3\xa9 26+1\n" },
        { "[[],[[2]]]", " [  0+0\n/0 [  1+0\n/1 [  4+0\n/1/0 [  5+0\n/1/0/0 n  6+1\n" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check_events(cases[i].text, strlen(cases[i].text), cases[i].events);
    }
    static const char *const broken[] = {
        "", " ", "{", "[", "[1", "[1,", "[1,]", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{a:1}", "{\"a\" 1}",
          "\"", "\"a", "\"a\\",
        "\"a\\\"", "tru", "nul", "fals", "t", "[1 2]", "{\"a\":1 \"b\":2}", "{}x", "1 2", "[1}", "{\"a\":1]", "+1", "x", "}", "]", ",", ":",
        "{\"\\u12\":1}", "{\"\\u123\":1}", "{\"\\ud800\":1}", "{\"\\udc00\":1}", "{\"\\ud800\\u0041\":1}", "{\"\\ud800\\udc0\":1}",
          "{\"\\u0000\":1}",
        "{\"\\x\":1}", "{\"a\\", "{\"\\u", "{\"\\ud83d\\", "{\"\\ud83d\\ude0",
    };
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        check_events(broken[i], strlen(broken[i]), NULL);
    }
    check_events("{\"a\0\":1}", 8, NULL);
    check_events("\0", 1, NULL);
    check_events("[1]\0", 4, NULL);
}

static enum status stop_at_second(void *context, const struct scan_value *value)
{
    int *count = context;
    (void)value;
    return ++*count == 2 ? STATUS_CONFLICT : STATUS_OK;
}

static void the_visitor_may_end_the_walk(void **state)
{
    int count = 0;
    (void)state;
    assert_int_equal(json_scan("[1,2,3]", 7, stop_at_second, &count), STATUS_CONFLICT);
    assert_int_equal(count, 2);
    count = 1;
    assert_int_equal(json_scan("{\"a\":1}", 7, stop_at_second, &count), STATUS_CONFLICT);
}

static enum status count_value(void *context, const struct scan_value *value)
{
    size_t *longest = context;
    size_t length = strlen(value->pointer);
    *longest = length > *longest ? length : *longest;
    return STATUS_OK;
}

static void depth_and_pointers_are_bounded(void **state)
{
    char text[3000];
    size_t longest = 0;
    (void)state;
    for (size_t depth = LIMIT_JSON_DEPTH; depth <= LIMIT_JSON_DEPTH + 1; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        assert_int_equal(json_scan(text, 2 * depth, count_value, &longest), depth == LIMIT_JSON_DEPTH ? STATUS_OK : STATUS_INVALID);
    }
    for (size_t name = 500; name < 520; name++) { /* with its slash the pointer has one byte more */
        char *bytes = exact_copy(text, name + 6);
        memcpy(bytes, "{\"", 2);
        memset(bytes + 2, 'a', name);
        memcpy(bytes + 2 + name, "\":1}", 4);
        longest = 0;
        assert_int_equal(json_scan(bytes, name + 6, count_value, &longest), name <= 511 ? STATUS_OK : STATUS_INVALID);
        assert_true(name > 511 || longest == name + 1);
        free(bytes);
    }
    for (size_t name = 250; name < 260; name++) { /* a tilde counts twice */
        char *bytes = exact_copy(text, name + 6);
        memcpy(bytes, "{\"", 2);
        memset(bytes + 2, '~', name);
        memcpy(bytes + 2 + name, "\":1}", 4);
        assert_int_equal(json_scan(bytes, name + 6, count_value, &longest), 2 * name + 1 <= 512 ? STATUS_OK : STATUS_INVALID);
        free(bytes);
    }
}

/* Writes a random text of JSON: spaces, escapes and all kinds of numbers. */
static void write_space(struct buffer *out)
{
    static const char spaces[] = " \t\r\n";
    while (random_below(4) == 0) {
        buffer_byte(out, spaces[random_below(4)]);
    }
}

static void write_random_text(struct buffer *out)
{
    static const char *const pieces[] = {
        "a", "b", "note", " ", "/", "~", "~1", "\\\"", "\\\\", "\\/", "\\n", "\\u0041", "\\u00e9", "\\u6E56", "\\ud83d\\ude00", "\xc3\xa9",
        "\xe6\xb9\x96", "\xf0\x9f\x98\x80", "{", "]", ",", ":", "\\u000a", "\\b", "\x7f", "'",
    };
    buffer_byte(out, '"');
    for (size_t i = random_below(5); i > 0; i--) {
        buffer_text(out, pieces[random_below(sizeof pieces / sizeof pieces[0])]);
    }
    buffer_byte(out, '"');
}

static void write_random_value(struct buffer *out, size_t depth)
{
    static const char *const scalars[] = { "0", "-0", "1", "-12.5", "1e3", "1E-3", "0.10", "-0.0", "9007199254740993", "true",
      "false", "null" };
    size_t kind = random_below(depth > 5 ? 3 : 5);
    if (kind < 2) {
        buffer_text(out, scalars[random_below(sizeof scalars / sizeof scalars[0])]);
    } else if (kind == 2) {
        write_random_text(out);
    } else {
        bool is_object = kind == 3;
        buffer_byte(out, is_object ? '{' : '[');
        write_space(out);
        for (size_t i = 0, count = random_below(5); i < count; i++) {
            if (i > 0) {
                buffer_byte(out, ',');
                write_space(out);
            }
            if (is_object) {
                write_random_text(out);
                write_space(out);
                buffer_byte(out, ':');
                write_space(out);
            }
            write_random_value(out, depth + 1);
            write_space(out);
        }
        buffer_byte(out, is_object ? '}' : ']');
    }
}

/* The events that the parser's tree would make; scalars as jansson prints them. */
static void note_tree(struct buffer *out, json_t *value, const char *pointer, const char *member)
{
    static const char kinds[] = "{[\"nntf0";
    buffer_format(out, "%s %c %s", pointer, kinds[json_typeof(value)], member);
    if (!json_is_object(value) && !json_is_array(value)) {
        char *text = json_dumps(value, JSON_ENCODE_ANY);
        buffer_format(out, " %s", text);
        free(text);
    }
    buffer_byte(out, '\n');
    const char *name = NULL;
    json_t *inner = NULL;
    json_object_foreach(value, name, inner) {
        struct buffer longer;
        buffer_init(&longer);
        buffer_format(&longer, "%s/", pointer);
        for (const char *at = name; *at != 0; at++) {
            if (*at == '~' || *at == '/') {
                buffer_text(&longer, *at == '~' ? "~0" : "~1");
            } else {
                buffer_byte(&longer, *at);
            }
        }
        note_tree(out, inner, longer.bytes, name);
        buffer_fini(&longer);
    }
    size_t index = 0;
    json_array_foreach(value, index, inner) {
        struct buffer longer;
        buffer_init(&longer);
        buffer_format(&longer, "%s/%zu", pointer, index);
        note_tree(out, inner, longer.bytes, "");
        buffer_fini(&longer);
    }
}

struct span_notes { struct buffer out; const char *bytes; };

static enum status note_span(void *context, const struct scan_value *value)
{
    struct span_notes *notes = context;
    buffer_format(&notes->out, "%s %c %s", value->pointer, value->kind, value->member);
    if (value->kind != '{' && value->kind != '[') {
        json_t *parsed = json_loadb(notes->bytes + value->offset, value->length, JSON_DECODE_ANY, NULL);
        assert_non_null(parsed);
        char *text = json_dumps(parsed, JSON_ENCODE_ANY);
        buffer_format(&notes->out, " %s", text);
        free(text);
        json_decref(parsed);
    } else {
        assert_int_equal(value->length, 0);
        assert_true(notes->bytes[value->offset] == value->kind);
    }
    buffer_byte(&notes->out, '\n');
    return STATUS_OK;
}

static void check_agreement(const char *bytes, size_t length, json_t *document)
{
    struct span_notes notes = { .bytes = bytes };
    struct buffer wanted;
    buffer_init(&wanted);
    buffer_init(&notes.out);
    note_tree(&wanted, document, "", "");
    if (json_scan(bytes, length, note_span, &notes) != STATUS_OK) {
        fail_msg("not walked: %.*s", (int)length, bytes);
    }
    assert_string_equal(notes.out.bytes, wanted.bytes);
    buffer_fini(&wanted);
    buffer_fini(&notes.out);
}

static void the_parser_agrees_on_random_documents(void **state)
{
    long compared = 0;
    (void)state;
    for (int round = 0; round < 6000; round++) {
        struct buffer text;
        struct arena arena;
        struct faults faults;
        json_t *document = NULL;
        buffer_init(&text);
        write_space(&text);
        write_random_value(&text, 0);
        write_space(&text);
        arena_init(&arena);
        faults_init(&faults, &arena);
        char *copy = exact_copy(text.bytes, text.length);
        enum status status = json_parse(copy, text.length, &document, &faults);
        if (status == STATUS_OK) {
            check_agreement(copy, text.length, document);
            compared++;
        } else {
            assert_string_equal(faults.items[0].code, "duplicate_member");
        }
        json_decref(document);
        arena_fini(&arena);
        buffer_fini(&text);
        free(copy);
    }
    assert_true(compared > 4000);
}

/* Damaged texts: never a read beyond; what the parser accepts is walked, and alike. */
static void damaged_texts_are_survived(void **state)
{
    static const char pieces[] = "{}[],:\"\\u0dD8c-+.eE12 \ntfn\xc3\xa9\xff\0";
    long accepted = 0;
    (void)state;
    for (int round = 0; round < 30000; round++) {
        struct buffer text;
        struct arena arena;
        struct faults faults;
        json_t *document = NULL;
        size_t longest = 0;
        buffer_init(&text);
        write_random_value(&text, 3);
        for (size_t i = random_below(3); i > 0; i--) {
            text.bytes[random_below(text.length)] = pieces[random_below(sizeof pieces - 1)];
        }
        size_t length = random_below(4) == 0 ? random_below(text.length + 1) : text.length;
        char *copy = exact_copy(text.bytes, length);
        arena_init(&arena);
        faults_init(&faults, &arena);
        if (json_parse(copy, length, &document, &faults) == STATUS_OK) {
            check_agreement(copy, length, document);
            accepted++;
        } else {
            enum status status = json_scan(copy, length, count_value, &longest);
            assert_true(status == STATUS_OK || status == STATUS_INVALID);
        }
        json_decref(document);
        arena_fini(&arena);
        buffer_fini(&text);
        free(copy);
    }
    assert_true(accepted > 3000);
}

static void members_with_all_that_is_in_them(void **state)
{
    static const struct { const char *text, *member, *value; } cases[] = {
        { "{\"body\":{}}", "body", "{}" },
        { " { \"a\" : 0 , \"body\" : { \"b\" : [ 1 , \"}\" , {} ] }\n, \"c\":2}", "body", "{ \"b\" : [ 1 , \"}\" , {} ] }" },
        { "{\"x\":{\"body\":1},\"b\\u006fdy\":\"a\\\"}\"}", "body", "\"a\\\"}\"" },
        { "{\"a\":-0.5e3,\"body\":null}", "body", "null" },
        { "{\"body\":true,\"a\":1}", "body", "true" },
        { "{\"body\":0 }", "body", "0" },
        { "{\"a\":[[],[{}]],\"body\":[false]}", "body", "[false]" },
        { "{}", "body", NULL },
        { "{\"bodi\":1}", "body", NULL },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t offset = 77, length = 77;
        char *copy = exact_copy(cases[i].text, strlen(cases[i].text));
        enum status status = json_scan_member(copy, strlen(cases[i].text), cases[i].member, &offset, &length);
        if (cases[i].value == NULL) {
            assert_int_equal(status, STATUS_ABSENT);
            assert_true(offset == 77 && length == 77);
        } else {
            assert_int_equal(status, STATUS_OK);
            assert_int_equal(length, strlen(cases[i].value));
            assert_memory_equal(copy + offset, cases[i].value, length);
        }
        free(copy);
    }
    static const char whole[] = "{\"a\":[1,\"x\",{\"b\":null}],\"body\":{\"c\":[true,{}]}}";
    for (size_t i = 0; i < sizeof whole - 1; i++) { /* cut short: never beyond the end */
        size_t offset = 0, length = 0;
        char *copy = exact_copy(whole, i);
        enum status status = json_scan_member(copy, i, "body", &offset, &length);
        assert_int_equal(status, i == sizeof whole - 2 ? STATUS_OK : STATUS_INVALID);
        free(copy);
    }
    static const char *const broken[] = { "", "[]", "1", "{\"body\"}", "{\"body\":}", "{\"body\":]}", "{body:1}" };
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        size_t offset = 0, length = 0;
        assert_int_equal(json_scan_member(broken[i], strlen(broken[i]), "body", &offset, &length), STATUS_INVALID);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_of_small_texts),
        cmocka_unit_test(members_with_all_that_is_in_them),
        cmocka_unit_test(the_visitor_may_end_the_walk),
        cmocka_unit_test(depth_and_pointers_are_bounded),
        cmocka_unit_test(the_parser_agrees_on_random_documents),
        cmocka_unit_test(damaged_texts_are_survived),
    };
    return cmocka_run_group_tests_name("scan", tests, NULL, NULL);
}
