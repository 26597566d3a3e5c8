/*
 * A list of entries, the one used last in front, under one mutex. A look-up walks the
 * list and compares hashes first: with a few hundred entries that costs less than
 * copying the answer does.
 */
#include "handlers/analysis/cache.h"

#include <assert.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    struct entry *newer, *older;
    uint64_t hash;
    size_t key_length, body_length;
    char etag[TAG_BYTES];
    char bytes[]; /* the key with its NUL, then the body */
};

/* Invariants: 1. entries is the length of the list, bytes the sum of entry_bytes over it;
 * 2. entries <= entries_max and bytes <= bytes_max; 3. newest and oldest are its two ends. */
struct analysis_cache {
    pthread_mutex_t mutex;
    struct entry *newest, *oldest;
    size_t entries, entries_max;
    size_t bytes, bytes_max;
    uint64_t hits, misses;
};

struct analysis_cache *analysis_cache_create(size_t entries_max, size_t bytes_max)
{
    assert(entries_max > 0);
    struct analysis_cache *cache = calloc(1, sizeof *cache);
    if (cache == NULL || pthread_mutex_init(&cache->mutex, NULL) != 0) {
        free(cache);
        return NULL;
    }
    cache->entries_max = entries_max;
    cache->bytes_max = bytes_max;
    return cache;
}

void analysis_cache_free(struct analysis_cache *cache)
{
    if (cache == NULL) {
        return;
    }
    for (struct entry *entry = cache->newest; entry != NULL;) {
        struct entry *older = entry->older;
        free(entry);
        entry = older;
    }
    pthread_mutex_destroy(&cache->mutex);
    free(cache);
}

static void lock(struct analysis_cache *cache)
{
    int failed = pthread_mutex_lock(&cache->mutex);
    assert(failed == 0);
    (void)failed;
}

static void unlock(struct analysis_cache *cache)
{
    int failed = pthread_mutex_unlock(&cache->mutex);
    assert(failed == 0);
    (void)failed;
}

/* FNV-1a, 64 bits. A collision costs one comparison of texts. */
static uint64_t hash_of(const char *key)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (const unsigned char *at = (const unsigned char *)key; *at != 0; at++) {
        hash = (hash ^ *at) * 0x100000001b3u;
    }
    return hash;
}

static size_t entry_bytes(const struct entry *entry)
{
    return sizeof *entry + entry->key_length + 1 + entry->body_length;
}

static void unlink_entry(struct analysis_cache *cache, struct entry *entry)
{
    *(entry->newer != NULL ? &entry->newer->older : &cache->newest) = entry->older;
    *(entry->older != NULL ? &entry->older->newer : &cache->oldest) = entry->newer;
    cache->entries--;
    cache->bytes -= entry_bytes(entry);
}

static void link_newest(struct analysis_cache *cache, struct entry *entry)
{
    entry->newer = NULL;
    entry->older = cache->newest;
    *(cache->newest != NULL ? &cache->newest->newer : &cache->oldest) = entry;
    cache->newest = entry;
    cache->entries++;
    cache->bytes += entry_bytes(entry);
}

static struct entry *find(struct analysis_cache *cache, const char *key)
{
    uint64_t hash = hash_of(key);
    struct entry *entry = cache->newest;
    while (entry != NULL && (entry->hash != hash || strcmp(entry->bytes, key) != 0)) {
        entry = entry->older;
    }
    return entry;
}

enum status analysis_cache_find(struct analysis_cache *cache, const char *key, struct buffer *body,
                                char etag[TAG_BYTES])
{
    enum status status = STATUS_ABSENT;
    lock(cache);
    struct entry *entry = find(cache, key);
    if (entry != NULL) {
        cache->hits++;
        unlink_entry(cache, entry);
        link_newest(cache, entry);
        buffer_append(body, entry->bytes + entry->key_length + 1, entry->body_length);
        memcpy(etag, entry->etag, sizeof entry->etag);
        status = body->failed ? STATUS_EXHAUSTED : STATUS_OK;
    }
    unlock(cache);
    return status;
}

void analysis_cache_keep(struct analysis_cache *cache, const char *key, const char *body, size_t length,
                         const char *etag)
{
    size_t key_length = strlen(key);
    assert(strlen(etag) < TAG_BYTES);
    if (length > cache->bytes_max / 4 || key_length > cache->bytes_max / 4) {
        return;
    }
    struct entry *entry = malloc(sizeof *entry + key_length + 1 + length);
    if (entry == NULL) {
        return;
    }
    entry->hash = hash_of(key);
    entry->key_length = key_length;
    entry->body_length = length;
    memset(entry->etag, 0, sizeof entry->etag);
    memcpy(entry->etag, etag, strlen(etag));
    memcpy(entry->bytes, key, key_length + 1);
    memcpy(entry->bytes + key_length + 1, body, length);
    lock(cache);
    cache->misses++;
    if (find(cache, key) != NULL || entry_bytes(entry) > cache->bytes_max) {
        free(entry);
    } else {
        while (cache->entries == cache->entries_max || cache->bytes > cache->bytes_max - entry_bytes(entry)) {
            struct entry *oldest = cache->oldest;
            unlink_entry(cache, oldest);
            free(oldest);
        }
        link_newest(cache, entry);
    }
    unlock(cache);
}

void analysis_cache_measure(struct analysis_cache *cache, size_t *entries, size_t *bytes)
{
    lock(cache);
    *entries = cache->entries;
    *bytes = cache->bytes;
    unlock(cache);
}

void analysis_cache_count(struct analysis_cache *cache, uint64_t *hits, uint64_t *misses)
{
    lock(cache);
    *hits = cache->hits;
    *misses = cache->misses;
    unlock(cache);
}
