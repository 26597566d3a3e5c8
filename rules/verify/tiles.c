/*
 * Making the rows again from the entries' leaf hashes. ledger/tile.c, which the service writes them by, has no part in
 * it: the root of a full row is worked out as that of a tree of sixteen leaves.
 */
#include "rules/verify/tiles.h"

#include <inttypes.h>
#include <string.h>

#include "db/tile.h"
#include "ledger/tree.h"
#include "rules/verify/parts.h"

enum { LEVEL_BITS = 4 };

static void break_row(struct verify_tiles *tiles, unsigned level, bool is_missing)
{
    if (!tiles->is_broken) {
        tiles->is_broken = true;
        tiles->is_missing = is_missing;
        tiles->broken_level = level;
        tiles->broken_position = tiles->positions[level];
    }
}

/* The stored row at a level's end; *has_row is false where it is missing or none. */
static enum status read_row(struct verify *verify, unsigned level, struct tile_row *row, bool *has_row)
{
    enum status status = db_tile_find(verify->db, level, verify->tiles.positions[level], row);
    *has_row = status == STATUS_OK;
    if (status == STATUS_ABSENT || status == STATUS_CORRUPT) {
        break_row(&verify->tiles, level, status == STATUS_ABSENT);
        return STATUS_OK;
    }
    return status;
}

static enum status compare_row(struct verify *verify, unsigned level)
{
    struct verify_tiles *tiles = &verify->tiles;
    size_t length = tiles->counts[level] * DIGEST_BYTES;
    struct tile_row row;
    bool has_row = false;
    enum status status = read_row(verify, level, &row, &has_row);
    if (has_row && (row.length != length || memcmp(row.hashes, tiles->hashes[level], length) != 0)) {
        break_row(tiles, level, false);
    }
    return status;
}

static enum status take_row(struct verify *verify, unsigned level, struct tile_edge *edge)
{
    struct verify_tiles *tiles = &verify->tiles;
    size_t length = tiles->counts[level] * DIGEST_BYTES;
    struct tile_row row;
    bool has_row = false;
    enum status status = length > 0 ? read_row(verify, level, &row, &has_row) : STATUS_OK;
    if (has_row && row.length >= length) { /* it may have grown since */
        memcpy(tiles->hashes[level], row.hashes, length);
        memcpy(edge->hashes[level], row.hashes, length);
    }
    return status;
}

enum status verify_tiles_begin(struct verify *verify)
{
    struct verify_tiles *tiles = &verify->tiles;
    struct tile_edge edge;
    struct tree tree;
    uint8_t root[DIGEST_BYTES], expected[DIGEST_BYTES];
    enum status status = STATUS_OK;
    memset(tiles, 0, sizeof *tiles);
    tile_edge_init(&edge);
    edge.size = verify->chain.seq;
    for (unsigned level = 0; status == STATUS_OK && level < TILE_LEVELS; level++) {
        uint64_t hashes = edge.size >> (LEVEL_BITS * level);
        tiles->positions[level] = hashes / TILE_HASHES;
        tiles->counts[level] = (size_t)(hashes % TILE_HASHES);
        tiles->rows += tiles->positions[level] + (tiles->counts[level] > 0);
        status = take_row(verify, level, &edge);
    }
    tile_edge_tree(&edge, &tree);
    tree_root(&tree, root);
    tree_root(&verify->chain.tree, expected);
    if (status == STATUS_OK && memcmp(root, expected, sizeof root) != 0) {
        break_row(tiles, 0, false);
    }
    return status;
}

static void fold_row(struct verify_tiles *tiles, unsigned level, uint8_t root[DIGEST_BYTES])
{
    struct tree tree;
    tree_init(&tree);
    for (size_t i = 0; i < TILE_HASHES; i++) {
        tree_append(&tree, tiles->hashes[level][i]);
    }
    tree_root(&tree, root);
    tiles->counts[level] = 0;
    tiles->positions[level]++;
}

enum status verify_tiles_entry(struct verify *verify, const uint8_t leaf[DIGEST_BYTES])
{
    struct verify_tiles *tiles = &verify->tiles;
    uint8_t hash[DIGEST_BYTES];
    enum status status = STATUS_OK;
    memcpy(hash, leaf, sizeof hash);
    for (unsigned level = 0; status == STATUS_OK && level < TILE_LEVELS; level++) {
        tiles->rows += tiles->counts[level] == 0;
        memcpy(tiles->hashes[level][tiles->counts[level]++], hash, sizeof hash);
        if (tiles->counts[level] < TILE_HASHES) {
            break;
        }
        status = compare_row(verify, level);
        fold_row(tiles, level, hash);
    }
    return status;
}

enum status verify_tiles_end(struct verify *verify)
{
    const struct verify_tiles *tiles = &verify->tiles;
    uint64_t rows = 0;
    enum status status = STATUS_OK;
    for (unsigned level = 0; status == STATUS_OK && level < TILE_LEVELS; level++) {
        status = tiles->counts[level] > 0 ? compare_row(verify, level) : STATUS_OK;
    }
    if (status == STATUS_OK) {
        status = db_tile_count(verify->db, &rows);
    }
    if (status != STATUS_OK) {
        return status;
    }
    if (tiles->is_broken) {
        verify_find(verify, 0, "tile", "row %" PRIu64 " of level %u of the tree's hashes, from which proofs are made, %s",
                    tiles->broken_position, tiles->broken_level, tiles->is_missing ? "is missing" : "is not that of the entries");
    } else if (rows != tiles->rows) {
        verify_find(verify, 0, "tile", "%" PRIu64 " rows of the tree's hashes are kept, the entries make %" PRIu64, rows, tiles->rows);
    }
    return STATUS_OK;
}
