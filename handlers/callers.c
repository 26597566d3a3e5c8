/*
 * Two tables of fixed size under one lock (base/places.h), in which the oldest of a few places gives way: what is forgotten so is a use a
 * minute old, or a network that failed less lately than another. access.c asks, clerk.c stores.
 */
#include "handlers/callers.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/places.h"

enum { BUCKETS = 1024, NETWORK_BYTES = CALLERS_NETWORK_BYTES, SECOND_US = 1000000 };

struct use {
    struct place used_at_ms;
    uint8_t hash[DIGEST_BYTES];
    bool is_taken; /* for storing */
};

struct network {
    struct place since_us; /* when its window began */
    uint8_t prefix[NETWORK_BYTES];
    unsigned failures;
    uint8_t last[CALLERS_REMEMBERED][DIGEST_BYTES]; /* the tokens of the last failures, round and round */
};

struct callers {
    pthread_mutex_t lock;
    struct places uses;
    struct places networks;
};

static void free_callers(struct callers *callers)
{
    places_close(&callers->uses);
    places_close(&callers->networks);
    free(callers);
}

enum status callers_open(struct callers **callers)
{
    struct callers *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return STATUS_EXHAUSTED;
    }
    enum status status = places_open(&opened->uses, BUCKETS, sizeof(struct use), offsetof(struct use, hash), DIGEST_BYTES);
    if (status == STATUS_OK) {
        status = places_open(&opened->networks, BUCKETS, sizeof(struct network), offsetof(struct network, prefix), NETWORK_BYTES);
    }
    if (status != STATUS_OK) {
        free_callers(opened);
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
        free_callers(callers);
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

void callers_used(struct callers *callers, const uint8_t hash[DIGEST_BYTES], int64_t wall_ms)
{
    pthread_mutex_lock(&callers->lock);
    struct use *use = places_take(&callers->uses, hash);
    use->used_at_ms.stamp = wall_ms;
    use->is_taken = false;
    pthread_mutex_unlock(&callers->lock);
}

/* The place of a network, made where there is none. */
static struct network *network_take(struct callers *callers, const uint8_t prefix[NETWORK_BYTES], int64_t now_us)
{
    struct network *network = places_take(&callers->networks, prefix);
    if (network->since_us.stamp == 0 || now_us - network->since_us.stamp >= (int64_t)CALLERS_WINDOW_S * SECOND_US) {
        network->since_us.stamp = now_us;
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
        wait_us = network->since_us.stamp + (int64_t)CALLERS_WINDOW_S * SECOND_US - now_us;
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
    for (size_t i = 0; i < places_count(&callers->uses) && count < limit; i++) {
        struct use *use = places_at(&callers->uses, i);
        if (use->used_at_ms.stamp != 0 && !use->is_taken) {
            memcpy(uses[count].hash, use->hash, DIGEST_BYTES);
            uses[count].used_at_ms = use->used_at_ms.stamp;
            use->is_taken = true;
            count++;
        }
    }
    pthread_mutex_unlock(&callers->lock);
    return count;
}
