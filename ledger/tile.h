#ifndef LEDGER_TILE_H
#define LEDGER_TILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "ledger/digest.h"
#include "ledger/tree.h"

/*
 * The hashes of the tree of RFC 6962, section 2.1, sixteen to a row, kept so that proofs can
 * be made for every size that the tree ever had (ledger/proof.h). Level 0 has the leaf hashes,
 * level n the roots of the complete subtrees of 16^n leaves, each in the order of the leaves;
 * the row at position p has the hashes number 16p to 16p + 15 of its level. So each hash of
 * level n + 1 is the root of one full row of level n. A row grows at its end until it is full
 * and changes in no other way. Pure: where rows are kept is the caller's affair.
 */

enum { TILE_HASHES = 16, TILE_LEVELS = 16 /* 16^16 leaves are more than a size can name */ };

struct tile {
    unsigned level;
    uint64_t position;
    size_t count; /* 1 to TILE_HASHES */
    uint8_t hashes[TILE_HASHES][DIGEST_BYTES];
};

/* Fills *tile with the row as it stands; it may have more hashes than some earlier tree had.
 * STATUS_ABSENT where there is none. */
typedef enum status tile_get(void *context, unsigned level, uint64_t position, struct tile *tile);

/* Keeps a row in the place of a shorter one, if any. */
typedef enum status tile_put(void *context, const struct tile *tile);

/* The rows that are not full yet, one for each level: level n has size / 16^n mod 16 hashes there. */
struct tile_edge {
    uint64_t size;
    uint8_t hashes[TILE_LEVELS][TILE_HASHES][DIGEST_BYTES];
};

void tile_edge_init(struct tile_edge *edge); /* of the empty tree */

/* Adds a leaf by its leaf hash. Each row that it fills is given to put, whole, the lower level first. What put
 * fails with is returned; the edge is of no use afterwards. */
enum status tile_edge_append(struct tile_edge *edge, const uint8_t leaf_hash[DIGEST_BYTES], tile_put *put,
                             void *context) NODISCARD;

/* Gives put the rows that are not full and have grown since the tree had from leaves: after appending, all that
 * changed was put. */
enum status tile_edge_put(const struct tile_edge *edge, uint64_t from, tile_put *put, void *context) NODISCARD;

/* Reads the edge of a tree of size leaves. STATUS_ABSENT where a row is missing, STATUS_CORRUPT where one does not
 * have exactly the hashes that it had at that size. Full rows are not looked at. */
enum status tile_edge_get(struct tile_edge *edge, uint64_t size, tile_get *get, void *context) NODISCARD;

/* The frontier of the same tree. */
void tile_edge_tree(const struct tile_edge *edge, struct tree *tree);

/* The root over count hashes of one row, a power of two of them. */
void tile_fold(uint8_t out[DIGEST_BYTES], const uint8_t (*hashes)[DIGEST_BYTES], size_t count);

#endif
