/*
 * Proofs from anybody: what is accepted is exactly what the recursive definitions of RFC 6962 (2.1.1 and 2.1.2), read
 * backwards, accept. Input: a byte that says how large the two numbers may be, the numbers, two hashes, the proof.
 */
#include <stdbool.h>
#include <string.h>

#include "ledger/proof.h"
#include "tests/fuzz/fuzz.h"

enum { NUMBERS = 1 + 8 + 8, FIRST = NUMBERS + 2 * DIGEST_BYTES, HASHES_MAX = 128 };

typedef const uint8_t hash_list[DIGEST_BYTES];

static uint64_t split_of(uint64_t n)
{
    return (uint64_t)1 << (63 - __builtin_clzll(n - 1));
}

/* The root to which a path of leaf m of n leads; false where it has another number of hashes. */
static bool follow_path(uint64_t m, uint64_t n, const uint8_t *leaf, hash_list *proof, size_t count, uint8_t *root)
{
    if (n == 1) {
        memcpy(root, leaf, DIGEST_BYTES);
        return count == 0;
    }
    uint64_t k = split_of(n);
    bool is_left = m < k;
    if (count == 0 || !follow_path(is_left ? m : m - k, is_left ? k : n - k, leaf, proof, count - 1, root)) {
        return false;
    }
    tree_join(root, is_left ? root : proof[count - 1], is_left ? proof[count - 1] : root);
    return true;
}

/* The roots to which a subproof of m of n leads, where that of the m is known to be from_root (NULL: it is not). */
static bool follow_subproof(uint64_t m, uint64_t n, const uint8_t *from_root, hash_list *proof, size_t count, uint8_t *old, uint8_t *new)
{
    if (m == n) {
        bool has_all = count == (from_root == NULL);
        if (has_all) {
            memcpy(old, from_root != NULL ? from_root : proof[0], DIGEST_BYTES);
            memcpy(new, old, DIGEST_BYTES);
        }
        return has_all;
    }
    uint64_t k = split_of(n);
    bool is_left = m <= k;
    if (count == 0 || !follow_subproof(is_left ? m : m - k, is_left ? k : n - k, is_left ? from_root : NULL, proof, count - 1, old, new)) {
        return false;
    }
    if (is_left) {
        tree_join(new, new, proof[count - 1]);
    } else {
        tree_join(old, proof[count - 1], old);
        tree_join(new, proof[count - 1], new);
    }
    return true;
}

static void try_inclusion(uint64_t index, uint64_t size, const uint8_t *leaf, const uint8_t *root, hash_list *proof, size_t count)
{
    uint8_t expected[DIGEST_BYTES], reached[DIGEST_BYTES];
    bool leads = index < size && follow_path(index, size, leaf, proof, count, expected);
    CHECK((proof_inclusion_root(index, size, leaf, proof, count, reached) == STATUS_OK) == leads);
    bool is_sound = leads && memcmp(expected, root, DIGEST_BYTES) == 0;
    CHECK(proof_inclusion_check(index, size, leaf, proof, count, root) == (is_sound ? STATUS_OK : STATUS_INVALID));
    if (leads) {
        CHECK(memcmp(expected, reached, DIGEST_BYTES) == 0);
        CHECK(proof_inclusion_check(index, size, leaf, proof, count, expected) == STATUS_OK);
    }
}

static void try_consistency(uint64_t from, uint64_t to, const uint8_t *from_root, const uint8_t *to_root, hash_list *proof, size_t count)
{
    uint8_t old[DIGEST_BYTES], new[DIGEST_BYTES];
    bool leads = from >= 1 && from <= to && follow_subproof(from, to, from_root, proof, count, old, new);
    bool is_sound = leads && memcmp(old, from_root, DIGEST_BYTES) == 0 && memcmp(new, to_root, DIGEST_BYTES) == 0;
    CHECK(proof_consistency_check(from, to, from_root, to_root, proof, count) == (is_sound ? STATUS_OK : STATUS_INVALID));
    /* with the roots that it leads to, if it begins with the root that is given */
    bool is_whole = leads && follow_subproof(from, to, old, proof, count, old, new);
    CHECK(!is_whole || proof_consistency_check(from, to, old, new, proof, count) == STATUS_OK);
}

static uint64_t read_number(const uint8_t *bytes)
{
    uint64_t number = 0;
    for (int i = 0; i < 8; i++) {
        number = number << 8 | bytes[i];
    }
    return number;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    if (length < FIRST) {
        return 0;
    }
    unsigned shift = bytes[0] % 64;
    uint64_t first = read_number(bytes + 1) >> shift, second = read_number(bytes + 9) >> shift;
    size_t count = (length - FIRST) / DIGEST_BYTES;
    hash_list *proof = (hash_list *)(bytes + FIRST);
    try_inclusion(first, second, bytes + NUMBERS, bytes + NUMBERS + DIGEST_BYTES, proof, count < HASHES_MAX ? count : HASHES_MAX);
    try_consistency(first, second, bytes + NUMBERS, bytes + NUMBERS + DIGEST_BYTES, proof, count < HASHES_MAX ? count : HASHES_MAX);
    return 0;
}
