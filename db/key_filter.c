/*
 * Parts in the order in which they came, in groups of sixteen. A group is an array [block][part of the group].
 */
#include "db/key_filter.h"

#include <stdlib.h>
#include <string.h>

#include "base/random.h"

enum {
    WORDS = 8,                                        /* of 32 bits, to a block */
    BITS_EACH = 24,                                   /* for each key of a full part */
    BLOCKS = (1 << KEY_FILTER_PART_BITS) * BITS_EACH / (32 * WORDS), /* of a part */
    TOGETHER = 16                                     /* parts of a group */
};

struct block {
    uint32_t words[WORDS];
};

struct group {
    int64_t numbers[TOGETHER]; /* of its parts */
    struct block blocks[BLOCKS][TOGETHER];
};

struct key_filter {
    uint64_t seed;
    size_t parts;
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

static size_t groups_of(size_t parts)
{
    return (parts + TOGETHER - 1) / TOGETHER;
}

void key_filter_close(struct key_filter *filter)
{
    if (filter != NULL) {
        for (size_t i = 0; i < groups_of(filter->parts); i++) {
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

static size_t block_of(uint64_t hash)
{
    return (size_t)((hash >> 32) % BLOCKS);
}

/* The bit that a key has in each word. */
static struct block bits_of(uint64_t hash)
{
    static const uint32_t multipliers[WORDS] = { 0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d, 0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31 };
    struct block bits;
    for (int i = 0; i < WORDS; i++) {
        bits.words[i] = UINT32_C(1) << (((uint32_t)hash * multipliers[i]) >> 27);
    }
    return bits;
}

static enum status add_part(struct key_filter *filter, int64_t part)
{
    size_t group = filter->parts / TOGETHER;
    if (filter->parts % TOGETHER == 0) {
        struct group **groups = realloc(filter->groups, (group + 1) * sizeof *groups);
        if (groups == NULL) {
            return STATUS_EXHAUSTED;
        }
        filter->groups = groups;
        groups[group] = calloc(1, sizeof *groups[group]);
        if (groups[group] == NULL) {
            return STATUS_EXHAUSTED;
        }
    }
    filter->groups[group]->numbers[filter->parts % TOGETHER] = part;
    filter->parts++;
    return STATUS_OK;
}

/* The place of a part, from the last on: behind the parts where it is new. */
static size_t place_of(const struct key_filter *filter, int64_t part)
{
    for (size_t i = filter->parts; i > 0; i--) {
        if (filter->groups[(i - 1) / TOGETHER]->numbers[(i - 1) % TOGETHER] == part) {
            return i - 1;
        }
    }
    return filter->parts;
}

enum status key_filter_add(struct key_filter *filter, int64_t part, uint64_t hash)
{
    size_t place = place_of(filter, part);
    enum status status = place == filter->parts ? add_part(filter, part) : STATUS_OK;
    if (status == STATUS_OK) {
        const struct block bits = bits_of(hash);
        struct block *block = &filter->groups[place / TOGETHER]->blocks[block_of(hash)][place % TOGETHER];
        for (int i = 0; i < WORDS; i++) {
            block->words[i] |= bits.words[i];
        }
    }
    return status;
}

static bool has_all(const struct block *block, const struct block *bits)
{
    for (int i = 0; i < WORDS; i++) {
        if ((block->words[i] & bits->words[i]) == 0) {
            return false;
        }
    }
    return true;
}

bool key_filter_next(const struct key_filter *filter, uint64_t hash, size_t *place, int64_t *part)
{
    const size_t at = block_of(hash);
    const struct block bits = bits_of(hash);
    while (*place < filter->parts) {
        const size_t index = filter->parts - 1 - (*place)++;
        const struct group *group = filter->groups[index / TOGETHER];
        if (has_all(&group->blocks[at][index % TOGETHER], &bits)) {
            *part = group->numbers[index % TOGETHER];
            return true;
        }
    }
    return false;
}
