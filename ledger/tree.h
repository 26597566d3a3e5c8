#ifndef LEDGER_TREE_H
#define LEDGER_TREE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "ledger/digest.h"

/*
 * The Merkle tree of RFC 6962, section 2.1, grown leaf by leaf. Only the frontier is
 * kept: the hashes of the full subtrees that the binary digits of size name, the
 * largest first. Invariant: count is the number of one bits of size.
 */

enum { TREE_LEVELS_MAX = 64, TREE_STATE_BYTES_MAX = 8 + TREE_LEVELS_MAX * DIGEST_BYTES };

struct tree {
    uint64_t size;
    size_t count;
    uint8_t hashes[TREE_LEVELS_MAX][DIGEST_BYTES];
};

void tree_init(struct tree *tree);

/* SHA-256(0x00 || leaf bytes) */
void tree_leaf_hash(uint8_t out[DIGEST_BYTES], const void *leaf, size_t length);

/* SHA-256(0x01 || left || right): the node above two others. out may be one of them. */
void tree_join(uint8_t out[DIGEST_BYTES], const uint8_t left[DIGEST_BYTES], const uint8_t right[DIGEST_BYTES]);

/* Adds a leaf by its leaf hash. */
void tree_append(struct tree *tree, const uint8_t leaf_hash[DIGEST_BYTES]);

/* The root of all leaves; SHA-256 of nothing for the empty tree. */
void tree_root(const struct tree *tree, uint8_t out[DIGEST_BYTES]);

/* The frontier as bytes: u64 size, then the hashes. Returns the length. */
size_t tree_encode(const struct tree *tree, uint8_t out[TREE_STATE_BYTES_MAX]);

/* STATUS_INVALID where length does not fit size. */
enum status tree_decode(struct tree *tree, const void *bytes, size_t length) NODISCARD;

#endif
