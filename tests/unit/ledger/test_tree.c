/* The frontier against the recursive definition of RFC 6962, and published roots. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ledger/tree.h"
#include "tests/unit/ledger/golden.h"

enum { SIZES_MAX = 300 };

/* RFC 6962, section 2.1, as it is written: k is the largest power of two below n. */
static void naive_root(uint8_t out[DIGEST_BYTES], const uint8_t (*leaves)[DIGEST_BYTES], size_t n)
{
    if (n == 0) {
        digest_bytes(out, NULL, 0);
        return;
    }
    if (n == 1) {
        memcpy(out, leaves[0], DIGEST_BYTES);
        return;
    }
    size_t k = 1;
    while (k * 2 < n) {
        k *= 2;
    }
    uint8_t joined[1 + 2 * DIGEST_BYTES] = { 0x01 };
    naive_root(joined + 1, leaves, k);
    naive_root(joined + 1 + DIGEST_BYTES, leaves + k, n - k);
    digest_bytes(out, joined, sizeof joined);
}

static void assert_root(const struct tree *tree, const char *hex)
{
    uint8_t root[DIGEST_BYTES];
    char text[2 * DIGEST_BYTES + 1];
    tree_root(tree, root);
    text_to_hex(text, root, sizeof root);
    assert_string_equal(text, hex);
}

static void test_all_sizes_against_the_definition(void **state)
{
    (void)state;
    static uint8_t leaves[SIZES_MAX][DIGEST_BYTES];
    struct tree tree;
    tree_init(&tree);
    for (size_t n = 0;; n++) {
        uint8_t expected[DIGEST_BYTES];
        uint8_t root[DIGEST_BYTES];
        uint8_t bytes[TREE_STATE_BYTES_MAX];
        struct tree read;
        naive_root(expected, leaves, n);
        tree_root(&tree, root);
        assert_int_equal(tree.size, n);
        assert_memory_equal(root, expected, DIGEST_BYTES);
        size_t length = tree_encode(&tree, bytes);
        assert_int_equal(tree_decode(&read, bytes, length), STATUS_OK);
        assert_memory_equal(&read, &tree, offsetof(struct tree, hashes) + tree.count * DIGEST_BYTES);
        tree_root(&read, root);
        assert_memory_equal(root, expected, DIGEST_BYTES);
        if (n == SIZES_MAX) {
            break;
        }
        tree_leaf_hash(leaves[n], &n, n % 9); /* also leaves of no bytes */
        if (n % 2 == 0) {
            tree = read; /* growing goes on from what was read back */
        }
        tree_append(&tree, leaves[n]);
    }
}

/* The eight leaves and roots of the reference implementations of Certificate Transparency. */
static void test_published_roots(void **state)
{
    (void)state;
    static const char *const leaves[] = {
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    };
    static const char *const roots[] = {
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    };
    struct tree tree;
    tree_init(&tree);
    assert_root(&tree, roots[0]);
    for (size_t i = 0; i < sizeof leaves / sizeof *leaves; i++) {
        uint8_t leaf[16];
        uint8_t hash[DIGEST_BYTES];
        size_t length = strlen(leaves[i]) / 2;
        assert_int_equal(text_from_hex(leaves[i], leaf, length), STATUS_OK);
        tree_leaf_hash(hash, leaf, length);
        tree_append(&tree, hash);
        assert_root(&tree, roots[i + 1]);
    }
}

static void test_golden_roots(void **state)
{
    (void)state;
    struct tree tree;
    tree_init(&tree);
    assert_root(&tree, golden_text("root0"));
    for (int seq = 1; seq <= GOLDEN_ENTRIES; seq++) {
        size_t length = 0;
        uint8_t leaf[DIGEST_BYTES];
        const uint8_t *bytes = golden_bytes(golden_name(seq, "bytes"), &length);
        tree_leaf_hash(leaf, bytes, length);
        assert_memory_equal(leaf, golden_fixed(golden_name(seq, "leaf"), DIGEST_BYTES), DIGEST_BYTES);
        tree_append(&tree, leaf);
        assert_root(&tree, golden_text(arena_format(golden_arena(), "root%d", seq)));
    }
}

static void test_decode_refuses_other_lengths(void **state)
{
    (void)state;
    uint8_t bytes[TREE_STATE_BYTES_MAX] = { 0 };
    struct tree tree;
    struct tree untouched;
    memset(&tree, 0xa5, sizeof tree);
    memset(&untouched, 0xa5, sizeof untouched);
    bytes[7] = 5; /* two digits are one: 8 + 64 bytes */
    for (size_t length = 0; length <= sizeof bytes; length++) {
        if (length != 8 + 2 * DIGEST_BYTES) {
            assert_int_equal(tree_decode(&tree, bytes, length), STATUS_INVALID);
            assert_memory_equal(&tree, &untouched, sizeof tree);
        }
    }
    assert_int_equal(tree_decode(&tree, bytes, 8 + 2 * DIGEST_BYTES), STATUS_OK);
    memset(bytes, 0xff, 8);
    assert_int_equal(tree_decode(&tree, bytes, sizeof bytes), STATUS_OK); /* the largest of all */
    assert_int_equal(tree.count, TREE_LEVELS_MAX);
    assert_int_equal(tree_encode(&tree, bytes), sizeof bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_sizes_against_the_definition),
        cmocka_unit_test(test_published_roots),
        cmocka_unit_test(test_golden_roots),
        cmocka_unit_test(test_decode_refuses_other_lengths),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(golden_arena());
    return failed;
}
