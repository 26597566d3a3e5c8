/*
 * Open addressing with FNV-1a. Tables that were outgrown stay in the arena: together they
 * are as large as the last one.
 */
#include "rules/figure_codes.h"

#include <stdint.h>
#include <string.h>

enum { CAPACITY_FIRST = 128 };

static uint64_t hash_of(const char *name)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (const unsigned char *at = (const unsigned char *)name; *at != 0; at++) {
        hash = (hash ^ *at) * 0x100000001b3u;
    }
    return hash;
}

/* The slot that has the name, or the free one where it would stand. */
static struct figure_code *slot_of(const struct figure_codes *codes, const char *name)
{
    size_t at = (size_t)hash_of(name) & (codes->capacity - 1);
    while (codes->slots[at].name != NULL && strcmp(codes->slots[at].name, name) != 0) {
        at = (at + 1) & (codes->capacity - 1);
    }
    return &codes->slots[at];
}

const struct figure_code *figure_codes_find(const struct figure_codes *codes, const char *name)
{
    const struct figure_code *slot = codes->capacity == 0 ? NULL : slot_of(codes, name);
    return slot != NULL && slot->name != NULL ? slot : NULL;
}

static enum status grow(struct figure_codes *codes, struct arena *arena)
{
    struct figure_codes wider = { NULL, codes->count, codes->capacity == 0 ? CAPACITY_FIRST : 2 * codes->capacity };
    wider.slots = arena_array(arena, wider.capacity, sizeof *wider.slots);
    if (wider.slots == NULL) {
        return STATUS_EXHAUSTED;
    }
    for (size_t i = 0; i < codes->capacity; i++) {
        if (codes->slots[i].name != NULL) {
            *slot_of(&wider, codes->slots[i].name) = codes->slots[i];
        }
    }
    *codes = wider;
    return STATUS_OK;
}

enum status figure_codes_add(struct figure_codes *codes, struct arena *arena, const char *name, const char *value)
{
    enum status status = 2 * (codes->count + 1) > codes->capacity ? grow(codes, arena) : STATUS_OK;
    if (status == STATUS_OK) {
        *slot_of(codes, name) = (struct figure_code){ name, value };
        codes->count++;
    }
    return status;
}
