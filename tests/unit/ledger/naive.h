#ifndef TESTS_UNIT_LEDGER_NAIVE_H
#define TESTS_UNIT_LEDGER_NAIVE_H

/*
 * The tree and its proofs by the recursive definitions of RFC 6962, section 2.1, as they are
 * written, and rows of hashes kept in memory. Include after cmocka.h.
 */

#include <string.h>

#include "ledger/proof.h"
#include "ledger/tile.h"

enum { NAIVE_LEAVES_MAX = 5000, NAIVE_ROWS_MAX = NAIVE_LEAVES_MAX / TILE_HASHES + 1, NAIVE_LEVELS = 4 };

/* Leaf i is the bytes of i, as many as i mod 9. */
static inline void naive_leaf(uint8_t out[DIGEST_BYTES], uint64_t i)
{
    tree_leaf_hash(out, &i, i % 9);
}

/* The largest power of two below n. */
static inline uint64_t naive_split(uint64_t n)
{
    uint64_t k = 1;
    while (k * 2 < n) {
        k *= 2;
    }
    return k;
}

/* MTH(D[begin:end]); what was worked out for a short range is remembered. */
static inline void naive_hash(uint8_t out[DIGEST_BYTES], uint64_t begin, uint64_t end)
{
    enum { KEPT = 301 };
    static uint8_t kept[KEPT][KEPT][DIGEST_BYTES];
    static bool is_kept[KEPT][KEPT];
    uint8_t joined[1 + 2 * DIGEST_BYTES] = { 0x01 };
    uint64_t n = end - begin;
    bool is_short = end < KEPT;
    if (n == 0) {
        digest_bytes(out, NULL, 0);
        return;
    }
    if (is_short && is_kept[begin][end]) {
        memcpy(out, kept[begin][end], DIGEST_BYTES);
        return;
    }
    if (n == 1) {
        naive_leaf(out, begin);
    } else {
        uint64_t k = naive_split(n);
        naive_hash(joined + 1, begin, begin + k);
        naive_hash(joined + 1 + DIGEST_BYTES, begin + k, end);
        digest_bytes(out, joined, sizeof joined);
    }
    if (is_short) {
        memcpy(kept[begin][end], out, DIGEST_BYTES);
        is_kept[begin][end] = true;
    }
}

/* PATH(m, D[begin:end]), m counted from begin. */
static inline void naive_path(struct proof *out, uint64_t m, uint64_t begin, uint64_t end)
{
    uint64_t n = end - begin;
    if (n == 1) {
        return;
    }
    uint64_t k = naive_split(n);
    if (m < k) {
        naive_path(out, m, begin, begin + k);
        naive_hash(out->hashes[out->count++], begin + k, end);
    } else {
        naive_path(out, m - k, begin + k, end);
        naive_hash(out->hashes[out->count++], begin, begin + k);
    }
}

/* SUBPROOF(m, D[begin:end], is_known). */
static inline void naive_subproof(struct proof *out, uint64_t m, uint64_t begin, uint64_t end, bool is_known)
{
    uint64_t n = end - begin;
    if (m == n) {
        if (!is_known) {
            naive_hash(out->hashes[out->count++], begin, end);
        }
        return;
    }
    uint64_t k = naive_split(n);
    if (m <= k) {
        naive_subproof(out, m, begin, begin + k, is_known);
        naive_hash(out->hashes[out->count++], begin + k, end);
    } else {
        naive_subproof(out, m - k, begin + k, end, false);
        naive_hash(out->hashes[out->count++], begin, begin + k);
    }
}

/* Rows in memory; puts and gets counts what was asked of them. */
struct naive_rows {
    struct tile rows[NAIVE_LEVELS][NAIVE_ROWS_MAX];
    size_t puts;
    size_t gets;
};

static inline enum status naive_put(void *context, const struct tile *tile)
{
    struct naive_rows *kept = context;
    assert_true(tile->level < NAIVE_LEVELS && tile->position < NAIVE_ROWS_MAX);
    assert_true(tile->count >= 1 && tile->count <= TILE_HASHES);
    struct tile *row = &kept->rows[tile->level][tile->position];
    assert_true(tile->count > row->count); /* it grows */
    assert_memory_equal(tile->hashes, row->hashes, row->count * DIGEST_BYTES);
    *row = *tile;
    kept->puts++;
    return STATUS_OK;
}

static inline enum status naive_get(void *context, unsigned level, uint64_t position, struct tile *tile)
{
    struct naive_rows *kept = context;
    assert_true(level < TILE_LEVELS);
    kept->gets++;
    if (level >= NAIVE_LEVELS || position >= NAIVE_ROWS_MAX || kept->rows[level][position].count == 0) {
        return STATUS_ABSENT;
    }
    *tile = kept->rows[level][position];
    return STATUS_OK;
}

/* Makes the rows of so many leaves. */
static inline void naive_grow(struct naive_rows *kept, struct tile_edge *edge, uint64_t size)
{
    uint8_t leaf[DIGEST_BYTES];
    uint64_t from = edge->size;
    while (edge->size < size) {
        naive_leaf(leaf, edge->size);
        assert_int_equal(tile_edge_append(edge, leaf, naive_put, kept), STATUS_OK);
    }
    assert_int_equal(tile_edge_put(edge, from, naive_put, kept), STATUS_OK);
}

#endif
