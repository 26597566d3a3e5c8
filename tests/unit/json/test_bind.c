/*
 * Tests of json/bind.c and json/complain.c: every kind, every fault, several at once, the
 * sentences, linear time, and random changes to good bodies.
 */
#include "json/bind.h"

#include <math.h>
#include <time.h>

#include "tests/unit/json/support.h"

struct line {
    const char *supply;
    int64_t quantity;
};

struct order {
    const char *note;
    const char *id;
    const char *unit;
    int64_t quantity;
    double lat;
    double any_number;
    bool is_urgent;
    const char *expiry;
    int64_t occurred_at;
    int condition;
    struct bind_name name;
    struct bind_personal contact;
    struct bind_array lines;
    json_t *extra;
};

static const char *const conditions[] = { "good", "damaged", "quarantine", "rejected", NULL };

static const struct bind_member line_rows[] = {
    BIND_ID_ROW(struct line, supply, true),
    BIND_INTEGER_ROW(struct line, quantity, true, 1, TEXT_INTEGER_MAX),
};
static const struct bind_table line_table = { line_rows, 2, sizeof(struct line) };

static const struct bind_member order_rows[] = {
    BIND_TEXT_ROW(struct order, note, false, 10),
    BIND_ID_ROW(struct order, id, false),
    BIND_WORD_ROW(struct order, unit, false),
    BIND_INTEGER_ROW(struct order, quantity, true, 1, TEXT_INTEGER_MAX),
    { "lat", BIND_NUMBER, false, BIND_OFFSET(struct order, lat, double), -90, 90, NULL, NULL },
    BIND_NUMBER_ROW(struct order, any_number, false),
    BIND_BOOLEAN_ROW(struct order, is_urgent, false),
    BIND_DATE_ROW(struct order, expiry, false),
    BIND_INSTANT_ROW(struct order, occurred_at, false),
    BIND_CHOICE_ROW(struct order, condition, false, conditions),
    BIND_NAME_ROW(struct order, name, false, 20),
    BIND_PERSONAL_ROW(struct order, contact, false, 10),
    BIND_OBJECTS_ROW(struct order, lines, false, 1, 3, &line_table),
    BIND_VALUE_ROW(struct order, extra, false),
};
static const struct bind_table order_table = { order_rows, sizeof order_rows / sizeof order_rows[0], sizeof(struct order) };

struct bound {
    struct arena arena;
    struct faults faults;
    json_t *document;
    struct order order;
    enum status status;
};

static void bind_as(struct bound *b, const char *text, enum bind_mode mode, const char *pointer)
{
    memset(b, 0, sizeof *b);
    arena_init(&b->arena);
    faults_init(&b->faults, &b->arena);
    enum status parsed = json_parse(text, strlen(text), &b->document, &b->faults);
    if (parsed != STATUS_OK) {
        fail_msg("%s: %s", text, b->faults.items[0].detail);
    }
    b->status = json_bind(b->document, &order_table, mode, pointer, &b->order, &b->arena, &b->faults);
    assert_true((b->status == STATUS_OK) == (b->faults.total == 0));
    assert_true(b->status == STATUS_OK || b->status == STATUS_INVALID);
}

static void unbind(struct bound *b)
{
    json_decref(b->document);
    arena_fini(&b->arena);
}

/* No name turns around what a page shows behind it; notes may, and what was taken once is read again. */
static void what_nobody_sees_is_in_no_name(void **state)
{
    static const char *const names[] = {
        "{\"quantity\":1,\"note\":\"a\xe2\x80\xae\"}", "{\"quantity\":1,\"name\":\"a\xe2\x80\xae\"}",
        "{\"quantity\":1,\"name\":{\"en\":\"a\\u202e\",\"zh\":\"b\"}}",
    };
    static const char *const pointers[] = { "/note", "/name", "/name/en" };
    struct bound b;
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        for (int mode = 0; mode < 2; mode++) {
            bind_as(&b, names[i], mode == 0 ? BIND_CLEAR : BIND_SIGNED, "");
            assert_int_equal(b.faults.total, 1);
            assert_int_equal(b.faults.unseen, 1);
            assert_string_equal(b.faults.items[0].pointer, pointers[i]);
            assert_string_equal(b.faults.items[0].code, "bad_format");
            assert_non_null(strstr(b.faults.items[0].detail, "has as its character number 2 one that nobody sees, U+202E; leave it out"));
            unbind(&b);
        }
        bind_as(&b, names[i], BIND_COMMITTED, "");
        assert_int_equal(b.status, STATUS_OK);
        unbind(&b);
    }
    bind_as(&b, "{\"quantity\":1,\"contact\":\"a\xe2\x80\xae\"}", BIND_CLEAR, "");
    assert_int_equal(b.faults.unseen, 0);
    assert_int_equal(b.status, STATUS_OK);
    assert_string_equal(b.order.contact.text, "a\xe2\x80\xae");
    unbind(&b);
}

/* What is others' may have any character but controls. */
static void prose_has_what_nobody_sees(void **state)
{
    static const struct { const char *text; size_t faults; } cases[] = {
        { "{\"note\":\"a\xe2\x80\xae\"}", 0 }, { "{\"note\":\"a\\u0001\"}", 1 }, { "{\"note\":\"\"}", 1 },
        { "{\"note\":\"more than ten\"}", 1 }, { "{\"note\":1}", 1 }, { "{}", 1 },
    };
    static const struct bind_member rows[] = { BIND_PROSE_ROW(struct order, note, true, 10) };
    static const struct bind_table table = { rows, 1, sizeof(struct order) };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct arena arena;
        struct faults faults;
        struct order order = { .note = NULL };
        json_t *document = NULL;
        arena_init(&arena);
        faults_init(&faults, &arena);
        assert_int_equal(json_parse(cases[i].text, strlen(cases[i].text), &document, &faults), STATUS_OK);
        assert_int_equal(json_bind(document, &table, BIND_CLEAR, "", &order, &arena, &faults), cases[i].faults > 0 ? STATUS_INVALID : STATUS_OK);
        assert_int_equal(faults.total, cases[i].faults);
        assert_int_equal(faults.unseen, 0);
        assert_true((order.note != NULL) == (cases[i].faults == 0));
        json_decref(document);
        arena_fini(&arena);
    }
}

static void every_kind_is_bound(void **state)
{
    static const char text[] = "{\"note\":\"a\\tb\\nc\",\"id\":\"CN-HB\",\"unit\":\"piece\",\"quantity\":9007199254740991,\"lat\":-30.5,"
        "\"any_number\":7,\"is_urgent\":true,\"expiry\":\"2020-02-29\",\"occurred_at\":\"2020-02-03T14:10:00+08:00\","
        "\"condition\":\"rejected\","
        "\"name\":{\"en\":\"Hubei\",\"zh\":\"\xe6\xb9\x96\xe5\x8c\x97\"},\"contact\":\"A\",\"lines\":[{\"supply\":\"s1\",\"quantity\":1},"
        "{\"quantity\":2,\"supply\":\"s2\"}],\"extra\":[1,{}]}";
    struct bound b;
    (void)state;
    bind_as(&b, text, BIND_CLEAR, "");
    assert_string_equal(summary(&b.faults), "");
    assert_int_equal(b.status, STATUS_OK);
    const struct order *o = &b.order;
    assert_string_equal(o->note, "a\tb\nc");
    assert_string_equal(o->id, "CN-HB");
    assert_string_equal(o->unit, "piece");
    assert_true(o->quantity == TEXT_INTEGER_MAX && o->lat == -30.5 && o->any_number == 7 && o->is_urgent);
    assert_string_equal(o->expiry, "2020-02-29");
    assert_true(o->occurred_at == 1580710200000 && o->condition == 3);
    assert_null(o->name.text);
    assert_string_equal(o->name.en, "Hubei");
    assert_string_equal(o->name.zh, "\xe6\xb9\x96\xe5\x8c\x97");
    assert_string_equal(o->contact.text, "A");
    assert_null(o->contact.commitment);
    assert_int_equal(o->lines.count, 2);
    const struct line *lines = o->lines.items;
    assert_string_equal(lines[0].supply, "s1");
    assert_string_equal(lines[1].supply, "s2");
    assert_true(lines[0].quantity == 1 && lines[1].quantity == 2);
    assert_true(json_is_array(o->extra));
    unbind(&b);
}

static void absent_members_are_absent(void **state)
{
    static const char *const texts[] = {
        "{\"quantity\":1}",
        "{\"quantity\":1,\"note\":null,\"id\":null,\"unit\":null,\"lat\":null,\"any_number\":null,\"is_urgent\":null,\"expiry\":null,"
        "\"occurred_at\":null,\"condition\":null,\"name\":null,\"contact\":null,\"lines\":null,\"extra\":null}",
    };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct bound b;
        bind_as(&b, texts[i], BIND_CLEAR, "");
        assert_int_equal(b.status, STATUS_OK);
        const struct order *o = &b.order;
        assert_true(o->note == NULL && o->id == NULL && o->unit == NULL && o->expiry == NULL && o->extra == NULL);
        assert_true(isnan(o->lat) && isnan(o->any_number) && !o->is_urgent);
        assert_true(o->occurred_at == BIND_ABSENT && o->condition == -1);
        assert_true(o->name.text == NULL && o->name.en == NULL && o->name.zh == NULL);
        assert_true(o->contact.text == NULL && o->contact.commitment == NULL);
        assert_true(o->lines.items == NULL && o->lines.count == 0);
        unbind(&b);
    }
}

static void a_default_boolean_stays(void **state)
{
    static const struct { const char *text; bool wanted; } cases[] = {
        { "{\"quantity\":1}", true }, { "{\"quantity\":1,\"is_urgent\":false}", false }, { "{\"quantity\":1,\"is_urgent\":null}", true },
    };
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct bound b;
        bind_as(&b, cases[i].text, BIND_CLEAR, "");
        b.order.is_urgent = true;
        assert_int_equal(json_bind(b.document, &order_table, BIND_CLEAR, "", &b.order, &b.arena, &b.faults), STATUS_OK);
        assert_true(b.order.is_urgent == cases[i].wanted);
        unbind(&b);
    }
}

struct faulty { const char *members, *summary, *says; };

/* Each is one member beside a good quantity, unless it has one itself. */
static const struct faulty faulty[] = {
    { "\"note\":1", "/note wrong_type\n", "note is an integer; a text of 1 to 10 bytes is wanted" },
    { "\"note\":\"\"", "/note too_short\n", "note is an empty text; a text of 1 to 10 bytes is wanted" },
    { "\"note\":\"12345678901\"", "/note too_long\n", "note has 11 bytes; at most 10 are accepted" },
    { "\"note\":\"\xe6\xb9\x96\xe5\x8c\x97\xe6\xb9\x96\xe5\x8c\x97\"", "/note too_long\n", "note has 12 bytes" },
    { "\"note\":\"a\\rb\"", "/note bad_format\n", "note has a control character" },
    { "\"note\":\"\\u007f\"", "/note bad_format\n", "control character" },
    { "\"note\":\"\\u0080\"", "/note bad_format\n", "control character" },
    { "\"note\":\"x\\u009f\"", "/note bad_format\n", "control character" },
    { "\"note\":\"\\u0001\"", "/note bad_format\n", "control character" },
    { "\"id\":\"a b\"", "/id bad_format\n", "id is \"a b\"; an id (1 to 64 of" },
    { "\"id\":\"\"", "/id bad_format\n", "id is \"\"; an id" },
    { "\"id\":\"\xe6\xb9\x96\\n\"", "/id bad_format\n", "id is \"\\u6e56\\u000a\"; an id" },
    { "\"id\":7", "/id wrong_type\n", "id is an integer; an id" },
    { "\"unit\":\"Piece\"", "/unit bad_format\n", "unit is \"Piece\"; a word" },
    { "\"unit\":[]", "/unit wrong_type\n", "unit is an array; a word" },
    { "\"quantity\":\"5\"", "/quantity wrong_type\n", "quantity is a text; an integer from 1 to 9007199254740991 is wanted" },
    { "\"quantity\":1.0", "/quantity wrong_type\n", "quantity is a number with a point or an exponent; an integer from 1" },
    { "\"quantity\":1e3", "/quantity wrong_type\n", "with a point or an exponent" },
    { "\"quantity\":0", "/quantity out_of_range\n", "quantity is 0; an integer from 1 to 9007199254740991 is wanted" },
    { "\"quantity\":-9223372036854775808", "/quantity out_of_range\n", "quantity is -9223372036854775808; an" },
    { "\"quantity\":9007199254740992", "/quantity out_of_range\n", "quantity is 9007199254740992; an" },
    { "\"quantity\":null", "/quantity missing_member\n", "quantity is null; an integer" },
    { "\"quantity\":true", "/quantity wrong_type\n", "quantity is true; an integer" },
    { "\"quantity\":{}", "/quantity wrong_type\n", "quantity is an object; an integer" },
    { "\"lat\":90.5", "/lat out_of_range\n", "lat is 90.5; a number from -90 to 90 is wanted" },
    { "\"lat\":\"90\"", "/lat wrong_type\n", "lat is a text; a number from -90" },
    { "\"lat\":-91", "/lat out_of_range\n", "lat is -91; a number" },
    { "\"any_number\":\"1\"", "/any_number wrong_type\n", "any_number is a text; a number is wanted" },
    { "\"is_urgent\":1", "/is_urgent wrong_type\n", "is_urgent is an integer; true or false is wanted" },
    { "\"is_urgent\":\"true\"", "/is_urgent wrong_type\n", "is_urgent is a text; true or false" },
    { "\"expiry\":\"2021-02-29\"", "/expiry bad_format\n", "expiry is \"2021-02-29\"; a date such as 2020-02-03 is wanted" },
    { "\"expiry\":20210229", "/expiry wrong_type\n", "expiry is an integer; a date" },
    { "\"occurred_at\":\"2020-02-03\"", "/occurred_at bad_format\n", "occurred_at is \"2020-02-03\"; an instant such as" },
    { "\"occurred_at\":0", "/occurred_at wrong_type\n", "occurred_at is an integer; an instant" },
    { "\"condition\":\"god\"", "/condition not_a_choice\n",
      "condition is \"god\"; good, damaged, quarantine or rejected is wanted; did you mean good?" },
    { "\"condition\":\"best\"", "/condition not_a_choice\n", "condition is \"best\"; good, damaged, quarantine or rejected is wanted" },
    { "\"condition\":\"Good\"", "/condition not_a_choice\n", "did you mean good?" },
    { "\"condition\":\"\"", "/condition not_a_choice\n", "condition is \"\"; good" },
    { "\"condition\":0", "/condition wrong_type\n", "condition is an integer; good, damaged" },
    { "\"name\":\"\"", "/name too_short\n", "name is an empty text; a text, or an object" },
    { "\"name\":5", "/name wrong_type\n",
      "name is an integer; a text, or an object {\"en\": text, \"zh\": text}, of 1 to 20 bytes each, is wanted" },
    { "\"name\":{}", "/name/en missing_member\n/name/zh missing_member\n", "en is missing; a text of 1 to 20 bytes is wanted" },
    { "\"name\":{\"en\":\"a\",\"zh\":3}", "/name/zh wrong_type\n", "zh is an integer; a text of 1 to 20" },
    { "\"name\":{\"en\":\"a\",\"zh\":\"b\",\"fr\":\"c\"}", "/name/fr unknown_member\n", "\"fr\" is not known here; en and zh are" },
    { "\"contact\":7", "/contact wrong_type\n", "contact is an integer; a text of 1 to 10 bytes" },
    { "\"contact\":{\"commitment\":\"00\"}", "/contact wrong_type\n", "contact is an object; a text of 1 to 10 bytes" },
    { "\"contact\":\"12345678901\"", "/contact too_long\n", "contact has 11 bytes" },
    { "\"lines\":[]", "/lines too_short\n", "lines has 0 items; at least 1 are wanted" },
    { "\"lines\":[1,2,3,4]", "/lines too_long\n", "lines has 4 items; at most 3 are accepted" },
    { "\"lines\":{}", "/lines wrong_type\n", "lines is an object; an array of 1 to 3 objects is wanted" },
    { "\"lines\":[7,null]", "/lines/0 wrong_type\n/lines/1 wrong_type\n", "an item of lines is an integer; an object is wanted" },
    { "\"lines\":[{}]", "/lines/0/supply missing_member\n/lines/0/quantity missing_member\n", "supply is missing; an id (1" },
    { "\"lines\":[{\"supply\":\"a\",\"quantity\":1},{\"supply\":\"a\",\"quantity\":0}]", "/lines/1/quantity out_of_range\n",
      "quantity is 0" },
    { "\"lines\":[{\"supply\":\"a\",\"quantity\":1,\"a/b~c\":1}]", "/lines/0/a~1b~0c unknown_member\n",
      "\"a/b~c\" is not known here; supply and quantity are" },
    { "\"quantitty\":1", "/quantitty unknown_member\n", "\"quantitty\" is not known here; did you mean quantity?" },
    { "\"wibble\":null", "/wibble unknown_member\n", "\"wibble\" is not known here; note, id, unit, quantity, lat" },
    { "\"\":1", "/ unknown_member\n", "\"\" is not known here" },
    { "\"\xe6\x95\xb0\xe9\x87\x8f\":1", "/\xe6\x95\xb0\xe9\x87\x8f unknown_member\n", "\"\\u6570\\u91cf\" is not known here" },
};

static void every_fault_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faulty / sizeof faulty[0]; i++) {
        char text[400];
        struct bound b;
        bool has_quantity = strncmp(faulty[i].members, "\"quantity\"", 10) == 0;
        snprintf(text, sizeof text, "{%s%s}", has_quantity ? "" : "\"quantity\":1,", faulty[i].members);
        bind_as(&b, text, BIND_CLEAR, "");
        assert_string_equal(summary(&b.faults), faulty[i].summary);
        if (strstr(b.faults.items[0].detail, faulty[i].says) == NULL) {
            fail_msg("%s: %s", text, b.faults.items[0].detail);
        }
        unbind(&b);
    }
}

static void faulty_members_are_absent(void **state)
{
    static const char text[] = "{\"quantity\":\"x\",\"note\":1,\"id\":\"\",\"lat\":\"x\","
        "\"occurred_at\":1,\"condition\":\"x\",\"name\":1,\"contact\":1,\"lines\":1}";
    struct bound b;
    (void)state;
    bind_as(&b, text, BIND_CLEAR, "");
    const struct order *o = &b.order;
    assert_int_equal(b.faults.total, 9);
    assert_true(o->quantity == BIND_ABSENT && o->note == NULL && o->id == NULL && isnan(o->lat) && o->occurred_at == BIND_ABSENT);
    assert_true(o->condition == -1 && o->name.text == NULL && o->contact.text == NULL && o->lines.count == 0);
    unbind(&b);
}

static void all_faults_are_reported(void **state)
{
    static const char text[] = "{\"zzz\":1,\"note\":\"\",\"condition\":\"bad\",\"lines\":[{\"supply\":\"?\","
        "\"quantity\":1.5},[],{\"x\":1}],\"lat\":1e3,\"y\":{}}";
    struct bound b;
    (void)state;
    bind_as(&b, text, BIND_CLEAR, "/orders/7");
    assert_string_equal(summary(&b.faults),
        "/orders/7/note too_short\n/orders/7/quantity missing_member\n/orders/7/lat out_of_range\n/orders/7/condition not_a_choice\n"
        "/orders/7/lines/0/supply bad_format\n/orders/7/lines/0/quantity wrong_type\n/orders/7/lines/1 wrong_type\n"
        "/orders/7/lines/2/supply missing_member\n/orders/7/lines/2/quantity missing_member\n/orders/7/lines/2/x unknown_member\n"
        "/orders/7/zzz unknown_member\n/orders/7/y unknown_member\n");
    unbind(&b);
}

static void the_top_must_be_an_object(void **state)
{
    static const struct faulty cases[] = {
        { "[]", " wrong_type\n", "the body is an array; an object is wanted" }, { "null", " wrong_type\n", "the body is null; an" },
        { "3", " wrong_type\n", "the body is an integer; an" }, { "\"{}\"", " wrong_type\n", "the body is a text; an" },
    };
    struct bound b;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bind_as(&b, cases[i].members, BIND_CLEAR, "");
        assert_string_equal(summary(&b.faults), cases[i].summary);
        assert_non_null(strstr(b.faults.items[0].detail, cases[i].says));
        unbind(&b);
    }
    bind_as(&b, "[]", BIND_CLEAR, "/units/3");
    assert_string_equal(summary(&b.faults), "/units/3 wrong_type\n");
    assert_string_equal(b.faults.items[0].detail, "the value is an array; an object is wanted");
    unbind(&b);
}

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void commitments_stand_for_personal_texts(void **state)
{
    static const struct faulty cases[] = {
        { "\"in clear\"", "/contact personal_in_clear\n", "contact is a text in clear; an object {\"commitment\": 64 small" },
        { "3", "/contact wrong_type\n", "contact is an integer; an object {\"commitment\"" },
        { "{}", "/contact/commitment missing_member\n", "commitment is missing; a text of 64 bytes is wanted" },
        { "{\"commitment\":7}", "/contact/commitment wrong_type\n", "commitment is an integer; a text of 64 bytes" },
        { "{\"commitment\":\"00\"}", "/contact/commitment too_short\n", "has 2 bytes; at least 64" },
        { "{\"commitment\":\"" HEX "0\"}", "/contact/commitment too_long\n", "has 65 bytes; at most 64" },
        { "{\"commitment\":\"A123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"}", "/contact/commitment bad_format\n",
          "not hexadecimal" },
        { "{\"commitment\":\"" HEX "\",\"text\":\"x\"}", "/contact/text unknown_member\n", "\"text\" is not known here; commitment is" },
    };
    struct bound b;
    char text[300];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(text, sizeof text, "{\"quantity\":1,\"contact\":%s}", cases[i].members);
        bind_as(&b, text, BIND_COMMITTED, "");
        assert_string_equal(summary(&b.faults), cases[i].summary);
        if (strstr(b.faults.items[0].detail, cases[i].says) == NULL) {
            fail_msg("%s", b.faults.items[0].detail);
        }
        assert_true(b.order.contact.text == NULL);
        unbind(&b);
    }
    bind_as(&b, "{\"quantity\":1,\"contact\":{\"commitment\":\"" HEX "\"}}", BIND_COMMITTED, "");
    assert_int_equal(b.status, STATUS_OK);
    assert_string_equal(b.order.contact.commitment, HEX);
    assert_null(b.order.contact.text);
    unbind(&b);
}

/* Ids that paths cannot hold are refused to clients, and read where an older ledger has them. */
static void dots_are_no_ids_for_clients(void **state)
{
    static const char *const texts[] = { "{\"quantity\":1,\"id\":\".\"}", "{\"quantity\":1,\"id\":\"..\"}" };
    struct bound b;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        bind_as(&b, texts[i], BIND_CLEAR, "");
        assert_string_equal(summary(&b.faults), "/id bad_format\n");
        assert_non_null(strstr(b.faults.items[0].detail, "not . or .. alone"));
        unbind(&b);
        bind_as(&b, texts[i], BIND_COMMITTED, "");
        assert_int_equal(b.status, STATUS_OK);
        unbind(&b);
    }
    bind_as(&b, "{\"quantity\":1,\"id\":\"...\"}", BIND_CLEAR, "");
    assert_int_equal(b.status, STATUS_OK);
    unbind(&b);
}

static void long_names_point_at_their_object(void **state)
{
    char text[2000];
    char name[1000];
    struct bound b;
    (void)state;
    memset(name, '/', sizeof name - 1);
    name[sizeof name - 1] = 0;
    snprintf(text, sizeof text, "{\"quantity\":1,\"lines\":[{\"supply\":\"a\",\"quantity\":1,\"%s\":1}]}", name);
    bind_as(&b, text, BIND_CLEAR, "");
    assert_string_equal(summary(&b.faults), "/lines/0 unknown_member\n");
    assert_true(strlen(b.faults.items[0].detail) < 200);
    unbind(&b);
}

struct sample { struct bind_array lines; };

static const struct bind_member sample_rows[] = { BIND_OBJECTS_ROW(struct sample, lines, true, 0, INT64_MAX, &line_table) };
static const struct bind_table sample_table = { sample_rows, 1, sizeof(struct sample) };

static double seconds_to_bind(size_t count, const char *item, size_t *total)
{
    struct arena arena;
    struct faults faults;
    struct sample sample = { { NULL, 0 } };
    struct buffer text;
    json_t *document = NULL;
    buffer_init(&text);
    buffer_text(&text, "{\"lines\":[");
    for (size_t i = 0; i < count; i++) {
        buffer_format(&text, "%s%s", i == 0 ? "" : ",", item);
    }
    buffer_text(&text, "]}");
    arena_init(&arena);
    faults_init(&faults, &arena);
    assert_int_equal(json_parse(text.bytes, text.length, &document, &faults), STATUS_OK);
    buffer_fini(&text);
    clock_t begin = clock();
    enum status status = json_bind(document, &sample_table, BIND_CLEAR, "", &sample, &arena, &faults);
    double seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;
    assert_true((status == STATUS_OK) == (faults.total == 0));
    assert_true(status != STATUS_OK || sample.lines.count == count);
    *total = faults.total;
    json_decref(document);
    arena_fini(&arena);
    return seconds;
}

static void large_bodies_are_bound_in_linear_time(void **state)
{
    size_t total = 0;
    (void)state;
    assert_true(seconds_to_bind(200000, "{\"supply\":\"a\",\"quantity\":1}", &total) < 5.0);
    assert_int_equal(total, 0);
    assert_true(seconds_to_bind(200000, "{\"supply\":\"?\",\"quantitty\":1}", &total) < 5.0);
    assert_int_equal(total, 600000); /* bad id, missing quantity, unknown quantitty */
    assert_true(seconds_to_bind(200000, "[]", &total) < 5.0);
    assert_int_equal(total, 200000);
}

static void random_changes_are_survived(void **state)
{
    static const char seed[] = "{\"note\":\"a\",\"id\":\"b\",\"quantity\":1,\"lat\":1.5,"
        "\"is_urgent\":true,\"expiry\":\"2020-02-29\",\"occurred_at\":"
        "\"2020-02-03T14:10:00Z\",\"condition\":\"good\",\"name\":{\"en\":\"x\",\"zh\":\"y\"},"
        "\"contact\":\"A\",\"lines\":[{\"supply\":\"s\",\"quantity\":1}]}";
    static const char *const pieces[] = { "1", "\"", "{}", "[]", "null", "true", ",", ":", "e", "-", "\\u0061", "\\n", "~", "/",
      "\xc3\xa9", "" };
    long bound = 0, refused = 0;
    (void)state;
    for (int round = 0; round < 40000; round++) {
        char text[sizeof seed + 64];
        size_t from = random_below(sizeof seed - 1), to = from + random_below(random_below(2) == 0 ? 3 : 30);
        to = to > sizeof seed - 1 ? sizeof seed - 1 : to;
        int length = snprintf(text, sizeof text, "%.*s%s%s", (int)from, seed, pieces[random_below(16)], seed + to);
        struct arena arena;
        struct faults faults;
        struct order order;
        json_t *document = NULL;
        char *copy = exact_copy(text, (size_t)length);
        memset(&order, 0, sizeof order);
        arena_init(&arena);
        faults_init(&faults, &arena);
        if (json_parse(copy, (size_t)length, &document, &faults) == STATUS_OK) {
            enum status status = json_bind(document, &order_table, round % 2 == 0 ? BIND_CLEAR : BIND_COMMITTED, "",
              &order, &arena, &faults);
            assert_true((status == STATUS_OK) == (faults.total == 0));
            assert_non_null(summary(&faults));
            bound += status == STATUS_OK;
            refused += status != STATUS_OK;
            json_decref(document);
        }
        arena_fini(&arena);
        free(copy);
    }
    assert_true(bound > 300 && refused > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_bound),
        cmocka_unit_test(what_nobody_sees_is_in_no_name), cmocka_unit_test(prose_has_what_nobody_sees),
        cmocka_unit_test(absent_members_are_absent),
        cmocka_unit_test(a_default_boolean_stays),
        cmocka_unit_test(every_fault_is_named),
        cmocka_unit_test(faulty_members_are_absent),
        cmocka_unit_test(all_faults_are_reported),
        cmocka_unit_test(the_top_must_be_an_object),
        cmocka_unit_test(commitments_stand_for_personal_texts),
        cmocka_unit_test(dots_are_no_ids_for_clients),
        cmocka_unit_test(long_names_point_at_their_object),
        cmocka_unit_test(large_bodies_are_bound_in_linear_time),
        cmocka_unit_test(random_changes_are_survived),
    };
    return cmocka_run_group_tests_name("bind", tests, NULL, NULL);
}
