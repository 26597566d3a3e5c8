/*
 * Between the tree (ledger/tree.h, ledger/tile.h) and its tables. The executor drives it,
 * block.c; proofs are made from what it writes, handlers/ledger/proof.c.
 */
#include "rules/growth.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "db/db.h"
#include "db/entry.h"
#include "ledger/entry.h"
#include "rules/record.h"
#include "rules/tiles.h"

void growth_init(struct growth *growth)
{
    memset(growth, 0, sizeof *growth);
    tree_init(&growth->committed.tree);
    tile_edge_init(&growth->committed.edge);
    buffer_init(&growth->leaves);
}

void growth_fini(struct growth *growth)
{
    buffer_fini(&growth->leaves);
}

static enum status contradict(const char *what)
{
    log_error("ledger", "%s: run verify", what);
    return STATUS_CORRUPT;
}

static enum status read_frontier(struct tree *tree, struct db *db, struct arena *arena, uint64_t size)
{
    const void *state = NULL;
    size_t length = 0;
    enum status status = db_frontier_find(db, arena, &state, &length);
    if (status == STATUS_OK) {
        status = tree_decode(tree, state, length);
    }
    if (status == STATUS_ABSENT || status == STATUS_INVALID || (status == STATUS_OK && tree->size != size)) {
        return contradict("the frontier does not fit the last entry");
    }
    return status;
}

/* How many leaves have rows, and the end of those rows. */
static enum status read_edge(struct tile_edge *edge, struct db *db, uint64_t size)
{
    struct tile last;
    uint64_t covered = 0;
    enum status status = tiles_last_leaves(db, &last);
    if (status == STATUS_OK) {
        covered = last.position * TILE_HASHES + last.count;
    }
    if (status == STATUS_OK || status == STATUS_ABSENT) {
        status = covered > size ? STATUS_CORRUPT : tile_edge_get(edge, covered, tiles_get, db);
    }
    if (status == STATUS_ABSENT || status == STATUS_CORRUPT) {
        return contradict("the rows of the tree's hashes do not fit each other and the last entry");
    }
    return status;
}

static bool is_same(const struct tile_edge *edge, const struct tree *tree)
{
    struct tree other;
    uint8_t state[TREE_STATE_BYTES_MAX], expected[TREE_STATE_BYTES_MAX];
    tile_edge_tree(edge, &other);
    size_t length = tree_encode(&other, state);
    return length == tree_encode(tree, expected) && memcmp(state, expected, length) == 0;
}

/* Rows made of entries. */
struct filling {
    struct db *db;
    struct tile_edge *edge;
    struct buffer bytes; /* canonical ones */
    enum status status;
};

static enum status add_entry(struct filling *filling, const struct entry_row *row)
{
    struct entry entry;
    uint8_t leaf[DIGEST_BYTES];
    bool has_body = row->body != NULL && row->body_stored_length == row->body_length;
    if (row->seq != filling->edge->size + 1 || (row->body_length <= LIMIT_BODY_INLINE && !has_body)) {
        return STATUS_CORRUPT;
    }
    record_entry_of(row, &entry);
    buffer_reset(&filling->bytes);
    entry_encode(&entry, &filling->bytes);
    if (filling->bytes.failed) {
        return STATUS_EXHAUSTED;
    }
    tree_leaf_hash(leaf, filling->bytes.bytes, filling->bytes.length);
    return tile_edge_append(filling->edge, leaf, tiles_put, filling->db);
}

static bool visit_entry(void *context, const struct entry_row *row)
{
    struct filling *filling = context;
    filling->status = add_entry(filling, row);
    return filling->status == STATUS_OK;
}

/* Makes the rows of the entries behind the edge, in the open transaction. */
static enum status fill(struct tile_edge *edge, struct db *db, uint64_t size)
{
    struct filling filling = { .db = db, .edge = edge, .status = STATUS_OK };
    uint64_t from = edge->size, broken = 0;
    buffer_init(&filling.bytes);
    enum status status = db_entry_walk(db, from, size, visit_entry, &filling, &broken);
    buffer_fini(&filling.bytes);
    status = status == STATUS_OK ? filling.status : status;
    if (status == STATUS_OK && edge->size != size) {
        return STATUS_CORRUPT;
    }
    return status == STATUS_OK ? tile_edge_put(edge, from, tiles_put, db) : status;
}

/* A ledger from before there were rows gets them, all or none. */
static enum status fill_in(struct growth_state *state, struct db *db)
{
    uint64_t size = state->tree.size, from = state->edge.size;
    log_warn("ledger", "filling_in=\"the tree's hashes for proofs\" from_entry=%" PRIu64 " to_entry=%" PRIu64, from + 1, size);
    enum status status = db_begin(db);
    if (status != STATUS_OK) {
        return status;
    }
    status = fill(&state->edge, db, size);
    if (status == STATUS_OK && !is_same(&state->edge, &state->tree)) {
        status = STATUS_CORRUPT;
    }
    if (status == STATUS_OK) {
        status = db_commit(db);
    }
    if (status != STATUS_OK) {
        db_rollback(db);
        return status == STATUS_CORRUPT || status == STATUS_INVALID ? contradict("the frontier is not that of the entries") : status;
    }
    log_warn("ledger", "filled_in=\"the tree's hashes for proofs\" entries=%" PRIu64, size - from);
    return STATUS_OK;
}

enum status growth_open(struct growth *growth, struct db *db, struct arena *arena, uint64_t size)
{
    struct growth_state *state = &growth->committed;
    enum status status = read_frontier(&state->tree, db, arena, size);
    if (status == STATUS_OK) {
        status = read_edge(&state->edge, db, size);
    }
    if (status == STATUS_OK && state->edge.size < size) {
        return fill_in(state, db);
    }
    if (status == STATUS_OK && !is_same(&state->edge, &state->tree)) {
        return contradict("the rows of the tree's hashes are not those of its frontier");
    }
    return status;
}

void growth_begin(struct growth *growth)
{
    buffer_reset(&growth->leaves);
}

enum status growth_add(struct growth *growth, const uint8_t leaf_hash[DIGEST_BYTES])
{
    buffer_append(&growth->leaves, leaf_hash, DIGEST_BYTES);
    return growth->leaves.failed ? STATUS_EXHAUSTED : STATUS_OK;
}

void growth_drop(struct growth *growth)
{
    assert(growth->leaves.length >= DIGEST_BYTES);
    growth->leaves.length -= DIGEST_BYTES;
    growth->leaves.bytes[growth->leaves.length] = 0;
}

enum status growth_write(struct growth *growth, struct db *db, uint8_t root[DIGEST_BYTES], uint64_t *size)
{
    struct growth_state *state = &growth->working;
    uint8_t frontier[TREE_STATE_BYTES_MAX];
    enum status status = STATUS_OK;
    *state = growth->committed;
    for (size_t at = 0; status == STATUS_OK && at < growth->leaves.length; at += DIGEST_BYTES) {
        const uint8_t *leaf = (const uint8_t *)growth->leaves.bytes + at;
        tree_append(&state->tree, leaf);
        status = tile_edge_append(&state->edge, leaf, tiles_put, db);
    }
    if (status == STATUS_OK) {
        status = tile_edge_put(&state->edge, growth->committed.edge.size, tiles_put, db);
    }
    if (status == STATUS_OK) {
        status = db_frontier_put(db, frontier, tree_encode(&state->tree, frontier));
    }
    if (status == STATUS_OK) {
        tree_root(&state->tree, root);
        *size = state->tree.size;
    }
    return status;
}

void growth_commit(struct growth *growth)
{
    growth->committed = growth->working;
}
