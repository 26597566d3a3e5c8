/* A table that remembers what came last, against a plain list of all that came. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/places.h"

struct entry {
    struct place place;
    int value;
    uint8_t key[4];
};

enum { KEYS = 400 };

static void open_table(struct places *places, size_t buckets)
{
    assert_int_equal(places_open(places, buckets, sizeof(struct entry), offsetof(struct entry, key), sizeof((struct entry *)0)->key), STATUS_OK);
    assert_int_equal(places_count(places), buckets * PLACES_OF_KEY);
}

static void key_of(uint8_t key[4], int number)
{
    memcpy(key, &(uint32_t){ (uint32_t)number }, 4);
}

static void test_one_bucket_keeps_the_newest(void **state)
{
    (void)state;
    struct places places;
    uint8_t key[4];
    open_table(&places, 1);
    for (int i = 1; i <= KEYS; i++) {
        key_of(key, i);
        assert_null(places_find(&places, key));
        struct entry *entry = places_take(&places, key);
        assert_int_equal(entry->place.stamp, 0);
        assert_int_equal(entry->value, 0); /* nothing is left of the one that gave way */
        assert_memory_equal(entry->key, key, sizeof key);
        entry->place.stamp = i;
        entry->value = i;
        for (int k = 1; k <= i; k++) {
            key_of(key, k);
            entry = places_find(&places, key);
            assert_int_equal(entry != NULL, k > i - PLACES_OF_KEY);
            assert_true(entry == NULL || (entry->value == k && places_take(&places, key) == entry));
        }
    }
    key_of(key, KEYS - PLACES_OF_KEY + 1); /* used again, the oldest is the newest */
    ((struct entry *)places_find(&places, key))->place.stamp = KEYS + 1;
    uint8_t more[4];
    key_of(more, KEYS + 1);
    ((struct entry *)places_take(&places, more))->place.stamp = KEYS + 2;
    assert_non_null(places_find(&places, key));
    key_of(key, KEYS - PLACES_OF_KEY + 2);
    assert_null(places_find(&places, key));
    places_close(&places);
}

/* Many buckets: what is found is right, and most of half as many keys as there are places is found. */
static void test_many_buckets(void **state)
{
    (void)state;
    struct places places;
    uint8_t key[4];
    int found = 0, used = 0;
    open_table(&places, KEYS / 2);
    for (int i = 1; i <= KEYS; i++) {
        key_of(key, i);
        struct entry *entry = places_take(&places, key);
        entry->place.stamp = entry->value = i;
    }
    for (int i = 1; i <= KEYS; i++) {
        key_of(key, i);
        const struct entry *entry = places_find(&places, key);
        assert_true(entry == NULL || entry->value == i);
        found += entry != NULL;
    }
    for (size_t i = 0; i < places_count(&places); i++) {
        used += ((struct entry *)places_at(&places, i))->place.stamp != 0;
    }
    assert_int_equal(used, found);
    assert_true(found > KEYS * 3 / 4);
    places_close(&places);
    places_close(&places);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_one_bucket_keeps_the_newest), cmocka_unit_test(test_many_buckets) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
