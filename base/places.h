#ifndef BASE_PLACES_H
#define BASE_PLACES_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/*
 * A table of fixed size that remembers what came last: a key has a few places, and the one with the least stamp gives way. Which keys share
 * places depends on a seed that nobody knows, so that nobody can crowd somebody out on purpose. The caller's lock.
 *
 * An entry is the caller's struct, which begins with struct place; its key stands behind that. A stamp of 0 is a free place; stamps are the
 * caller's to set, and mean whatever grows with time.
 */
struct place {
    int64_t stamp;
};

struct places {
    uint64_t seed;
    size_t buckets;
    size_t entry_bytes;
    size_t key_at, key_bytes;
    unsigned char *entries;
};

enum { PLACES_OF_KEY = 4 };

/* buckets * PLACES_OF_KEY zeroed entries; the key is key_bytes at key_at of each. STATUS_IO without random bytes. */
enum status places_open(struct places *places, size_t buckets, size_t entry_bytes, size_t key_at, size_t key_bytes) NODISCARD;
void places_close(struct places *places); /* a zeroed one does nothing */

/* The entry of a key, or NULL. */
void *places_find(struct places *places, const uint8_t *key);

/* The same; where there is none, the place that gives way, zeroed but for its key. The caller stamps it. */
void *places_take(struct places *places, const uint8_t *key);

/* All of them, free ones too. */
size_t places_count(const struct places *places);
void *places_at(struct places *places, size_t index);

#endif
