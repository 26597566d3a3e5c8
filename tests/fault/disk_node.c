/*
 * Files of the disk in memory. The locks are those of https://www.sqlite.org/lockingv3.html and, for shared memory, those of
 * xShmLock, among the connections of one process.
 */
#include "tests/fault/disk_node.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "tests/fault/room.h"

void node_free(struct node *node)
{
    node_forget_regions(node);
    free(node->name);
    free(node->bytes);
    free(node);
}

static void make_room(struct node *node, size_t length)
{
    if (length <= node->capacity) {
        return;
    }
    node->capacity = length * 2;
    node->bytes = room_grown(node->bytes, node->capacity);
}

void node_write(struct node *node, size_t offset, const void *bytes, size_t length)
{
    make_room(node, offset + length);
    if (offset > node->length) {
        memset(node->bytes + node->length, 0, offset - node->length);
    }
    if (length > 0) {
        memcpy(node->bytes + offset, bytes, length);
    }
    node->length = offset + length > node->length ? offset + length : node->length;
}

void node_truncate(struct node *node, size_t length)
{
    make_room(node, length);
    if (length > node->length) {
        memset(node->bytes + node->length, 0, length - node->length);
    }
    node->length = length;
}

bool node_lock(struct node *node, const void *owner, int *level, int wanted)
{
    if (*level >= wanted) {
        return true;
    }
    if (*level == SQLITE_LOCK_NONE) {
        if (node->pending != NULL || node->exclusive != NULL) {
            return false;
        }
        node->readers++;
        *level = SQLITE_LOCK_SHARED;
    }
    if (wanted >= SQLITE_LOCK_RESERVED && *level < SQLITE_LOCK_RESERVED) {
        if (node->reserved != NULL) {
            return false;
        }
        node->reserved = owner;
        *level = SQLITE_LOCK_RESERVED;
    }
    if (wanted == SQLITE_LOCK_EXCLUSIVE) {
        node->pending = owner;
        *level = SQLITE_LOCK_PENDING;
        if (node->readers > 1) {
            return false;
        }
        node->exclusive = owner;
        *level = SQLITE_LOCK_EXCLUSIVE;
    }
    return true;
}

void node_unlock(struct node *node, const void *owner, int *level, int wanted)
{
    if (*level <= wanted) {
        return;
    }
    node->reserved = node->reserved == owner ? NULL : node->reserved;
    node->pending = node->pending == owner ? NULL : node->pending;
    node->exclusive = node->exclusive == owner ? NULL : node->exclusive;
    if (wanted == SQLITE_LOCK_NONE) {
        assert(node->readers > 0);
        node->readers--;
    }
    *level = wanted;
}

void *node_region(struct node *node, size_t index, size_t bytes, bool makes)
{
    while (makes && node->region_count <= index) {
        node->regions = room_grown(node->regions, (node->region_count + 1) * sizeof *node->regions);
        node->regions[node->region_count++] = room(bytes);
    }
    return index < node->region_count ? node->regions[index] : NULL;
}

void node_forget_regions(struct node *node)
{
    for (size_t i = 0; i < node->region_count; i++) {
        free(node->regions[i]);
    }
    free(node->regions);
    node->regions = NULL;
    node->region_count = 0;
}

bool node_claim(struct node *node, struct node_claims *claims, unsigned mask, bool is_exclusive)
{
    for (unsigned slot = 0; slot < NODE_SLOTS; slot++) {
        unsigned bit = mask & (1u << slot);
        unsigned others = node->shared[slot] - ((claims->shared & bit) != 0 ? 1 : 0);
        if (bit != 0 && (node->is_exclusive[slot] || (is_exclusive && others > 0))) {
            return false;
        }
    }
    for (unsigned slot = 0; slot < NODE_SLOTS; slot++) {
        unsigned bit = mask & (1u << slot);
        if (bit == 0) {
            continue;
        }
        if (is_exclusive) {
            node->is_exclusive[slot] = true;
            claims->exclusive |= bit;
        } else if ((claims->shared & bit) == 0) {
            node->shared[slot]++;
            claims->shared |= bit;
        }
    }
    return true;
}

void node_release(struct node *node, struct node_claims *claims, unsigned mask)
{
    for (unsigned slot = 0; slot < NODE_SLOTS; slot++) {
        unsigned bit = mask & (1u << slot);
        if ((claims->exclusive & bit) != 0) {
            node->is_exclusive[slot] = false;
        }
        if ((claims->shared & bit) != 0) {
            node->shared[slot]--;
        }
    }
    claims->exclusive &= ~mask;
    claims->shared &= ~mask;
}
