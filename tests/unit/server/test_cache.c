/*
 * The reply cache of a lane: what counts as the same request, what the ledger's growth does, who makes room for whom.
 */
#include "server/cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <microhttpd.h>

#include "base/clock.h"

static struct cache *cache;

static int set_up(void **state)
{
    (void)state;
    return cache_open(&cache) == STATUS_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    cache_close(cache);
    cache_close(NULL);
    return 0;
}

/* Keeps a reply that is known by its number of bytes; the cache has its response from then on. */
static void keep(const struct cache_key *key, uint64_t seq, size_t bytes)
{
    struct cached reply = { .seq = seq, .bytes = bytes, .etag = "\"e\"" };
    reply.response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    assert_non_null(reply.response);
    assert_true(cache_keep(cache, key, &reply));
}

/* The bytes of the reply found, 0 where there is none. */
static size_t find(const struct cache_key *key, uint64_t seq)
{
    const struct cached *found = cache_find(cache, key, seq);
    assert_true(found == NULL || (found->response != NULL && found->seq == seq && strcmp(found->etag, "\"e\"") == 0));
    return found != NULL ? found->bytes : 0;
}

static void expect_counts(uint64_t hits, uint64_t misses)
{
    uint64_t found[2] = { 77, 77 };
    cache_count(cache, &found[0], &found[1]);
    assert_true(found[0] == hits && found[1] == misses);
}

static void test_what_is_the_same_request(void **state)
{
    (void)state;
    static const struct {
        struct cache_key key;
        bool is_same;
    } rows[] = {
        { { "/items?limit=2", "application/json", "host:1", 7, CODING_GZIP }, true },
        { { "/items?limit=3", "application/json", "host:1", 7, CODING_GZIP }, false },
        { { "/items?limit=", "2application/json", "host:1", 7, CODING_GZIP }, false },
        { { "/items?limit=2", "text/csv", "host:1", 7, CODING_GZIP }, false },
        { { "/items?limit=2", NULL, "host:1", 7, CODING_GZIP }, false },
        { { "/items?limit=2", "application/json", "host:2", 7, CODING_GZIP }, false },
        { { "/items?limit=2", "application/json", NULL, 7, CODING_GZIP }, false },
        { { "/items?limit=2", "application/jsonhost", ":1", 7, CODING_GZIP }, false },
        { { "/items?limit=2", "application/json", "host:1", 8, CODING_GZIP }, false },
        { { "/items?limit=2", "application/json", "host:1", 7, CODING_IDENTITY }, false },
        { { "/Items?limit=2", "application/json", "host:1", 7, CODING_GZIP }, false },
        { { "", "", "", 7, CODING_GZIP }, false },
    };
    expect_counts(0, 0);
    keep(&rows[0].key, 5, 100);
    uint64_t hits = 0, misses = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (find(&rows[i].key, 5) != (rows[i].is_same ? 100 : 0)) {
            fail_msg("row %zu", i);
        }
        *(rows[i].is_same ? &hits : &misses) += 1;
        expect_counts(hits, misses);
    }
    /* Each of them can be kept beside the others. */
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        keep(&rows[i].key, 5, 200 + i);
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(find(&rows[i].key, 5), 200 + i);
    }
}

static void test_no_text_is_an_empty_one(void **state)
{
    (void)state;
    const struct cache_key none = { "/", NULL, NULL, 0, CODING_IDENTITY }, empty = { "/", "", "", 0, CODING_IDENTITY };
    keep(&none, 1, 10);
    assert_int_equal(find(&empty, 1), 10);
}

/* A reply shows one state of the ledger; another takes its place. */
static void test_the_ledger_grows(void **state)
{
    (void)state;
    const struct cache_key key = { "/items", NULL, NULL, 0, CODING_IDENTITY };
    keep(&key, 5, 100);
    assert_int_equal(find(&key, 6), 0);
    assert_int_equal(find(&key, 4), 0);
    keep(&key, 6, 110);
    assert_int_equal(find(&key, 6), 110);
    assert_int_equal(find(&key, 5), 0);
}

/* A reply that depends on the day is no longer found on the next one, nor on the one before, should the clock be set back. */
static void test_the_day_passes(void **state)
{
    (void)state;
    enum { HOUR_MS = 3600 * 1000 };
    const int64_t now_ms = clock_wall_ms();
    const struct {
        int64_t from_ms, until_ms;
        bool is_found;
    } rows[] = {
        { now_ms - HOUR_MS, now_ms + HOUR_MS, true },  { now_ms, now_ms + HOUR_MS, true },      { now_ms - 2 * HOUR_MS, now_ms - HOUR_MS, false },
        { now_ms - HOUR_MS, now_ms, false },           { now_ms + HOUR_MS, now_ms + 2 * HOUR_MS, false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct cache_key key = { "/supplies/summary", NULL, NULL, i, CODING_IDENTITY };
        struct cached reply = { .seq = 5, .bytes = 100, .etag = "\"e\"", .true_from_ms = rows[i].from_ms, .true_until_ms = rows[i].until_ms };
        reply.response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
        assert_true(reply.response != NULL && cache_keep(cache, &key, &reply));
        assert_int_equal(find(&key, 5), rows[i].is_found ? 100 : 0);
    }
    expect_counts(2, 3);
}

static struct cache_key numbered(char text[32], unsigned number)
{
    snprintf(text, 32, "/items/%u", number);
    return (struct cache_key){ text, NULL, NULL, 0, CODING_IDENTITY };
}

/* The one unused for longest makes room, and one that is kept anew none. */
static void test_room(void **state)
{
    (void)state;
    char text[32];
    struct cache_key key;
    for (unsigned n = 0; n < CACHE_ENTRIES; n++) {
        key = numbered(text, n);
        keep(&key, 1, 1000 + n);
    }
    for (unsigned n = 0; n < CACHE_ENTRIES; n++) {
        key = numbered(text, n);
        assert_int_equal(find(&key, 1), 1000 + n);
    }
    key = numbered(text, 0);
    assert_int_equal(find(&key, 1), 1000); /* used: now 1 is the oldest */
    key = numbered(text, 2);
    keep(&key, 2, 2000); /* in its own place */
    for (unsigned n = 0; n < 3; n++) {
        key = numbered(text, CACHE_ENTRIES + n);
        keep(&key, 1, 3000 + n);
    }
    for (unsigned n = 0; n < CACHE_ENTRIES + 3; n++) {
        const bool is_gone = n == 1 || n == 3 || n == 4;
        key = numbered(text, n);
        assert_int_equal(find(&key, n == 2 ? 2 : 1), is_gone ? 0 : n == 2 ? 2000 : n < CACHE_ENTRIES ? 1000 + n : 3000 + n - CACHE_ENTRIES);
    }
}

int main(void)
{
#define CASE(F) cmocka_unit_test_setup_teardown(F, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(test_what_is_the_same_request), CASE(test_no_text_is_an_empty_one), CASE(test_the_ledger_grows), CASE(test_the_day_passes),
        CASE(test_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
