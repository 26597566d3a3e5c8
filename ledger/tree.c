/*
 * The Merkle tree of RFC 6962, section 2.1, kept as its frontier. Appending works like
 * adding one to a binary counter: each carry joins two subtrees of the same size. The
 * root joins what the digits name from the right, so that the smaller subtree is always
 * the right child. Leaves and inner nodes are hashed with different first bytes, so
 * that neither can be passed off as the other.
 */
#include "ledger/tree.h"

#include <assert.h>
#include <string.h>

static const uint8_t leaf_prefix = 0x00;
static const uint8_t node_prefix = 0x01;

void tree_join(uint8_t out[DIGEST_BYTES], const uint8_t left[DIGEST_BYTES], const uint8_t right[DIGEST_BYTES])
{
    uint8_t bytes[1 + 2 * DIGEST_BYTES];
    bytes[0] = node_prefix;
    memcpy(bytes + 1, left, DIGEST_BYTES);
    memcpy(bytes + 1 + DIGEST_BYTES, right, DIGEST_BYTES);
    digest_bytes(out, bytes, sizeof bytes);
}

static size_t count_ones(uint64_t value)
{
    return (size_t)__builtin_popcountll(value);
}

void tree_init(struct tree *tree)
{
    memset(tree, 0, sizeof *tree);
}

void tree_leaf_hash(uint8_t out[DIGEST_BYTES], const void *leaf, size_t length)
{
    struct digest digest;
    digest_init(&digest);
    digest_update(&digest, &leaf_prefix, 1);
    digest_update(&digest, leaf, length);
    digest_final(&digest, out);
}

void tree_append(struct tree *tree, const uint8_t leaf_hash[DIGEST_BYTES])
{
    assert(tree->size < UINT64_MAX);
    assert(tree->count == count_ones(tree->size));
    uint8_t hash[DIGEST_BYTES];
    memcpy(hash, leaf_hash, sizeof hash);
    for (uint64_t digits = tree->size; (digits & 1) != 0; digits >>= 1) {
        tree->count--;
        tree_join(hash, tree->hashes[tree->count], hash);
    }
    memcpy(tree->hashes[tree->count], hash, sizeof hash);
    tree->count++;
    tree->size++;
    assert(tree->count == count_ones(tree->size));
}

void tree_root(const struct tree *tree, uint8_t out[DIGEST_BYTES])
{
    assert(tree->count == count_ones(tree->size));
    if (tree->count == 0) {
        digest_bytes(out, NULL, 0);
        return;
    }
    uint8_t hash[DIGEST_BYTES];
    memcpy(hash, tree->hashes[tree->count - 1], sizeof hash);
    for (size_t i = tree->count - 1; i > 0; i--) {
        tree_join(hash, tree->hashes[i - 1], hash);
    }
    memcpy(out, hash, sizeof hash);
}

size_t tree_encode(const struct tree *tree, uint8_t out[TREE_STATE_BYTES_MAX])
{
    assert(tree->count == count_ones(tree->size));
    for (int i = 0; i < 8; i++) {
        out[i] = (uint8_t)(tree->size >> (56 - 8 * i));
    }
    memcpy(out + 8, tree->hashes, tree->count * DIGEST_BYTES);
    return 8 + tree->count * DIGEST_BYTES;
}

enum status tree_decode(struct tree *tree, const void *bytes, size_t length)
{
    const uint8_t *in = bytes;
    if (length < 8) {
        return STATUS_INVALID;
    }
    uint64_t size = 0;
    for (int i = 0; i < 8; i++) {
        size = size << 8 | in[i];
    }
    if (length != 8 + count_ones(size) * DIGEST_BYTES) {
        return STATUS_INVALID;
    }
    tree_init(tree);
    tree->size = size;
    tree->count = count_ones(size);
    memcpy(tree->hashes, in + 8, tree->count * DIGEST_BYTES);
    return STATUS_OK;
}
