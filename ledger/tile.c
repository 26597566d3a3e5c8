/*
 * Growing the rows of the tree's hashes. It is counting in base 16: a leaf is a one at the
 * lowest digit, a full row is a carry into the level above. What is read from the rows:
 * proof.c. Where they are kept: db/tile.h, rules/growth.h.
 */
#include "ledger/tile.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

enum { LEVEL_BITS = 4 };

static size_t count_at(uint64_t size, unsigned level)
{
    return (size_t)(size >> (LEVEL_BITS * level) & (TILE_HASHES - 1));
}

/* Where the row of a level stands that is not full. */
static uint64_t position_at(uint64_t size, unsigned level)
{
    return size >> (LEVEL_BITS * level) >> LEVEL_BITS;
}

static enum status put_row(const struct tile_edge *edge, unsigned level, uint64_t position, size_t count, tile_put *put,
                           void *context)
{
    struct tile tile = { .level = level, .position = position, .count = count };
    memcpy(tile.hashes, edge->hashes[level], count * DIGEST_BYTES);
    return put(context, &tile);
}

void tile_edge_init(struct tile_edge *edge)
{
    memset(edge, 0, sizeof *edge);
}

void tile_fold(uint8_t out[DIGEST_BYTES], const uint8_t (*hashes)[DIGEST_BYTES], size_t count)
{
    uint8_t folded[TILE_HASHES][DIGEST_BYTES];
    assert(count >= 1 && count <= TILE_HASHES && (count & (count - 1)) == 0);
    memcpy(folded, hashes, count * DIGEST_BYTES);
    for (; count > 1; count /= 2) {
        for (size_t i = 0; i < count / 2; i++) {
            tree_join(folded[i], folded[2 * i], folded[2 * i + 1]);
        }
    }
    memcpy(out, folded[0], DIGEST_BYTES);
}

enum status tile_edge_append(struct tile_edge *edge, const uint8_t leaf_hash[DIGEST_BYTES], tile_put *put, void *context)
{
    uint8_t hash[DIGEST_BYTES];
    enum status status = STATUS_OK;
    assert(edge->size < UINT64_MAX);
    memcpy(hash, leaf_hash, sizeof hash);
    for (unsigned level = 0; status == STATUS_OK; level++) {
        size_t count = count_at(edge->size, level);
        memcpy(edge->hashes[level][count], hash, sizeof hash);
        if (count + 1 < TILE_HASHES) {
            break;
        }
        assert(level + 1 < TILE_LEVELS);
        status = put_row(edge, level, position_at(edge->size, level), TILE_HASHES, put, context);
        tile_fold(hash, (const uint8_t (*)[DIGEST_BYTES])edge->hashes[level], TILE_HASHES);
    }
    edge->size++;
    return status;
}

enum status tile_edge_put(const struct tile_edge *edge, uint64_t from, tile_put *put, void *context)
{
    enum status status = STATUS_OK;
    assert(from <= edge->size);
    for (unsigned level = 0; status == STATUS_OK && level < TILE_LEVELS; level++) {
        bool has_grown = from >> (LEVEL_BITS * level) != edge->size >> (LEVEL_BITS * level);
        size_t count = count_at(edge->size, level);
        if (has_grown && count > 0) {
            status = put_row(edge, level, position_at(edge->size, level), count, put, context);
        }
    }
    return status;
}

enum status tile_edge_get(struct tile_edge *edge, uint64_t size, tile_get *get, void *context)
{
    struct tile tile;
    for (unsigned level = 0; level < TILE_LEVELS; level++) {
        size_t count = count_at(size, level);
        if (count == 0) {
            continue;
        }
        enum status status = get(context, level, position_at(size, level), &tile);
        if (status == STATUS_OK && tile.count != count) {
            status = STATUS_CORRUPT;
        }
        if (status != STATUS_OK) {
            return status;
        }
        memcpy(edge->hashes[level], tile.hashes, count * DIGEST_BYTES);
    }
    edge->size = size;
    return STATUS_OK;
}

void tile_edge_tree(const struct tile_edge *edge, struct tree *tree)
{
    tree_init(tree);
    tree->size = edge->size;
    for (unsigned level = TILE_LEVELS; level-- > 0;) {
        size_t count = count_at(edge->size, level), used = 0;
        for (size_t width = TILE_HASHES / 2; width > 0; width /= 2) {
            if ((count & width) != 0) {
                tile_fold(tree->hashes[tree->count++], (const uint8_t (*)[DIGEST_BYTES])&edge->hashes[level][used], width);
                used += width;
            }
        }
    }
}
