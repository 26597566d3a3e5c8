/*
 * Parts in the order in which they came, in groups: of 8, 16, 32 and then 64 each, so that a short ledger has a small one. A group has a row
 * for each bit of a filter, and in it a bit for each of its parts: what all rows of a key have in common are the parts that can have it.
 */
#include "db/key_filter.h"

#include <stdlib.h>
#include <string.h>

#include "base/random.h"

enum {
    PART = 1 << KEY_FILTER_PART_BITS,
    ROWS = 32 * PART, /* 32 bits for each key of a full part */
    ROWS_EACH = 8,    /* of a key */
    GROUP_FIRST = 8, GROUP_MAX = 64 /* parts */
};

struct group {
    size_t width; /* bytes of a row */
    size_t first; /* place of its first part among all */
    int64_t numbers[GROUP_MAX];
    unsigned char rows[];
};

struct key_filter {
    uint64_t seed;
    size_t parts;
    size_t group_count;
    struct group **groups;
};

enum status key_filter_open(struct key_filter **out)
{
    struct key_filter *filter = calloc(1, sizeof *filter);
    if (filter == NULL) {
        return STATUS_EXHAUSTED;
    }
    enum status status = random_bytes(&filter->seed, sizeof filter->seed);
    if (status != STATUS_OK) {
        free(filter);
        return status;
    }
    *out = filter;
    return STATUS_OK;
}

void key_filter_close(struct key_filter *filter)
{
    if (filter != NULL) {
        for (size_t i = 0; i < filter->group_count; i++) {
            free(filter->groups[i]);
        }
        free(filter->groups);
        free(filter);
    }
}

/* The finaliser of SplitMix64. */
static uint64_t mix(uint64_t hash)
{
    hash = (hash ^ (hash >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    hash = (hash ^ (hash >> 27)) * UINT64_C(0x94d049bb133111eb);
    return hash ^ (hash >> 31);
}

static uint64_t take_in(uint64_t hash, const char *text)
{
    uint64_t word = 0;
    size_t length = strlen(text), at = 0;
    for (; length - at >= sizeof word; at += sizeof word) {
        memcpy(&word, text + at, sizeof word);
        hash = mix(hash ^ word);
    }
    word = 0;
    memcpy(&word, text + at, length - at);
    return mix(hash ^ word) + length;
}

uint64_t key_filter_hash(const struct key_filter *filter, const char *scope, const char *key)
{
    return mix(take_in(take_in(filter->seed, scope), key));
}

/* A key's rows, by two hashes of 32 bits (Kirsch, Mitzenmacher: "Less Hashing, Same Performance", ESA 2006). */
static size_t row_of(uint64_t hash, uint32_t index)
{
    const uint32_t mixed = (uint32_t)hash + index * ((uint32_t)(hash >> 32) | 1);
    return (size_t)(((uint64_t)mixed * ROWS) >> 32);
}

static enum status add_group(struct key_filter *filter)
{
    const size_t width = filter->group_count >= 3 ? GROUP_MAX / 8 : (size_t)(GROUP_FIRST / 8) << filter->group_count;
    struct group **groups = realloc(filter->groups, (filter->group_count + 1) * sizeof *groups);
    if (groups == NULL) {
        return STATUS_EXHAUSTED;
    }
    filter->groups = groups;
    struct group *group = calloc(1, sizeof *group + ROWS * width);
    if (group == NULL) {
        return STATUS_EXHAUSTED;
    }
    group->width = width;
    group->first = filter->parts;
    groups[filter->group_count++] = group;
    return STATUS_OK;
}

static struct group *newest(const struct key_filter *filter)
{
    return filter->group_count > 0 ? filter->groups[filter->group_count - 1] : NULL;
}

static enum status add_part(struct key_filter *filter, int64_t part)
{
    const struct group *last = newest(filter);
    enum status status = last == NULL || filter->parts - last->first == 8 * last->width ? add_group(filter) : STATUS_OK;
    if (status == STATUS_OK) {
        struct group *group = newest(filter);
        group->numbers[filter->parts++ - group->first] = part;
    }
    return status;
}

/* The group that has the part, and its place there, from the last on; NULL where it is new. */
static struct group *find_part(const struct key_filter *filter, int64_t part, size_t *place)
{
    size_t end = filter->parts;
    for (size_t i = filter->group_count; i > 0; i--) {
        struct group *group = filter->groups[i - 1];
        for (*place = end - group->first; *place > 0;) {
            if (group->numbers[--*place] == part) {
                return group;
            }
        }
        end = group->first;
    }
    return NULL;
}

/* Bit n: the n-th part of the group. */
static uint64_t read_row(const struct group *group, size_t row)
{
    uint8_t narrow = 0;
    uint16_t middle = 0;
    uint32_t wide = 0;
    uint64_t bits = 0;
    const unsigned char *at = group->rows + row * group->width;
    switch (group->width) {
    case sizeof narrow: memcpy(&narrow, at, sizeof narrow); return narrow;
    case sizeof middle: memcpy(&middle, at, sizeof middle); return middle;
    case sizeof wide:   memcpy(&wide, at, sizeof wide);     return wide;
    default:            memcpy(&bits, at, sizeof bits);     return bits;
    }
}

static void write_row(struct group *group, size_t row, uint64_t bits)
{
    const uint8_t narrow = (uint8_t)bits;
    const uint16_t middle = (uint16_t)bits;
    const uint32_t wide = (uint32_t)bits;
    unsigned char *at = group->rows + row * group->width;
    switch (group->width) {
    case sizeof narrow: memcpy(at, &narrow, sizeof narrow); break;
    case sizeof middle: memcpy(at, &middle, sizeof middle); break;
    case sizeof wide:   memcpy(at, &wide, sizeof wide);     break;
    default:            memcpy(at, &bits, sizeof bits);     break;
    }
}

enum status key_filter_add(struct key_filter *filter, int64_t part, uint64_t hash)
{
    size_t place = 0;
    struct group *group = find_part(filter, part, &place);
    if (group == NULL) {
        enum status status = add_part(filter, part);
        if (status != STATUS_OK) {
            return status;
        }
        group = newest(filter);
        place = filter->parts - 1 - group->first;
    }
    for (uint32_t i = 0; i < ROWS_EACH; i++) {
        const size_t row = row_of(hash, i);
        write_row(group, row, read_row(group, row) | UINT64_C(1) << place);
    }
    return STATUS_OK;
}

static uint64_t parts_with(const struct group *group, uint64_t hash)
{
    uint64_t bits = UINT64_MAX;
    for (uint32_t i = 0; i < ROWS_EACH; i++) {
        bits &= read_row(group, row_of(hash, i));
    }
    return bits;
}

bool key_filter_next(const struct key_filter *filter, uint64_t hash, size_t *place, int64_t *part)
{
    size_t end = filter->parts - *place; /* those before it are to come */
    for (size_t i = filter->group_count; i > 0; i--) {
        const struct group *group = filter->groups[i - 1];
        if (group->first >= end) {
            continue;
        }
        const uint64_t bits = parts_with(group, hash) & (UINT64_MAX >> (GROUP_MAX - (end - group->first)));
        if (bits != 0) {
            const size_t found = 63U - (size_t)__builtin_clzll(bits);
            *place = filter->parts - (group->first + found);
            *part = group->numbers[found];
            return true;
        }
        end = group->first;
    }
    *place = filter->parts;
    return false;
}
