/* The rows of the tree's hashes against the definition, after each block of leaves, whatever the blocks are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/ledger/naive.h"

static struct naive_rows rows;

static int forget(void **state)
{
    (void)state;
    memset(&rows, 0, sizeof rows);
    return 0;
}

static uint64_t width_of(unsigned level)
{
    return (uint64_t)1 << (4 * level);
}

/* Every row that a tree of so many leaves has holds what the definition says, and no other row is there. */
static void assert_rows(uint64_t size)
{
    for (unsigned level = 0; level < NAIVE_LEVELS; level++) {
        uint64_t hashes = size / width_of(level);
        for (uint64_t position = 0; position < NAIVE_ROWS_MAX; position++) {
            const struct tile *row = &rows.rows[level][position];
            uint64_t first = position * TILE_HASHES;
            uint64_t expected = hashes <= first ? 0 : hashes - first < TILE_HASHES ? hashes - first : TILE_HASHES;
            assert_int_equal(row->count, expected);
            for (uint64_t i = 0; i < expected; i++) {
                uint8_t hash[DIGEST_BYTES];
                naive_hash(hash, (first + i) * width_of(level), (first + i + 1) * width_of(level));
                assert_memory_equal(row->hashes[i], hash, DIGEST_BYTES);
            }
        }
    }
}

/* The rows that differ between two sizes: what a block has to write, and no more. */
static size_t count_changed(uint64_t from, uint64_t to)
{
    size_t changed = 0;
    for (unsigned level = 0; level < NAIVE_LEVELS; level++) {
        uint64_t before = from / width_of(level), after = to / width_of(level);
        changed += after == before ? 0 : (size_t)((after - 1) / TILE_HASHES - before / TILE_HASHES + 1);
    }
    return changed;
}

static void assert_edge(const struct tile_edge *edge, const struct tree *tree)
{
    struct tile_edge read;
    struct tree frontier;
    tile_edge_init(&read);
    assert_int_equal(tile_edge_get(&read, edge->size, naive_get, &rows), STATUS_OK);
    assert_int_equal(read.size, edge->size);
    for (int i = 0; i < 2; i++) {
        uint8_t state[TREE_STATE_BYTES_MAX], expected[TREE_STATE_BYTES_MAX];
        tile_edge_tree(i == 0 ? edge : &read, &frontier);
        size_t length = tree_encode(tree, expected);
        assert_int_equal(tree_encode(&frontier, state), length);
        assert_memory_equal(state, expected, length);
    }
}

static void grow_in_blocks(uint64_t block, bool is_random)
{
    struct tile_edge edge;
    struct tree tree;
    uint64_t chance = block;
    forget(NULL);
    tile_edge_init(&edge);
    tree_init(&tree);
    while (edge.size < NAIVE_LEAVES_MAX - block) {
        uint64_t from = edge.size;
        chance = chance * 6364136223846793005u + 1442695040888963407u;
        size_t puts = rows.puts;
        naive_grow(&rows, &edge, from + (is_random ? 1 + (chance >> 33) % block : block));
        assert_int_equal(rows.puts - puts, count_changed(from, edge.size));
        for (uint64_t i = from; i < edge.size; i++) {
            uint8_t leaf[DIGEST_BYTES];
            naive_leaf(leaf, i);
            tree_append(&tree, leaf);
        }
        assert_edge(&edge, &tree);
        if (edge.size < 600) {
            assert_rows(edge.size);
        }
    }
    assert_rows(edge.size);
}

static void test_blocks_of_one(void **state)
{
    (void)state;
    grow_in_blocks(1, false);
}

static void test_blocks_of_any_size(void **state)
{
    (void)state;
    static const uint64_t sizes[] = { 2, 15, 16, 17, 255, 256, 257, 4096 };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        grow_in_blocks(sizes[i], false);
        grow_in_blocks(sizes[i], true);
    }
}

/* What is missing or of another length at the edge is told; full rows before it are not looked at. */
static void test_edge_that_is_not_there(void **state)
{
    (void)state;
    struct tile_edge edge, read;
    tile_edge_init(&edge);
    naive_grow(&rows, &edge, 2 * 256 + 3 * 16 + 5);
    assert_int_equal(tile_edge_get(&read, edge.size, naive_get, &rows), STATUS_OK);
    rows.rows[0][0].count = 0;
    assert_int_equal(tile_edge_get(&read, edge.size, naive_get, &rows), STATUS_OK);
    struct tile *const ends[] = { &rows.rows[0][35], &rows.rows[1][2], &rows.rows[2][0] };
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct tile kept = *ends[i];
        static const size_t counts[] = { 5, 3, 2 };
        assert_int_equal(kept.count, counts[i]);
        for (size_t count = 0; count <= TILE_HASHES; count++) {
            ends[i]->count = count;
            enum status expected = count == 0 ? STATUS_ABSENT : count == kept.count ? STATUS_OK : STATUS_CORRUPT;
            assert_int_equal(tile_edge_get(&read, edge.size, naive_get, &rows), expected);
        }
        *ends[i] = kept;
    }
}

static enum status refuse(void *context, const struct tile *tile)
{
    (void)context;
    (void)tile;
    return STATUS_IO;
}

static void test_failures_are_told(void **state)
{
    (void)state;
    struct tile_edge edge;
    uint8_t leaf[DIGEST_BYTES] = { 0 };
    tile_edge_init(&edge);
    for (int i = 0; i < 15; i++) {
        assert_int_equal(tile_edge_append(&edge, leaf, refuse, NULL), STATUS_OK); /* no row is full yet */
    }
    assert_int_equal(tile_edge_put(&edge, 15, refuse, NULL), STATUS_OK); /* nothing has grown */
    assert_int_equal(tile_edge_put(&edge, 14, refuse, NULL), STATUS_IO);
    assert_int_equal(tile_edge_append(&edge, leaf, refuse, NULL), STATUS_IO);
}

/* The last leaf that a size of 64 bits can count: every level has a row. */
static void test_largest_size(void **state)
{
    (void)state;
    static struct tile_edge edge;
    struct tree frontier;
    edge.size = UINT64_MAX;
    tile_edge_tree(&edge, &frontier);
    assert_int_equal(frontier.count, TREE_LEVELS_MAX);
    assert_int_equal(frontier.size, UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_blocks_of_one, forget),
        cmocka_unit_test_setup(test_blocks_of_any_size, forget),
        cmocka_unit_test_setup(test_edge_that_is_not_there, forget),
        cmocka_unit_test_setup(test_failures_are_told, forget),
        cmocka_unit_test_setup(test_largest_size, forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
