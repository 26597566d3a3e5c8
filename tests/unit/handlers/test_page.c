/* Pages: the walk loses nothing, and no cursor but the list's own is taken. */
#include "tests/unit/handlers/fake.h"

#include "handlers/page.h"

struct filter {
    int64_t limit;
    const char *cursor;
    const char *kind;
};

static const struct query_parameter rows[] = {
    PAGE_ROWS(struct filter),
    QUERY_WORD_ROW(struct filter, kind, false),
};
static const struct query_table table = QUERY_TABLE(rows);

enum { THINGS = 7 };
static const char *const things[THINGS] = { "a", "b", "c", "d", "e", "f", "g" };

/* What a handler does, with things for rows. */
static void list(struct fake *fake)
{
    struct filter filter = { 0 };
    struct page page;
    if (!query_read(&fake->exchange, &table, &filter) ||
        !page_begin(&page, &fake->exchange, filter.limit, filter.cursor, 2)) {
        return;
    }
    struct json_writer *w = page_open(&page);
    int64_t shown = 0;
    const char *last = NULL;
    bool has_more = false;
    for (int i = 0; i < THINGS && !has_more; i++) {
        if (strcmp(things[i], page.keys[0]) <= 0) {
            continue;
        }
        has_more = shown == page.limit;
        if (!has_more) {
            json_text(w, things[i]);
            last = things[i];
            shown++;
        }
    }
    page_close(&page, has_more ? (const char *[]){ last, "" } : NULL);
    assert_int_equal(page_reply(&page), HANDLED_REPLY);
}

/* The next cursor of a first page of size limit, in text (caller's); "" at the end. */
static void first_cursor(const char *limit, const char *kind, char text[256])
{
    struct fake fake;
    fake_init(&fake);
    fake_add_query(&fake, "limit", limit);
    if (kind != NULL) {
        fake_add_query(&fake, "kind", kind);
    }
    list(&fake);
    assert_int_equal(fake.exchange.status, 200);
    const char *next = json_string_value(json_object_get(fake_body(&fake), "next"));
    snprintf(text, 256, "%s", next != NULL ? next : "");
    fake_fini(&fake);
}

static void test_walk(void **state)
{
    (void)state;
    char cursor[256] = "";
    char seen[THINGS + 1] = "";
    size_t count = 0;
    for (int pages = 0; pages < 4; pages++) {
        struct fake fake;
        fake_init(&fake);
        fake_add_query(&fake, "limit", "2");
        if (cursor[0] != 0) {
            fake_add_query(&fake, "cursor", cursor);
        }
        list(&fake);
        json_t *items = json_object_get(fake_body(&fake), "items");
        for (size_t i = 0; i < json_array_size(items); i++) {
            seen[count++] = json_string_value(json_array_get(items, i))[0];
        }
        assert_int_equal(json_integer_value(json_object_get(fake.body, "limit")), 2);
        const json_t *next = json_object_get(fake.body, "next");
        assert_true(json_is_null(next) == (pages == 3));
        if (!json_is_null(next)) {
            char link[512];
            snprintf(cursor, sizeof cursor, "%s", json_string_value(next));
            snprintf(link, sizeof link, "<http://127.0.0.1:8080/things?limit=2&cursor=%s>; rel=\"next\"", cursor);
            assert_string_equal(fake_reply_header(&fake, "Link"), link);
        } else {
            assert_null(fake_reply_header(&fake, "Link"));
        }
        fake_fini(&fake);
    }
    assert_string_equal(seen, "abcdefg");
}

static void test_limit(void **state)
{
    (void)state;
    static const struct {
        const char *sent;
        int status;
        int limit;
    } cases[] = { { "1000", 200, 1000 }, { "1001", 200, 1000 }, { "9000000000000000000", 200, 1000 },
                  { "99999999999999999999999999", 200, 1000 }, { "-99999999999999999999999999", 400, 0 }, { "", 400, 0 },
                  { "1000.0", 400, 0 },
                  { "0", 400, 0 },       { "-1", 400, 0 },      { "ten", 400, 0 } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fake fake;
        fake_init(&fake);
        fake_add_query(&fake, "limit", cases[i].sent);
        list(&fake);
        assert_int_equal(fake.exchange.status, cases[i].status);
        if (cases[i].status == 200) {
            assert_int_equal(json_integer_value(json_object_get(fake_body(&fake), "limit")), cases[i].limit);
        }
        fake_fini(&fake);
    }
}

static int try_cursor(const char *cursor, const char *kind, const char *path, uint8_t secret)
{
    struct fake fake;
    fake_init(&fake);
    fake.exchange.path = path;
    fake.service.cursor_secret[0] = secret;
    fake_add_query(&fake, "cursor", cursor);
    if (kind != NULL) {
        fake_add_query(&fake, "kind", kind);
    }
    list(&fake);
    int status = fake.exchange.status;
    if (status != 200) {
        fake_assert_problem(&fake, 400, "invalid_cursor");
    }
    fake_fini(&fake);
    return status;
}

static void test_foreign_cursors(void **state)
{
    (void)state;
    char plain[256];
    char filtered[256];
    first_cursor("3", NULL, plain);
    first_cursor("3", "port", filtered);
    assert_int_equal(try_cursor(plain, NULL, "/things", 7), 200);
    assert_int_equal(try_cursor(filtered, "port", "/things", 7), 200);
    assert_int_equal(try_cursor(plain, "port", "/things", 7), 400);
    assert_int_equal(try_cursor(filtered, NULL, "/things", 7), 400);
    assert_int_equal(try_cursor(filtered, "ward", "/things", 7), 400);
    assert_int_equal(try_cursor(plain, NULL, "/other", 7), 400);
    assert_int_equal(try_cursor(plain, NULL, "/things", 8), 400);
}

static void test_every_spoilt_cursor(void **state)
{
    (void)state;
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=. ";
    char cursor[256];
    first_cursor("3", NULL, cursor);
    size_t length = strlen(cursor);
    for (size_t at = 0; at < length; at++) {
        char old = cursor[at];
        for (const char *c = alphabet; *c != 0; c++) {
            cursor[at] = *c;
            assert_int_equal(try_cursor(cursor, NULL, "/things", 7), *c == old ? 200 : 400);
        }
        cursor[at] = 0; /* cut */
        if (at > 0) {
            assert_int_equal(try_cursor(cursor, NULL, "/things", 7), 400);
        }
        cursor[at] = old;
    }
    cursor[length] = 'A';
    cursor[length + 1] = 0;
    assert_int_equal(try_cursor(cursor, NULL, "/things", 7), 400);
    char long_one[2001];
    memset(long_one, 'A', sizeof long_one - 1);
    long_one[sizeof long_one - 1] = 0;
    assert_int_equal(try_cursor(long_one, NULL, "/things", 7), 400);
    assert_int_equal(try_cursor("AQAA", NULL, "/things", 7), 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_walk),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_foreign_cursors),
        cmocka_unit_test(test_every_spoilt_cursor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
