#ifndef RULES_GROWTH_H
#define RULES_GROWTH_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/status.h"
#include "ledger/digest.h"
#include "ledger/tile.h"
#include "ledger/tree.h"

/*
 * The ledger's tree as blocks grow it: frontier and rows of hashes, as committed and as the
 * open block leaves them. What a block changes is written once, at its end and inside its
 * transaction: the frontier, and those rows only that have grown. One thread, which owns the
 * writing connection.
 */
struct db;

/* A tree, and the end of its rows. */
struct growth_state {
    struct tree tree;
    struct tile_edge edge;
};

/* Invariants: 1. committed is what the database holds; 2. leaves are the leaf hashes of the
 * open block's entries so far, in their order. */
struct growth {
    struct growth_state committed;
    struct growth_state working;
    struct buffer leaves;
};

void growth_init(struct growth *growth); /* the empty tree */
void growth_fini(struct growth *growth);

/* Reads the tree of a ledger of size entries, outside of any transaction. Rows that are missing at the end, as all are in a
 * ledger from before there were rows, are made from the entries and written. STATUS_CORRUPT (logged) where frontier,
 * rows and size contradict each other; nothing is written then. */
enum status growth_open(struct growth *growth, struct db *db, struct arena *arena, uint64_t size) NODISCARD;

/* The open block begins; what the one before had is forgotten unless it was committed. */
void growth_begin(struct growth *growth);

/* Adds the leaf of the block's next entry; STATUS_EXHAUSTED without memory. */
enum status growth_add(struct growth *growth, const uint8_t leaf_hash[DIGEST_BYTES]) NODISCARD;

/* Takes the last leaf back: its command was not accepted after all. */
void growth_drop(struct growth *growth);

/* Grows the tree by the block's leaves and writes what that changes; root and size are those that it leads to. Once for
 * each block. */
enum status growth_write(struct growth *growth, struct db *db, uint8_t root[DIGEST_BYTES], uint64_t *size) NODISCARD;

/* The block is committed. */
void growth_commit(struct growth *growth);

#endif
