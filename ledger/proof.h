#ifndef LEDGER_PROOF_H
#define LEDGER_PROOF_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "ledger/digest.h"
#include "ledger/tile.h"

/*
 * Proofs about the tree: that a leaf is in it (RFC 6962, 2.1.1), and that it continues a
 * smaller one (2.1.2). They are made from the rows of tile.h for any size up to the tree's,
 * with O(log size) rows read, and checked with no more than the hashes themselves. An index
 * counts leaves from 0. Pure.
 */

enum { PROOF_HASHES_MAX = 65 /* a consistency proof between two sizes of 64 bits */, PROOF_ROWS_KEPT = 2 };

struct proof {
    size_t count;
    uint8_t hashes[PROOF_HASHES_MAX][DIGEST_BYTES];
};

/* Where a proof's hashes come from: rows by get, those read last kept at hand for each level. */
struct proof_source {
    tile_get *get;
    void *context;
    struct tile rows[TILE_LEVELS][PROOF_ROWS_KEPT]; /* the one used last first; count 0: none */
};

void proof_source_init(struct proof_source *source, tile_get *get, void *context);

/*
 * Making. The caller has made sure that the tree has had size (to) leaves. What get fails
 * with is returned, and STATUS_CORRUPT where a row is missing or too short.
 */

/* The hash of a leaf. */
enum status proof_leaf(struct proof_source *source, uint64_t index, uint8_t out[DIGEST_BYTES]) NODISCARD;

/* The root that the tree had with size leaves; SHA-256 of nothing for 0. */
enum status proof_root(struct proof_source *source, uint64_t size, uint8_t out[DIGEST_BYTES]) NODISCARD;

/* PATH(index, D[size]) of RFC 6962, 2.1.1; index < size (asserted). */
enum status proof_inclusion(struct proof_source *source, uint64_t index, uint64_t size, struct proof *out) NODISCARD;

/* PROOF(from, D[to]) of RFC 6962, 2.1.2; 1 <= from <= to (asserted). */
enum status proof_consistency(struct proof_source *source, uint64_t from, uint64_t to, struct proof *out) NODISCARD;

/*
 * Checking. Every number and hash may come from anybody.
 */

/* The only root for which the proof shows that the leaf with this hash is number index of size. STATUS_INVALID where
 * no root would do: index >= size, or another number of hashes than such a proof has. */
enum status proof_inclusion_root(uint64_t index, uint64_t size, const uint8_t leaf_hash[DIGEST_BYTES],
                                 const uint8_t (*hashes)[DIGEST_BYTES], size_t count, uint8_t root[DIGEST_BYTES]) NODISCARD;

/* STATUS_OK where the proof leads from the leaf to root, else STATUS_INVALID. */
enum status proof_inclusion_check(uint64_t index, uint64_t size, const uint8_t leaf_hash[DIGEST_BYTES],
                                  const uint8_t (*hashes)[DIGEST_BYTES], size_t count,
                                  const uint8_t root[DIGEST_BYTES]) NODISCARD;

/* STATUS_OK where the proof shows that the tree of to leaves with to_root begins with the from leaves whose root is
 * from_root; else STATUS_INVALID. Also STATUS_INVALID for from 0: every tree continues the empty one, and nothing is
 * shown by that. */
enum status proof_consistency_check(uint64_t from, uint64_t to, const uint8_t from_root[DIGEST_BYTES],
                                    const uint8_t to_root[DIGEST_BYTES], const uint8_t (*hashes)[DIGEST_BYTES],
                                    size_t count) NODISCARD;

#endif
