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
    uint32_t pushed; /* guests that were pushed out and have not gone yet */
    int32_t next;    /* in its bucket, or in the free list */
};

/* Where a connection is counted. */
enum standing { WITHIN, GUEST, PUSHED };

struct place {
    int32_t entry;          /* NONE: nowhere */
    enum standing standing;
    bool is_held;
    uint64_t stamp; /* no other connection's, by this descriptor or another */
    int32_t previous, next; /* of guests, by descriptor */
};

/*
 * Invariants, under lock:
 *  1. total is the sum of all counts, guests that of all guests, pushed of all pushed; by_fd that are not NONE are as many as all three
 *     together;
 *  2. an entry is in a bucket exactly while its count, its guests or its pushed > 0;
 *  3. the list from guest_first to guest_last has the guests, as they came.
 */
struct addresses {
    pthread_mutex_t lock;
    size_t limit;
    size_t per_address; /* under lock too: it may be set anew */
    size_t total;
    size_t guests;
    size_t pushed;
    int32_t guest_first, guest_last;
    uint64_t seed;
    uint64_t stamps; /* given so far */
    struct entry *entries; /* limit + ADDRESSES_BEYOND_MAX of them */
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

static void count(struct addresses *addresses, const struct place *place, int by)
{
    struct entry *entry = &addresses->entries[place->entry];
    size_t *all[] = {[WITHIN] = &addresses->total, [GUEST] = &addresses->guests, [PUSHED] = &addresses->pushed};
    uint32_t *each[] = {[WITHIN] = &entry->count, [GUEST] = &entry->guests, [PUSHED] = &entry->pushed};
    *all[place->standing] += (size_t)by;
    *each[place->standing] += (uint32_t)by;
}

static void list_guest(struct addresses *addresses, int32_t fd)
{
    struct place *place = &addresses->by_fd[fd];
    place->previous = addresses->guest_last;
    place->next = NONE;
    *(place->previous != NONE ? &addresses->by_fd[place->previous].next : &addresses->guest_first) = fd;
    addresses->guest_last = fd;
}

static void unlist_guest(struct addresses *addresses, const struct place *place)
{
    *(place->previous != NONE ? &addresses->by_fd[place->previous].next : &addresses->guest_first) = place->next;
    *(place->next != NONE ? &addresses->by_fd[place->next].previous : &addresses->guest_last) = place->previous;
}

static void leave_locked(struct addresses *addresses, size_t fd)
{
    struct place place = addresses->by_fd[fd];
    assert(place.entry != NONE);
    struct entry *entry = &addresses->entries[place.entry];
    addresses->by_fd[fd].entry = NONE;
    count(addresses, &place, -1);
    if (place.standing == GUEST) {
        unlist_guest(addresses, &place);
    }
    if (entry->count > 0 || entry->guests > 0 || entry->pushed > 0) {
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

/* Within the limits. Who comes by a unix socket counts in all alone. */
static bool has_room(const struct addresses *addresses, int32_t index, bool is_unix)
{
    size_t from_there = index == NONE || is_unix ? 0 : addresses->entries[index].count;
    return addresses->total < addresses->limit && from_there < addresses->per_address;
}

/* Makes room for a guest from an address, if there is none. False: too many have not gone yet. */
static bool push_out(struct addresses *addresses, int32_t index)
{
    const bool is_new = index == NONE || (addresses->entries[index].guests == 0 && addresses->entries[index].pushed == 0);
    int32_t chosen = NONE;
    if (addresses->guests < ADDRESSES_GUESTS_MAX) {
        return true;
    }
    for (int32_t fd = addresses->guest_first; fd != NONE; fd = addresses->by_fd[fd].next) {
        const struct place *place = &addresses->by_fd[fd];
        if (!place->is_held && (chosen == NONE || addresses->entries[place->entry].guests >
                                                      addresses->entries[addresses->by_fd[chosen].entry].guests)) {
            chosen = fd;
        }
    }
    if (chosen == NONE || addresses->pushed >= ADDRESSES_PUSHED_MAX + (is_new ? ADDRESSES_PUSHED_NEW : 0)) {
        return false;
    }
    struct place *place = &addresses->by_fd[chosen];
    unlist_guest(addresses, place);
    count(addresses, place, -1);
    place->standing = PUSHED;
    count(addresses, place, 1);
    shutdown(chosen, SHUT_RD); /* under the lock: it leaves before it is closed */
    return true;
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
    if (is_guest ? !push_out(addresses, index) : !has_room(addresses, index, peer->sa_family == AF_UNIX)) {
        goto done;
    }
    if (index == NONE) {
        index = make_entry(addresses, address);
    }
    addresses->by_fd[fd] = (struct place){.entry = index, .standing = is_guest ? GUEST : WITHIN, .stamp = ++addresses->stamps};
    count(addresses, &addresses->by_fd[fd], 1);
    if (is_guest) {
        list_guest(addresses, fd);
    }
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

uint64_t addresses_stamp(struct addresses *addresses, int fd)
{
    uint64_t stamp = 0;
    pthread_mutex_lock(&addresses->lock);
    if (fd >= 0 && (size_t)fd < addresses->fd_count && addresses->by_fd[fd].entry != NONE) {
        stamp = addresses->by_fd[fd].stamp;
    }
    pthread_mutex_unlock(&addresses->lock);
    return stamp;
}

void addresses_leave_closed(struct addresses *addresses, int fd, uint64_t stamp)
{
    pthread_mutex_lock(&addresses->lock);
    if (fd >= 0 && (size_t)fd < addresses->fd_count && addresses->by_fd[fd].entry != NONE && addresses->by_fd[fd].stamp == stamp) {
        leave_locked(addresses, (size_t)fd);
    }
    pthread_mutex_unlock(&addresses->lock);
}

void addresses_hold(struct addresses *addresses, int fd, bool is_held)
{
    pthread_mutex_lock(&addresses->lock);
    if (fd >= 0 && (size_t)fd < addresses->fd_count && addresses->by_fd[fd].entry != NONE) {
        addresses->by_fd[fd].is_held = is_held;
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
    size_t total = addresses->total + addresses->guests + addresses->pushed;
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
    opened->guest_first = opened->guest_last = NONE;
    const size_t entries = limit + ADDRESSES_BEYOND_MAX;
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
