/*
 * Buckets of PLACES_OF_KEY entries, one behind the other. The hash is FNV-1a from a random start, folded.
 */
#include "base/places.h"

#include <stdlib.h>
#include <string.h>

#include "base/random.h"

enum status places_open(struct places *places, size_t buckets, size_t entry_bytes, size_t key_at, size_t key_bytes)
{
    *places = (struct places){ .buckets = buckets, .entry_bytes = entry_bytes, .key_at = key_at, .key_bytes = key_bytes };
    enum status status = random_bytes(&places->seed, sizeof places->seed);
    if (status != STATUS_OK) {
        return status;
    }
    places->entries = calloc(buckets * PLACES_OF_KEY, entry_bytes);
    return places->entries == NULL ? STATUS_EXHAUSTED : STATUS_OK;
}

void places_close(struct places *places)
{
    free(places->entries);
    places->entries = NULL;
}

size_t places_count(const struct places *places)
{
    return places->buckets * PLACES_OF_KEY;
}

void *places_at(struct places *places, size_t index)
{
    return places->entries + index * places->entry_bytes;
}

static int64_t stamp_of(const void *entry)
{
    const struct place *place = entry;
    return place->stamp;
}

static size_t first_of(const struct places *places, const uint8_t *key)
{
    uint64_t hash = places->seed;
    for (size_t i = 0; i < places->key_bytes; i++) {
        hash = (hash ^ key[i]) * 1099511628211u;
    }
    return (hash ^ hash >> 32) % places->buckets * PLACES_OF_KEY;
}

void *places_find(struct places *places, const uint8_t *key)
{
    size_t first = first_of(places, key);
    for (size_t i = 0; i < PLACES_OF_KEY; i++) {
        unsigned char *entry = places_at(places, first + i);
        if (stamp_of(entry) != 0 && memcmp(entry + places->key_at, key, places->key_bytes) == 0) {
            return entry;
        }
    }
    return NULL;
}

void *places_take(struct places *places, const uint8_t *key)
{
    unsigned char *found = places_find(places, key);
    if (found != NULL) {
        return found;
    }
    size_t first = first_of(places, key);
    found = places_at(places, first);
    for (size_t i = 1; i < PLACES_OF_KEY; i++) {
        unsigned char *entry = places_at(places, first + i);
        found = stamp_of(entry) < stamp_of(found) ? entry : found;
    }
    memset(found, 0, places->entry_bytes);
    memcpy(found + places->key_at, key, places->key_bytes);
    return found;
}
