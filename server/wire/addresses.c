/*
 * Counting connections by client address: a hash table with room for as many addresses
 * as there may be connections, allocated once. listen.c enters, bridge.c leaves.
 */
#include "server/wire/addresses.h"

#include <assert.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"

enum { ADDRESS_BYTES = 16, SPARE_DESCRIPTORS = 1024, DESCRIPTORS_EACH = 3 /* over TLS (relay.h) */, NONE = -1 };

struct entry {
    uint8_t address[ADDRESS_BYTES];
    uint32_t count;  /* connections within the limits */
    uint32_t guests; /* and beyond them */
    int32_t next;    /* in its bucket, or in the free list */
};

/* Where a connection is counted. */
struct place {
    int32_t entry; /* NONE: nowhere */
    bool is_guest;
};

/*
 * Invariants, under lock:
 *  1. total is the sum of all counts, guests that of all guests; by_fd that are not NONE are as many as both together;
 *  2. an entry is in a bucket exactly while its count or its guests > 0.
 */
struct addresses {
    pthread_mutex_t lock;
    size_t limit;
    size_t per_address; /* under lock too: it may be set anew */
    size_t total;
    size_t guests;
    uint64_t seed;
    struct entry *entries; /* limit + ADDRESSES_GUESTS_MAX of them */
    int32_t free_first;
    int32_t *buckets;      /* bucket_count of them */
    size_t bucket_count;   /* a power of two */
    struct place *by_fd;   /* of each descriptor, fd_count of them */
    size_t fd_count;
};

/* IPv4 as IPv4-mapped IPv6; other families (unix sockets) share one address. */
static void address_of(const struct sockaddr *peer, uint8_t address[ADDRESS_BYTES])
{
    memset(address, 0, ADDRESS_BYTES);
    if (peer->sa_family == AF_INET) {
        address[10] = address[11] = 0xff;
        memcpy(address + 12, &((const struct sockaddr_in *)(const void *)peer)->sin_addr, 4);
    } else if (peer->sa_family == AF_INET6) {
        memcpy(address, &((const struct sockaddr_in6 *)(const void *)peer)->sin6_addr, ADDRESS_BYTES);
    }
}

static int32_t *bucket_of(struct addresses *addresses, const uint8_t address[ADDRESS_BYTES])
{
    uint64_t hash = addresses->seed;
    for (int i = 0; i < ADDRESS_BYTES; i++) {
        hash = (hash ^ address[i]) * 1099511628211u;
    }
    return &addresses->buckets[(hash ^ hash >> 32) & (addresses->bucket_count - 1)];
}

static void leave_locked(struct addresses *addresses, size_t fd)
{
    struct place place = addresses->by_fd[fd];
    assert(place.entry != NONE);
    struct entry *entry = &addresses->entries[place.entry];
    addresses->by_fd[fd].entry = NONE;
    *(place.is_guest ? &addresses->guests : &addresses->total) -= 1;
    *(place.is_guest ? &entry->guests : &entry->count) -= 1;
    if (entry->count > 0 || entry->guests > 0) {
        return;
    }
    int32_t *at = bucket_of(addresses, entry->address);
    while (*at != place.entry) {
        at = &addresses->entries[*at].next;
    }
    *at = entry->next;
    entry->next = addresses->free_first;
    addresses->free_first = place.entry;
}

/* The entry of an address, NONE where there is no connection from it. */
static int32_t find(struct addresses *addresses, const uint8_t address[ADDRESS_BYTES])
{
    int32_t index = *bucket_of(addresses, address);
    while (index != NONE && memcmp(addresses->entries[index].address, address, ADDRESS_BYTES) != 0) {
        index = addresses->entries[index].next;
    }
    return index;
}

static int32_t make_entry(struct addresses *addresses, const uint8_t address[ADDRESS_BYTES])
{
    int32_t index = addresses->free_first;
    assert(index != NONE); /* fewer connections than entries: one is free */
    struct entry *entry = &addresses->entries[index];
    int32_t *bucket = bucket_of(addresses, address);
    addresses->free_first = entry->next;
    memcpy(entry->address, address, ADDRESS_BYTES);
    entry->next = *bucket;
    *bucket = index;
    return index;
}

/* Who comes by a unix socket counts in all alone. */
static bool has_room(const struct addresses *addresses, int32_t index, bool is_unix, bool is_guest)
{
    size_t in_all = is_guest ? addresses->guests : addresses->total;
    size_t from_there = index == NONE || is_unix ? 0 : is_guest ? addresses->entries[index].guests : addresses->entries[index].count;
    return in_all < (is_guest ? (size_t)ADDRESSES_GUESTS_MAX : addresses->limit) &&
           from_there < (is_guest ? (size_t)ADDRESSES_GUESTS_EACH : addresses->per_address);
}

enum status addresses_enter(struct addresses *addresses, int fd, const struct sockaddr *peer, bool is_guest)
{
    uint8_t address[ADDRESS_BYTES];
    address_of(peer, address);
    enum status status = STATUS_BUSY;
    pthread_mutex_lock(&addresses->lock);
    if (fd < 0 || (size_t)fd >= addresses->fd_count) {
        goto done;
    }
    if (addresses->by_fd[fd].entry != NONE) {
        leave_locked(addresses, (size_t)fd);
    }
    int32_t index = find(addresses, address);
    if (!has_room(addresses, index, peer->sa_family == AF_UNIX, is_guest)) {
        goto done;
    }
    if (index == NONE) {
        index = make_entry(addresses, address);
    }
    *(is_guest ? &addresses->entries[index].guests : &addresses->entries[index].count) += 1;
    *(is_guest ? &addresses->guests : &addresses->total) += 1;
    addresses->by_fd[fd] = (struct place){.entry = index, .is_guest = is_guest};
    status = STATUS_OK;
done:
    pthread_mutex_unlock(&addresses->lock);
    return status;
}

void addresses_leave(struct addresses *addresses, int fd)
{
    pthread_mutex_lock(&addresses->lock);
    if (fd >= 0 && (size_t)fd < addresses->fd_count && addresses->by_fd[fd].entry != NONE) {
        leave_locked(addresses, (size_t)fd);
    }
    pthread_mutex_unlock(&addresses->lock);
}

void addresses_set_per_address(struct addresses *addresses, size_t per_address)
{
    pthread_mutex_lock(&addresses->lock);
    addresses->per_address = per_address;
    pthread_mutex_unlock(&addresses->lock);
}

size_t addresses_count(struct addresses *addresses)
{
    pthread_mutex_lock(&addresses->lock);
    size_t total = addresses->total + addresses->guests;
    pthread_mutex_unlock(&addresses->lock);
    return total;
}

enum status addresses_open(size_t limit, size_t per_address, struct addresses **addresses)
{
    struct addresses *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return STATUS_EXHAUSTED;
    }
    opened->limit = limit;
    opened->per_address = per_address;
    const size_t entries = limit + ADDRESSES_GUESTS_MAX;
    opened->fd_count = DESCRIPTORS_EACH * entries + SPARE_DESCRIPTORS;
    opened->bucket_count = 64;
    while (opened->bucket_count < 2 * entries) {
        opened->bucket_count *= 2;
    }
    opened->entries = calloc(entries, sizeof *opened->entries);
    opened->buckets = calloc(opened->bucket_count, sizeof *opened->buckets);
    opened->by_fd = calloc(opened->fd_count, sizeof *opened->by_fd);
    pthread_mutex_init(&opened->lock, NULL);
    enum status status = random_bytes(&opened->seed, sizeof opened->seed);
    if (opened->entries == NULL || opened->buckets == NULL || opened->by_fd == NULL) {
        status = STATUS_EXHAUSTED;
    }
    if (status != STATUS_OK) {
        addresses_close(opened);
        return status;
    }
    for (size_t i = 0; i < opened->bucket_count; i++) {
        opened->buckets[i] = NONE;
    }
    for (size_t i = 0; i < opened->fd_count; i++) {
        opened->by_fd[i].entry = NONE;
    }
    for (size_t i = 0; i < entries; i++) {
        opened->entries[i].next = i + 1 < entries ? (int32_t)(i + 1) : NONE;
    }
    *addresses = opened;
    return STATUS_OK;
}

void addresses_close(struct addresses *addresses)
{
    if (addresses != NULL) {
        pthread_mutex_destroy(&addresses->lock);
        free(addresses->entries);
        free(addresses->buckets);
        free(addresses->by_fd);
        free(addresses);
    }
}
