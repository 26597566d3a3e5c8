/*
 * Proofs over the tree's rows of hashes, and their checks. A node is named by its height
 * above the leaves and its number among the nodes of that height: it stands over the leaves
 * number << height and so many more as 2^height. Complete nodes are folded from one row
 * (tile.c); the one node of each height at the right end that is not complete is joined
 * from complete ones. The checks use none of this: they follow the bits of the two numbers.
 */
#include "ledger/proof.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "ledger/tree.h"

enum { ROW_HEIGHT = 4 /* of a full row's root above its hashes */ };

void proof_source_init(struct proof_source *source, tile_get *get, void *context)
{
    source->get = get;
    source->context = context;
    for (unsigned level = 0; level < TILE_LEVELS; level++) {
        for (size_t i = 0; i < PROOF_ROWS_KEPT; i++) {
            source->rows[level][i].count = 0;
        }
    }
}

/* The row, with at least needed hashes. */
static enum status find_row(struct proof_source *source, unsigned level, uint64_t position, size_t needed,
                            const struct tile **out)
{
    struct tile *rows = source->rows[level];
    for (size_t i = 0; i < PROOF_ROWS_KEPT; i++) {
        if (rows[i].count >= needed && rows[i].position == position) {
            *out = &rows[i];
            return STATUS_OK;
        }
    }
    memmove(rows + 1, rows, (PROOF_ROWS_KEPT - 1) * sizeof *rows);
    rows[0].count = 0;
    enum status status = source->get(source->context, level, position, &rows[0]);
    if (status != STATUS_OK) {
        rows[0].count = 0;
        return status == STATUS_ABSENT ? STATUS_CORRUPT : status;
    }
    if (rows[0].count < needed || rows[0].count > TILE_HASHES) {
        rows[0].count = 0;
        return STATUS_CORRUPT;
    }
    *out = &rows[0];
    return STATUS_OK;
}

/* A complete node. */
static enum status find_node(struct proof_source *source, unsigned height, uint64_t number, uint8_t out[DIGEST_BYTES])
{
    const struct tile *row = NULL;
    unsigned within = height % ROW_HEIGHT;
    uint64_t first = number << within; /* among the hashes of the row's level */
    size_t slot = (size_t)(first % TILE_HASHES), width = (size_t)1 << within;
    enum status status = find_row(source, height / ROW_HEIGHT, first / TILE_HASHES, slot + width, &row);
    if (status == STATUS_OK) {
        tile_fold(out, &row->hashes[slot], width);
    }
    return status;
}

/* MTH(D[begin:end]) of RFC 6962, where begin is where a node of at least that many leaves begins: the binary digits of
 * the number of leaves name complete nodes, the largest first, which are joined from the right. */
static enum status join_nodes(struct proof_source *source, uint64_t begin, uint64_t end, uint8_t out[DIGEST_BYTES])
{
    uint8_t joined[DIGEST_BYTES], node[DIGEST_BYTES];
    uint64_t at = end;
    for (uint64_t digits = end - begin; digits != 0; digits &= digits - 1) {
        unsigned height = (unsigned)__builtin_ctzll(digits);
        bool is_first = at == end;
        at -= (uint64_t)1 << height;
        enum status status = find_node(source, height, at >> height, is_first ? joined : node);
        if (status != STATUS_OK) {
            return status;
        }
        if (!is_first) {
            tree_join(joined, node, joined);
        }
    }
    memcpy(out, joined, sizeof joined);
    return STATUS_OK;
}

static unsigned digits_of(uint64_t value)
{
    return value == 0 ? 0 : 64 - (unsigned)__builtin_clzll(value);
}

/* Appends the siblings on the way from a complete node to the root of the first size leaves. */
static enum status climb(struct proof_source *source, unsigned height, uint64_t number, uint64_t size, struct proof *out)
{
    uint64_t last = (size - 1) >> height; /* the node at the right end, complete or not */
    unsigned apart = digits_of(number ^ last); /* so many steps until both are under one node */
    enum status status = STATUS_OK;
    for (unsigned step = 0; status == STATUS_OK && height + step < 64 && last >> step != 0; step++) {
        uint64_t sibling = number >> step ^ 1;
        if (step + 1 == apart) { /* the other branch, which is the right one, ends where the tree ends */
            status = join_nodes(source, sibling << (height + step), size, out->hashes[out->count++]);
        } else if (step < apart || (sibling & 1) == 0) { /* above, a left child at the right end has no sibling */
            status = find_node(source, height + step, sibling, out->hashes[out->count++]);
        }
    }
    return status;
}

enum status proof_leaf(struct proof_source *source, uint64_t index, uint8_t out[DIGEST_BYTES])
{
    return find_node(source, 0, index, out);
}

enum status proof_root(struct proof_source *source, uint64_t size, uint8_t out[DIGEST_BYTES])
{
    if (size == 0) {
        digest_bytes(out, NULL, 0);
        return STATUS_OK;
    }
    return join_nodes(source, 0, size, out);
}

enum status proof_inclusion(struct proof_source *source, uint64_t index, uint64_t size, struct proof *out)
{
    assert(index < size);
    out->count = 0;
    return climb(source, 0, index, size, out);
}

enum status proof_consistency(struct proof_source *source, uint64_t from, uint64_t to, struct proof *out)
{
    assert(from >= 1 && from <= to);
    out->count = 0;
    if (from == to) {
        return STATUS_OK;
    }
    /* The largest complete node at the end of the smaller tree: whole in both. Where it is that tree's root, who checks has it. */
    unsigned height = (unsigned)__builtin_ctzll(from);
    uint64_t number = (from >> height) - 1;
    enum status status = STATUS_OK;
    if (number > 0) {
        status = find_node(source, height, number, out->hashes[out->count++]);
    }
    return status == STATUS_OK ? climb(source, height, number, to, out) : status;
}

/*
 * Both checks climb from a node towards the root, step by step: at is the node's number at
 * its height, last that of the node at the right end. Where at is odd, the next hash is the
 * left sibling. Where at is even and smaller than last, it is the right sibling. Where both
 * are one node and even, there is no sibling at this height: the same node stands for itself
 * one step up, until it is a right child. (RFC 9162, 2.1.3.2 and 2.1.4.2, has the same in words.)
 */
struct way {
    uint64_t at;
    uint64_t last;
};

/* Whether the next hash stands left of the node; on the right end the steps without a sibling are skipped. */
static bool is_left_next(struct way *way)
{
    bool is_left = (way->at & 1) != 0 || way->at == way->last;
    while (is_left && (way->at & 1) == 0 && way->at != 0) {
        way->at >>= 1;
        way->last >>= 1;
    }
    return is_left;
}

static void step_up(struct way *way)
{
    way->at >>= 1;
    way->last >>= 1;
}

enum status proof_inclusion_root(uint64_t index, uint64_t size, const uint8_t leaf_hash[DIGEST_BYTES],
                                 const uint8_t (*hashes)[DIGEST_BYTES], size_t count, uint8_t root[DIGEST_BYTES])
{
    struct way way = { index, size - 1 };
    uint8_t hash[DIGEST_BYTES];
    if (index >= size) {
        return STATUS_INVALID;
    }
    memcpy(hash, leaf_hash, sizeof hash);
    for (size_t i = 0; i < count; i++) {
        if (way.last == 0) {
            return STATUS_INVALID; /* the root is reached, and hashes are left */
        }
        if (is_left_next(&way)) {
            tree_join(hash, hashes[i], hash);
        } else {
            tree_join(hash, hash, hashes[i]);
        }
        step_up(&way);
    }
    if (way.last != 0) {
        return STATUS_INVALID;
    }
    memcpy(root, hash, sizeof hash);
    return STATUS_OK;
}

enum status proof_inclusion_check(uint64_t index, uint64_t size, const uint8_t leaf_hash[DIGEST_BYTES],
                                  const uint8_t (*hashes)[DIGEST_BYTES], size_t count, const uint8_t root[DIGEST_BYTES])
{
    uint8_t reached[DIGEST_BYTES];
    enum status status = proof_inclusion_root(index, size, leaf_hash, hashes, count, reached);
    return status == STATUS_OK && memcmp(reached, root, sizeof reached) != 0 ? STATUS_INVALID : status;
}

enum status proof_consistency_check(uint64_t from, uint64_t to, const uint8_t from_root[DIGEST_BYTES],
                                    const uint8_t to_root[DIGEST_BYTES], const uint8_t (*hashes)[DIGEST_BYTES], size_t count)
{
    uint8_t smaller[DIGEST_BYTES], larger[DIGEST_BYTES]; /* the roots as far as they are reached */
    if (from == 0 || from > to) {
        return STATUS_INVALID;
    }
    if (from == to) {
        return count == 0 && memcmp(from_root, to_root, DIGEST_BYTES) == 0 ? STATUS_OK : STATUS_INVALID;
    }
    unsigned height = (unsigned)__builtin_ctzll(from);
    struct way way = { (from - 1) >> height, (to - 1) >> height };
    bool is_given = way.at > 0; /* the node to start from; else it is the smaller tree's root */
    if (is_given && count == 0) {
        return STATUS_INVALID;
    }
    memcpy(smaller, is_given ? hashes[0] : from_root, DIGEST_BYTES);
    memcpy(larger, smaller, DIGEST_BYTES);
    for (size_t i = is_given; i < count; i++) {
        if (way.last == 0) {
            return STATUS_INVALID;
        }
        if (is_left_next(&way)) {
            tree_join(smaller, hashes[i], smaller);
            tree_join(larger, hashes[i], larger);
        } else { /* beyond the smaller tree */
            tree_join(larger, larger, hashes[i]);
        }
        step_up(&way);
    }
    bool is_sound = way.last == 0 && memcmp(smaller, from_root, DIGEST_BYTES) == 0 && memcmp(larger, to_root, DIGEST_BYTES) == 0;
    return is_sound ? STATUS_OK : STATUS_INVALID;
}
