/*
 * Two tables of fixed size under one lock. In each, a key has a few places, and the oldest of them gives way: what is
 * forgotten so is a use a minute old, or a network that failed less lately than another. access.c asks, clerk.c stores.
 */
#include "handlers/callers.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"

enum { BUCKETS = 1024, PLACES = 4, NETWORK_BYTES = CALLERS_NETWORK_BYTES, SECOND_US = 1000000 };

struct use {
    uint8_t hash[DIGEST_BYTES];
    int64_t used_at_ms; /* 0: the place is free */
    bool is_taken;      /* for storing */
};

struct network {
    uint8_t prefix[NETWORK_BYTES];
    int64_t since_us; /* when its window began; 0: the place is free */
    unsigned failures;
    uint8_t last[CALLERS_REMEMBERED][DIGEST_BYTES]; /* the tokens of the last failures, round and round */
};

struct callers {
    pthread_mutex_t lock;
    uint64_t seed;
    struct use uses[BUCKETS][PLACES];
    struct network networks[BUCKETS][PLACES];
};

enum status callers_open(struct callers **callers)
{
    struct callers *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return STATUS_EXHAUSTED;
    }
    enum status status = random_bytes(&opened->seed, sizeof opened->seed);
    if (status != STATUS_OK) {
        free(opened);
        return status;
    }
    pthread_mutex_init(&opened->lock, NULL);
    *callers = opened;
    return STATUS_OK;
}

void callers_close(struct callers *callers)
{
    if (callers != NULL) {
        pthread_mutex_destroy(&callers->lock);
        free(callers);
    }
}

void callers_network(const char *address, uint8_t prefix[NETWORK_BYTES])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    struct in6_addr six;
    struct in_addr four;
    memset(prefix, 0, NETWORK_BYTES);
    if (inet_pton(AF_INET6, address, &six) == 1) {
        const bool is_mapped = memcmp(&six, mapped, sizeof mapped) == 0;
        memcpy(prefix + (is_mapped ? 4 : 0), (const uint8_t *)&six + (is_mapped ? 12 : 0), is_mapped ? 4 : NETWORK_BYTES);
    } else if (inet_pton(AF_INET, address, &four) == 1) {
        memcpy(prefix + 4, &four, 4);
    }
}

static size_t bucket_of(const struct callers *callers, const uint8_t *key, size_t length)
{
    uint64_t hash = callers->seed;
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ key[i]) * 1099511628211u;
    }
    return (hash ^ hash >> 32) % BUCKETS;
}

/* The place of a token, or NULL. */
static struct use *use_find(struct callers *callers, const uint8_t hash[DIGEST_BYTES])
{
    struct use *uses = callers->uses[bucket_of(callers, hash, DIGEST_BYTES)];
    for (size_t i = 0; i < PLACES; i++) {
        if (uses[i].used_at_ms != 0 && memcmp(uses[i].hash, hash, DIGEST_BYTES) == 0) {
            return &uses[i];
        }
    }
    return NULL;
}

void callers_used(struct callers *callers, const uint8_t hash[DIGEST_BYTES], int64_t wall_ms)
{
    pthread_mutex_lock(&callers->lock);
    struct use *use = use_find(callers, hash);
    if (use == NULL) {
        struct use *uses = callers->uses[bucket_of(callers, hash, DIGEST_BYTES)];
        use = uses;
        for (size_t i = 1; i < PLACES; i++) {
            use = uses[i].used_at_ms < use->used_at_ms ? &uses[i] : use;
        }
        memcpy(use->hash, hash, DIGEST_BYTES);
    }
    use->used_at_ms = wall_ms;
    use->is_taken = false;
    pthread_mutex_unlock(&callers->lock);
}

/* The place of a network, or NULL. */
static struct network *network_find(struct callers *callers, const uint8_t prefix[NETWORK_BYTES])
{
    struct network *networks = callers->networks[bucket_of(callers, prefix, NETWORK_BYTES)];
    for (size_t i = 0; i < PLACES; i++) {
        if (networks[i].since_us != 0 && memcmp(networks[i].prefix, prefix, NETWORK_BYTES) == 0) {
            return &networks[i];
        }
    }
    return NULL;
}

/* The place of a network, made where there is none. */
static struct network *network_take(struct callers *callers, const uint8_t prefix[NETWORK_BYTES], int64_t now_us)
{
    struct network *network = network_find(callers, prefix);
    if (network == NULL) {
        struct network *networks = callers->networks[bucket_of(callers, prefix, NETWORK_BYTES)];
        network = networks;
        for (size_t i = 1; i < PLACES; i++) {
            network = networks[i].since_us < network->since_us ? &networks[i] : network;
        }
        *network = (struct network){.since_us = now_us};
        memcpy(network->prefix, prefix, NETWORK_BYTES);
    }
    if (now_us - network->since_us >= (int64_t)CALLERS_WINDOW_S * SECOND_US) {
        network->since_us = now_us;
        network->failures = 0;
    }
    return network;
}

static bool is_remembered(const struct network *network, const uint8_t hash[DIGEST_BYTES])
{
    for (unsigned i = 0; i < CALLERS_REMEMBERED && i < network->failures; i++) {
        if (memcmp(network->last[i], hash, DIGEST_BYTES) == 0) {
            return true;
        }
    }
    return false;
}

int64_t callers_failed(struct callers *callers, const char *address, const uint8_t hash[DIGEST_BYTES], int64_t now_us)
{
    uint8_t prefix[NETWORK_BYTES];
    int64_t wait_us = 0;
    callers_network(address, prefix);
    pthread_mutex_lock(&callers->lock);
    struct network *network = network_take(callers, prefix, now_us);
    if (is_remembered(network, hash)) {
        wait_us = 0; /* nothing new is learnt from it */
    } else if (network->failures >= CALLERS_FAILURES_MAX) {
        wait_us = network->since_us + (int64_t)CALLERS_WINDOW_S * SECOND_US - now_us;
    } else {
        memcpy(network->last[network->failures % CALLERS_REMEMBERED], hash, DIGEST_BYTES);
        network->failures++;
    }
    pthread_mutex_unlock(&callers->lock);
    return wait_us > 0 ? (wait_us + SECOND_US - 1) / SECOND_US : 0;
}

size_t callers_take(struct callers *callers, struct caller_use *uses, size_t limit)
{
    size_t count = 0;
    pthread_mutex_lock(&callers->lock);
    for (size_t i = 0; i < (size_t)BUCKETS * PLACES && count < limit; i++) {
        struct use *use = &callers->uses[i / PLACES][i % PLACES];
        if (use->used_at_ms != 0 && !use->is_taken) {
            memcpy(uses[count].hash, use->hash, DIGEST_BYTES);
            uses[count].used_at_ms = use->used_at_ms;
            use->is_taken = true;
            count++;
        }
    }
    pthread_mutex_unlock(&callers->lock);
    return count;
}
