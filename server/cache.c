/*
 * The reply cache of a lane: few entries, searched by hash from end to end. Who fills
 * it and what may be kept: reply.c.
 */
#include "server/cache.h"

#include <microhttpd.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

struct slot {
    uint64_t used; /* clock of the last use */
    uint64_t variant;
    char *texts;   /* target, accept and host, each with its NUL */
    enum coding coding;
    struct cached reply;
    struct MHD_Response *owned; /* reply.response, to be given back */
};

struct cache {
    uint64_t clock;
    uint64_t hashes[CACHE_ENTRIES]; /* of the slots, side by side for the search; 0: empty */
    struct slot slots[CACHE_ENTRIES];
    _Atomic uint64_t hits, misses; /* written by the lane's thread alone */
};

static const char *text_of(const char *text)
{
    return text != NULL ? text : "";
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at != 0; at++) {
        hash = (hash ^ *at) * 1099511628211u;
    }
    return (hash ^ 0x100) * 1099511628211u;
}

static uint64_t hash_key(const struct cache_key *key)
{
    uint64_t hash = hash_text(14695981039346656037u, key->target);
    hash = hash_text(hash, text_of(key->accept));
    hash = hash_text(hash, text_of(key->host));
    hash = (hash ^ key->variant ^ ((uint64_t)key->coding << 56)) * 1099511628211u;
    return hash != 0 ? hash : 1;
}

static bool slot_is(const struct slot *slot, const struct cache_key *key)
{
    const char *at = slot->texts;
    if (slot->variant != key->variant || slot->coding != key->coding || strcmp(at, key->target) != 0) {
        return false;
    }
    at += strlen(at) + 1;
    if (strcmp(at, text_of(key->accept)) != 0) {
        return false;
    }
    at += strlen(at) + 1;
    return strcmp(at, text_of(key->host)) == 0;
}

static void slot_clear(struct slot *slot)
{
    if (slot->owned != NULL) {
        MHD_destroy_response(slot->owned);
    }
    free(slot->texts);
    memset(slot, 0, sizeof *slot);
}

static struct slot *find_slot(struct cache *cache, const struct cache_key *key, uint64_t hash)
{
    for (size_t i = 0; i < CACHE_ENTRIES; i++) {
        if (cache->hashes[i] == hash && slot_is(&cache->slots[i], key)) {
            return &cache->slots[i];
        }
    }
    return NULL;
}

/* Whether the day that the reply depends on is still, or again, the same. */
static bool is_of_now(const struct cached *reply)
{
    if (reply->true_until_ms == 0) {
        return true;
    }
    const int64_t now_ms = clock_wall_ms();
    return now_ms >= reply->true_from_ms && now_ms < reply->true_until_ms;
}

struct cached *cache_find(struct cache *cache, const struct cache_key *key, uint64_t seq)
{
    struct slot *slot = find_slot(cache, key, hash_key(key));
    if (slot == NULL || slot->reply.seq != seq || !is_of_now(&slot->reply)) {
        atomic_fetch_add_explicit(&cache->misses, 1, memory_order_relaxed);
        return NULL;
    }
    atomic_fetch_add_explicit(&cache->hits, 1, memory_order_relaxed);
    slot->used = ++cache->clock;
    return &slot->reply;
}

void cache_count(const struct cache *cache, uint64_t *hits, uint64_t *misses)
{
    *hits = atomic_load_explicit(&cache->hits, memory_order_relaxed);
    *misses = atomic_load_explicit(&cache->misses, memory_order_relaxed);
}

bool cache_keep(struct cache *cache, const struct cache_key *key, const struct cached *reply)
{
    uint64_t hash = hash_key(key);
    size_t lengths[3] = {strlen(key->target) + 1, strlen(text_of(key->accept)) + 1, strlen(text_of(key->host)) + 1};
    size_t bytes = lengths[0] + lengths[1] + lengths[2];
    char *texts = malloc(bytes);
    if (texts == NULL) {
        return false;
    }
    memcpy(texts, key->target, lengths[0]);
    memcpy(texts + lengths[0], text_of(key->accept), lengths[1]);
    memcpy(texts + lengths[0] + lengths[1], text_of(key->host), lengths[2]);
    struct slot *slot = find_slot(cache, key, hash);
    if (slot == NULL) {
        slot = &cache->slots[0];
        for (size_t i = 1; i < CACHE_ENTRIES; i++) {
            if (cache->slots[i].used < slot->used) {
                slot = &cache->slots[i];
            }
        }
    }
    slot_clear(slot);
    slot->used = ++cache->clock;
    slot->texts = texts;
    slot->variant = key->variant;
    slot->coding = key->coding;
    slot->reply = *reply;
    slot->owned = reply->response;
    cache->hashes[slot - cache->slots] = hash;
    return true;
}

enum status cache_open(struct cache **cache)
{
    struct cache *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return STATUS_EXHAUSTED;
    }
    *cache = opened;
    return STATUS_OK;
}

void cache_close(struct cache *cache)
{
    if (cache != NULL) {
        for (size_t i = 0; i < CACHE_ENTRIES; i++) {
            slot_clear(&cache->slots[i]);
        }
        free(cache);
    }
}
