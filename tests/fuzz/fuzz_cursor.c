/*
 * Cursors: no text but one that the list itself has given out is taken.
 */
#include "tests/unit/handlers/fake.h"

#include "handlers/page.h"
#include "tests/fuzz/fuzz.h"

static struct fake fake;

/* The cursor behind the key "key"; the secret is the fake's, so it is always the same. */
static const char *own_cursor(char text[256])
{
    struct page page;
    CHECK(page_begin(&page, &fake.exchange, 1, NULL, 1));
    page_open(&page);
    page_close(&page, (const char *[]){"key"});
    CHECK(page_reply(&page) == HANDLED_REPLY);
    snprintf(text, 256, "%s", json_string_value(json_object_get(fake_body(&fake), "next")));
    return text;
}

static void forget(void)
{
    buffer_reset(&fake.exchange.reply);
    fake.exchange.status = 0;
    fake.exchange.header_count = 0;
    arena_reset(&fake.arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static char own[256];
    struct page page;
    if (own[0] == 0) {
        fake_init(&fake);
        own_cursor(own);
        forget();
        CHECK(page_begin(&page, &fake.exchange, 1, own, 1) && strcmp(page.keys[0], "key") == 0);
    }
    forget();
    const char *cursor = arena_copy(&fake.arena, (const char *)bytes, length);
    CHECK(cursor != NULL);
    bool is_taken = page_begin(&page, &fake.exchange, 1, cursor, 1);
    CHECK(is_taken == (strcmp(cursor, own) == 0));
    CHECK(is_taken || fake.exchange.status == 400);
    return 0;
}
