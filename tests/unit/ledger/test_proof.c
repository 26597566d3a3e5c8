/*
 * Proofs against the recursive definition: all sizes to 300, all leaves, all pairs of sizes;
 * published proofs, good and spoilt; what was changed by a bit is refused.
 * TALLYSTICK_LONG=1 changes every byte of every proof and not some; TALLYSTICK_SEED repeats which.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "base/text.h"
#include "tests/unit/ledger/golden.h"
#include "tests/unit/ledger/naive.h"

enum { SIZES_MAX = 300 };

static struct naive_rows rows;
static uint64_t chance;

static int set_up(void **state)
{
    (void)state;
    struct tile_edge edge;
    const char *seed = getenv("TALLYSTICK_SEED");
    chance = seed != NULL ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL);
    fprintf(stderr, "TALLYSTICK_SEED=%llu\n", (unsigned long long)chance);
    tile_edge_init(&edge);
    naive_grow(&rows, &edge, NAIVE_LEAVES_MAX - 1);
    return 0;
}

static bool is_long(void)
{
    return getenv("TALLYSTICK_LONG") != NULL;
}

/* Knuth's MMIX; the high bits. */
static uint64_t below(uint64_t limit)
{
    chance = chance * 6364136223846793005u + 1442695040888963407u;
    return (chance >> 33) % limit;
}

static const uint8_t (*hashes_of(const struct proof *proof))[DIGEST_BYTES]
{
    return (const uint8_t (*)[DIGEST_BYTES])proof->hashes;
}

static void assert_same(const struct proof *proof, const struct proof *expected)
{
    assert_int_equal(proof->count, expected->count);
    assert_memory_equal(proof->hashes, expected->hashes, expected->count * DIGEST_BYTES);
}

struct inclusion {
    uint64_t index, size;
    uint8_t leaf[DIGEST_BYTES], root[DIGEST_BYTES];
    struct proof proof;
};

static enum status check_inclusion(const struct inclusion *of)
{
    return proof_inclusion_check(of->index, of->size, of->leaf, hashes_of(&of->proof), of->proof.count, of->root);
}

/* Made from the rows; the same as by the definition. */
static void make_inclusion(struct inclusion *out, uint64_t index, uint64_t size)
{
    static struct proof_source source;
    struct proof expected = { .count = 0 };
    uint8_t hash[DIGEST_BYTES];
    out->index = index;
    out->size = size;
    proof_source_init(&source, naive_get, &rows);
    assert_int_equal(proof_inclusion(&source, index, size, &out->proof), STATUS_OK);
    assert_int_equal(proof_leaf(&source, index, out->leaf), STATUS_OK);
    assert_int_equal(proof_root(&source, size, out->root), STATUS_OK);
    naive_path(&expected, index, 0, size);
    assert_same(&out->proof, &expected);
    naive_leaf(hash, index);
    assert_memory_equal(out->leaf, hash, sizeof hash);
    naive_hash(hash, 0, size);
    assert_memory_equal(out->root, hash, sizeof hash);
    assert_int_equal(check_inclusion(out), STATUS_OK);
}

struct consistency {
    uint64_t from, to;
    uint8_t from_root[DIGEST_BYTES], to_root[DIGEST_BYTES];
    struct proof proof;
};

static enum status check_consistency(const struct consistency *of)
{
    return proof_consistency_check(of->from, of->to, of->from_root, of->to_root, hashes_of(&of->proof), of->proof.count);
}

static void make_consistency(struct consistency *out, uint64_t from, uint64_t to)
{
    static struct proof_source source;
    struct proof expected = { .count = 0 };
    out->from = from;
    out->to = to;
    proof_source_init(&source, naive_get, &rows);
    assert_int_equal(proof_consistency(&source, from, to, &out->proof), STATUS_OK);
    naive_subproof(&expected, from, 0, to, true);
    assert_same(&out->proof, &expected);
    naive_hash(out->from_root, 0, from);
    naive_hash(out->to_root, 0, to);
    assert_int_equal(check_consistency(out), STATUS_OK);
}

static void test_every_leaf_of_every_size(void **state)
{
    (void)state;
    struct inclusion made;
    for (uint64_t size = 1; size <= SIZES_MAX; size++) {
        for (uint64_t index = 0; index < size; index++) {
            make_inclusion(&made, index, size);
        }
    }
}

static void test_every_pair_of_sizes(void **state)
{
    (void)state;
    struct consistency made;
    for (uint64_t to = 1; to <= SIZES_MAX; to++) {
        for (uint64_t from = 1; from <= to; from++) {
            make_consistency(&made, from, to);
        }
    }
}

/* Where four levels of rows take part. */
static void test_larger_trees(void **state)
{
    (void)state;
    static const uint64_t sizes[] = { 255, 256, 257, 4095, 4096, 4097, 4111, 4112, 4353, NAIVE_LEAVES_MAX - 1 };
    enum { SIZES = sizeof sizes / sizeof *sizes };
    struct inclusion inclusion;
    struct consistency consistency;
    for (size_t i = 0; i < SIZES; i++) {
        for (int n = 0; n < 12; n++) {
            make_inclusion(&inclusion, n < 2 ? (uint64_t)n * (sizes[i] - 1) : below(sizes[i]), sizes[i]);
            make_consistency(&consistency, 1 + below(sizes[i]), sizes[i]);
        }
        for (size_t j = 0; j <= i; j++) {
            make_consistency(&consistency, sizes[j], sizes[i]);
        }
    }
}

/* Every bit counts: of the hashes, of leaf and roots. */
static void spoil_inclusion(struct inclusion *made, size_t at, uint8_t bit)
{
    uint8_t *byte = at < DIGEST_BYTES ? &made->leaf[at]
        : at < 2 * DIGEST_BYTES       ? &made->root[at - DIGEST_BYTES]
                                      : (uint8_t *)made->proof.hashes + at - 2 * (size_t)DIGEST_BYTES;
    *byte ^= bit;
    assert_int_equal(check_inclusion(made), STATUS_INVALID);
    *byte ^= bit;
}

static void spoil_consistency(struct consistency *made, size_t at, uint8_t bit)
{
    uint8_t *byte = at < DIGEST_BYTES ? &made->from_root[at]
        : at < 2 * DIGEST_BYTES       ? &made->to_root[at - DIGEST_BYTES]
                                      : (uint8_t *)made->proof.hashes + at - 2 * (size_t)DIGEST_BYTES;
    *byte ^= bit;
    assert_int_equal(check_consistency(made), STATUS_INVALID);
    *byte ^= bit;
}

static void test_every_changed_byte_is_refused(void **state)
{
    (void)state;
    struct inclusion inclusion;
    struct consistency consistency;
    for (uint64_t size = 1; size <= SIZES_MAX; size++) {
        for (uint64_t index = 0; index < size; index++) {
            if (size > 24 && !is_long() && below(64) != 0) {
                continue;
            }
            make_inclusion(&inclusion, index, size);
            for (size_t at = 0; at < (2 + inclusion.proof.count) * DIGEST_BYTES; at++) {
                spoil_inclusion(&inclusion, at, (uint8_t)(1u << below(8)));
            }
            make_consistency(&consistency, index + 1, size);
            for (size_t at = 0; at < (2 + consistency.proof.count) * DIGEST_BYTES; at++) {
                spoil_consistency(&consistency, at, (uint8_t)(1u << below(8)));
            }
        }
    }
}

/* A hash too many anywhere, one too few, two swapped. */
static void test_other_numbers_of_hashes_are_refused(void **state)
{
    (void)state;
    struct inclusion made, spoilt;
    struct consistency kept, bent;
    for (uint64_t size = 1; size <= 70; size++) {
        for (uint64_t index = 0; index < size; index++) {
            make_inclusion(&made, index, size);
            make_consistency(&kept, index + 1, size);
            for (size_t at = 0; at <= made.proof.count; at++) {
                spoilt = made;
                memmove(spoilt.proof.hashes[at + 1], spoilt.proof.hashes[at], (made.proof.count - at) * DIGEST_BYTES);
                spoilt.proof.count++;
                assert_int_equal(check_inclusion(&spoilt), STATUS_INVALID);
                spoilt = made;
                if (at < made.proof.count) {
                    memmove(spoilt.proof.hashes[at], spoilt.proof.hashes[at + 1], (made.proof.count - at - 1) * DIGEST_BYTES);
                    spoilt.proof.count--;
                    assert_int_equal(check_inclusion(&spoilt), STATUS_INVALID);
                }
            }
            for (size_t at = 0; at <= kept.proof.count; at++) {
                bent = kept;
                memmove(bent.proof.hashes[at + 1], bent.proof.hashes[at], (kept.proof.count - at) * DIGEST_BYTES);
                bent.proof.count++;
                assert_int_equal(check_consistency(&bent), STATUS_INVALID);
                bent = kept;
                if (at < kept.proof.count) {
                    memmove(bent.proof.hashes[at], bent.proof.hashes[at + 1], (kept.proof.count - at - 1) * DIGEST_BYTES);
                    bent.proof.count--;
                    assert_int_equal(check_consistency(&bent), STATUS_INVALID);
                }
            }
        }
    }
}

/* The same proof for another leaf, another size, other numbers altogether. */
static void test_other_numbers_are_refused(void **state)
{
    (void)state;
    struct inclusion made;
    struct consistency kept;
    for (uint64_t size = 1; size <= 40; size++) {
        for (uint64_t index = 0; index < size; index++) {
            make_inclusion(&made, index, size);
            make_consistency(&kept, index + 1, size);
            for (uint64_t other = 0; other <= 80; other++) {
                made.index = other;
                assert_int_equal(check_inclusion(&made), other == index ? STATUS_OK : STATUS_INVALID);
                kept.from = other;
                assert_int_equal(check_consistency(&kept), other == index + 1 ? STATUS_OK : STATUS_INVALID);
                kept.from = index + 1;
            }
            for (int high = 0; high < 64; high++) {
                made.index = index ^ (uint64_t)1 << high;
                assert_int_equal(check_inclusion(&made), STATUS_INVALID);
                kept.from = (index + 1) ^ (uint64_t)1 << high;
                assert_int_equal(check_consistency(&kept), STATUS_INVALID);
            }
        }
    }
}

/* A proof of inclusion alone does not bind the size where another one has the same form: the checkpoint does, which has
 * root and size under one signature. A hash more or less is another form. */
static void test_sizes_of_the_same_form(void **state)
{
    (void)state;
    struct inclusion made;
    make_inclusion(&made, 0, 6);
    for (uint64_t size = 1; size <= 20; size++) {
        made.size = size;
        assert_int_equal(check_inclusion(&made), size >= 5 && size <= 8 ? STATUS_OK : STATUS_INVALID);
    }
}

/* The largest numbers are no reason to run on. */
static void test_extreme_numbers(void **state)
{
    (void)state;
    static uint8_t hashes[PROOF_HASHES_MAX + 1][DIGEST_BYTES];
    uint8_t leaf[DIGEST_BYTES] = { 1 }, root[DIGEST_BYTES];
    const uint8_t (*given)[DIGEST_BYTES] = (const uint8_t (*)[DIGEST_BYTES])hashes;
    assert_int_equal(proof_inclusion_root(0, 0, leaf, given, 0, root), STATUS_INVALID);
    assert_int_equal(proof_inclusion_root(UINT64_MAX, UINT64_MAX, leaf, given, 64, root), STATUS_INVALID);
    for (size_t count = 0; count <= PROOF_HASHES_MAX; count++) {
        assert_int_equal(proof_inclusion_root(0, UINT64_MAX, leaf, given, count, root), count == 64 ? STATUS_OK : STATUS_INVALID);
        /* UINT64_MAX - 1 is 63 ones and a zero: it is the last leaf, and of no pair */
        assert_int_equal(proof_inclusion_root(UINT64_MAX - 1, UINT64_MAX, leaf, given, count, root),
                         count == 63 ? STATUS_OK : STATUS_INVALID);
        assert_int_equal(proof_consistency_check(0, UINT64_MAX, leaf, root, given, count), STATUS_INVALID);
        assert_int_equal(proof_consistency_check(UINT64_MAX, UINT64_MAX - 1, leaf, root, given, count), STATUS_INVALID);
        assert_int_equal(proof_consistency_check(UINT64_MAX - 1, UINT64_MAX, leaf, root, given, count), STATUS_INVALID);
        assert_int_equal(proof_consistency_check(UINT64_MAX, UINT64_MAX, leaf, leaf, given, count),
                         count == 0 ? STATUS_OK : STATUS_INVALID);
    }
    memset(root, 0xa5, sizeof root);
    assert_int_equal(proof_inclusion_root(1, 2, leaf, given, 0, root), STATUS_INVALID);
    assert_int_equal(root[0], 0xa5); /* untouched */
}

/* Logarithmically many rows: for a tree of four levels two of each at the most, whatever is proved. */
static void test_rows_read(void **state)
{
    (void)state;
    static struct proof_source source;
    struct proof proof;
    uint8_t root[DIGEST_BYTES];
    for (int n = 0; n < 2000; n++) {
        uint64_t size = 1 + below(NAIVE_LEAVES_MAX - 1), index = below(size);
        size_t before = rows.gets;
        proof_source_init(&source, naive_get, &rows);
        assert_int_equal(n % 2 == 0 ? proof_inclusion(&source, index, size, &proof)
                                    : proof_consistency(&source, index + 1, size, &proof), STATUS_OK);
        assert_true(rows.gets - before <= 2 * NAIVE_LEVELS);
        assert_int_equal(proof_root(&source, size, root), STATUS_OK);
        assert_true(rows.gets - before <= 3 * NAIVE_LEVELS);
    }
}

/* What is missing or cut short in the rows is told, not proved with. */
static void test_damaged_rows(void **state)
{
    (void)state;
    static struct proof_source source;
    struct proof proof;
    struct tile *const touched[] = { &rows.rows[0][7], &rows.rows[1][3], &rows.rows[0][62] };
    for (size_t i = 0; i < sizeof touched / sizeof *touched; i++) {
        size_t count = touched[i]->count;
        for (size_t shorter = 0; shorter < 2; shorter++) {
            touched[i]->count = shorter;
            proof_source_init(&source, naive_get, &rows);
            assert_int_equal(proof_inclusion(&source, 7 * 16 + 3, 1000, &proof), STATUS_CORRUPT);
        }
        touched[i]->count = count;
    }
    proof_source_init(&source, naive_get, &rows);
    assert_int_equal(proof_inclusion(&source, 7 * 16 + 3, 1000, &proof), STATUS_OK);
}

/* A line of a table, cut at its tabs. */
static size_t split_line(char *line, char **fields, size_t fields_max)
{
    size_t count = 0;
    line[strcspn(line, "\n")] = 0;
    for (char *at = line; at != NULL && count < fields_max; count++) {
        char *tab = strchr(at, '\t');
        fields[count] = at;
        if (tab != NULL) {
            *tab++ = 0;
        }
        at = tab;
    }
    return count;
}

/* False: there are not 32 bytes. Some other hash stands for them then, the same for the same bytes. */
static bool read_hash(uint8_t out[DIGEST_BYTES], const char *hex, size_t length)
{
    uint8_t bytes[1 + DIGEST_BYTES] = { 0x02 }; /* no leaf or node begins like that */
    char text[2 * DIGEST_BYTES + 1];
    assert_true(length % 2 == 0 && length < sizeof text);
    memcpy(text, hex, length);
    text[length] = 0;
    assert_int_equal(text_from_hex(text, bytes + 1, length / 2), STATUS_OK);
    if (length == 2 * DIGEST_BYTES) {
        memcpy(out, bytes + 1, DIGEST_BYTES);
    } else {
        digest_bytes(out, bytes, 1 + length / 2);
    }
    return length == 2 * DIGEST_BYTES;
}

static bool read_hashes(struct proof *out, const char *text)
{
    bool are_hashes = true;
    out->count = 0;
    for (const char *at = strcmp(text, "-") == 0 ? NULL : text; at != NULL;) { /* a hash may have no bytes at all */
        size_t length = strcspn(at, ",");
        assert_true(out->count < PROOF_HASHES_MAX);
        are_hashes = read_hash(out->hashes[out->count++], at, length) && are_hashes;
        at = at[length] == ',' ? at + length + 1 : NULL;
    }
    return are_hashes;
}

/* case, two numbers, two hashes, the proof, the verdict. is_strict: what has another length is refused when it is read,
 * as here nothing else can be a hash; in the other table texts stand for roots, and equal texts for equal roots. */
static void check_table(const char *path, bool is_strict, enum status (*check)(uint64_t, uint64_t, const uint8_t *, const uint8_t *,
                                                                               const uint8_t (*)[DIGEST_BYTES], size_t))
{
    char line[4096];
    char *fields[8];
    int cases = 0;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file)); /* the heading */
    while (fgets(line, sizeof line, file) != NULL) {
        struct proof proof;
        uint8_t first[DIGEST_BYTES], second[DIGEST_BYTES];
        assert_int_equal(split_line(line, fields, 8), 7);
        bool are_hashes = read_hash(first, fields[3], strlen(fields[3]));
        are_hashes = read_hash(second, fields[4], strlen(fields[4])) && are_hashes;
        are_hashes = read_hashes(&proof, fields[5]) && are_hashes;
        enum status found = is_strict && !are_hashes ? STATUS_INVALID
            : check(strtoull(fields[1], NULL, 10), strtoull(fields[2], NULL, 10), first, second, hashes_of(&proof), proof.count);
        if (found != (strcmp(fields[6], "good") == 0 ? STATUS_OK : STATUS_INVALID)) {
            fail_msg("%s: %s is %s", path, fields[0], fields[6]);
        }
        cases++;
    }
    fclose(file);
    assert_int_equal(cases, 98);
}

static enum status check_published_inclusion(uint64_t index, uint64_t size, const uint8_t *leaf, const uint8_t *root,
                                             const uint8_t (*hashes)[DIGEST_BYTES], size_t count)
{
    return proof_inclusion_check(index, size, leaf, hashes, count, root);
}

static enum status check_published_consistency(uint64_t from, uint64_t to, const uint8_t *from_root, const uint8_t *to_root,
                                               const uint8_t (*hashes)[DIGEST_BYTES], size_t count)
{
    return proof_consistency_check(from, to, from_root, to_root, hashes, count);
}

static void test_published_proofs(void **state)
{
    (void)state;
    check_table("tests/reference/rfc6962/inclusion.tsv", true, check_published_inclusion);
    check_table("tests/reference/rfc6962/consistency.tsv", false, check_published_consistency);
}

/* The proofs among the goldens, which the model of docs/ledger.md made. */
static const uint8_t *golden_proof(const char *kind, int a, const char *word, int b, size_t *count)
{
    size_t length = 0;
    const uint8_t *bytes = golden_bytes(arena_format(golden_arena(), "%s%d%s%d", kind, a, word, b), &length);
    assert_int_equal(length % DIGEST_BYTES, 0);
    *count = length / DIGEST_BYTES;
    return bytes;
}

static const uint8_t *golden_root(int size)
{
    return golden_fixed(arena_format(golden_arena(), "root%d", size), DIGEST_BYTES);
}

static void test_golden_proofs(void **state)
{
    (void)state;
    static const int inclusions[][2] = { { 0, 1 }, { 1, 4 }, { 2, 3 } }, consistencies[][2] = { { 1, 4 }, { 2, 4 }, { 3, 4 } };
    for (size_t i = 0; i < 3; i++) {
        size_t count = 0;
        int index = inclusions[i][0], size = inclusions[i][1], from = consistencies[i][0], to = consistencies[i][1];
        const uint8_t *bytes = golden_proof("inclusion", index, "of", size, &count);
        const uint8_t *leaf = golden_fixed(golden_name(index + 1, "leaf"), DIGEST_BYTES);
        assert_int_equal(proof_inclusion_check((uint64_t)index, (uint64_t)size, leaf, (const uint8_t (*)[DIGEST_BYTES])bytes, count,
                                               golden_root(size)), STATUS_OK);
        bytes = golden_proof("consistency", from, "to", to, &count);
        assert_int_equal(proof_consistency_check((uint64_t)from, (uint64_t)to, golden_root(from), golden_root(to),
                                                 (const uint8_t (*)[DIGEST_BYTES])bytes, count), STATUS_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_leaf_of_every_size),
        cmocka_unit_test(test_every_pair_of_sizes),
        cmocka_unit_test(test_larger_trees),
        cmocka_unit_test(test_every_changed_byte_is_refused),
        cmocka_unit_test(test_other_numbers_of_hashes_are_refused),
        cmocka_unit_test(test_other_numbers_are_refused),
        cmocka_unit_test(test_sizes_of_the_same_form),
        cmocka_unit_test(test_extreme_numbers),
        cmocka_unit_test(test_rows_read),
        cmocka_unit_test(test_damaged_rows),
        cmocka_unit_test(test_published_proofs),
        cmocka_unit_test(test_golden_proofs),
    };
    int failed = cmocka_run_group_tests(tests, set_up, NULL);
    arena_fini(golden_arena());
    return failed;
}
