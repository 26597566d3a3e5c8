/* Side by side or one after the other, the digests are the same: nettle's, which test_entry.c and others hold against published ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "ledger/digest.h"
#include "ledger/lanes.h"

enum { RUNS_MAX = 200, BYTES = 70000 };

static uint8_t bytes[BYTES];

static int fill(void **state)
{
    (void)state;
    uint32_t noise = 12345;
    for (size_t i = 0; i < sizeof bytes; i++) {
        noise = noise * 1664525 + 1013904223;
        bytes[i] = (uint8_t)(noise >> 24);
    }
    return 0;
}

static void expect_same(struct lanes_run *runs, size_t count)
{
    static uint8_t ours[RUNS_MAX + 1][DIGEST_BYTES], theirs[RUNS_MAX][DIGEST_BYTES];
    memset(ours, 0xee, sizeof ours);
    for (size_t i = 0; i < count; i++) {
        runs[i].out = ours[i];
    }
    lanes_digest(runs, count);
    for (size_t i = 0; i < count; i++) {
        runs[i].out = theirs[i];
    }
    lanes_digest_plain(runs, count);
    for (size_t i = 0; i < count; i++) {
        if (memcmp(ours[i], theirs[i], DIGEST_BYTES) != 0) {
            fail_msg("run %zu of %zu, %zu bytes long", i, count, runs[i].length);
        }
    }
    for (size_t i = 0; i < DIGEST_BYTES; i++) {
        assert_int_equal(ours[count][i], 0xee);
    }
}

/* Every length to five blocks, in every lane, beside longer and shorter ones. */
static void test_every_length(void **state)
{
    (void)state;
    struct lanes_run runs[RUNS_MAX];
    for (size_t length = 0; length <= 320; length++) {
        for (size_t i = 0; i < 37; i++) {
            size_t other = (length + 13 * i) % 321;
            runs[i] = (struct lanes_run){ bytes + i, i % 3 == 0 ? length : other, NULL };
        }
        expect_same(runs, 37);
    }
}

static void test_every_count(void **state)
{
    (void)state;
    struct lanes_run runs[RUNS_MAX];
    for (size_t count = 0; count <= 70; count++) {
        for (size_t i = 0; i < count; i++) {
            runs[i] = (struct lanes_run){ bytes + 7 * i, (i * i * 31 + count) % 600, NULL };
        }
        expect_same(runs, count);
    }
}

static void test_long_ones_beside_short_ones(void **state)
{
    (void)state;
    struct lanes_run runs[RUNS_MAX];
    for (size_t i = 0; i < RUNS_MAX; i++) {
        runs[i] = (struct lanes_run){ bytes + i, i % 17 == 3 ? 65536 - i : i % 90, NULL };
    }
    expect_same(runs, RUNS_MAX);
}

/* FIPS 180-4's own examples, so that a fault that both shared would show. */
static void test_published_digests(void **state)
{
    (void)state;
    static const char abc[] = "abc", longer[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    static const char *const wanted[] = {
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    };
    struct lanes_run runs[30];
    uint8_t out[30][DIGEST_BYTES];
    for (size_t i = 0; i < 30; i += 3) {
        runs[i] = (struct lanes_run){ NULL, 0, out[i] };
        runs[i + 1] = (struct lanes_run){ abc, 3, out[i + 1] };
        runs[i + 2] = (struct lanes_run){ longer, sizeof longer - 1, out[i + 2] };
    }
    lanes_digest(runs, 30);
    for (size_t i = 0; i < 30; i++) {
        char hex[2 * DIGEST_BYTES + 1];
        text_to_hex(hex, out[i], DIGEST_BYTES);
        assert_string_equal(hex, wanted[i % 3]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_length),
        cmocka_unit_test(test_every_count),
        cmocka_unit_test(test_long_ones_beside_short_ones),
        cmocka_unit_test(test_published_digests),
    };
    return cmocka_run_group_tests(tests, fill, NULL);
}
