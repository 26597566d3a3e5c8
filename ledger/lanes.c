/*
 * FIPS 180-4 with a run in each of the sixteen lanes of a vector register: lane l of every vector belongs to run l. A lane whose run
 * has ended takes the next one; lanes without one hash zeros that nobody asks for.
 */
#include "ledger/lanes.h"

#include <string.h>

#include "ledger/digest.h"

void lanes_digest_plain(const struct lanes_run *runs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        digest_bytes(runs[i].out, runs[i].bytes, runs[i].length);
    }
}

#if defined(__x86_64__)

#include <immintrin.h>

#define WIDE __attribute__((target("avx512f,avx512bw")))

enum { LANES = 16, BLOCK_BYTES = 64, WORDS = 8, FEWEST = 6 /* runs for which it is worth it */ };

static const uint32_t constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
    0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
    0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
    0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
    0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
    0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};
static const uint32_t beginning[WORDS] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

/* A run under way. Its blocks are those of its bytes, then those of its tail: what is left of the bytes, and the padding. */
struct lane {
    const uint8_t *at;
    size_t left; /* blocks from there; 0: idle */
    uint8_t tail[2 * BLOCK_BYTES];
    size_t tail_blocks; /* that come behind; 0: it is the tail that is under way */
    uint8_t *out;
};

struct lanes {
    uint32_t state[WORDS][LANES];
    struct lane lane[LANES];
};

static void begin_tail(struct lane *lane)
{
    lane->at = lane->tail;
    lane->left = lane->tail_blocks;
    lane->tail_blocks = 0;
}

static void begin(struct lanes *lanes, size_t l, const struct lanes_run *run)
{
    struct lane *lane = &lanes->lane[l];
    size_t rest = run->length % BLOCK_BYTES;
    uint64_t bits = __builtin_bswap64((uint64_t)run->length * 8);
    lane->at = run->bytes;
    lane->left = run->length / BLOCK_BYTES;
    lane->tail_blocks = rest + 9 <= BLOCK_BYTES ? 1 : 2;
    lane->out = run->out;
    if (rest > 0) {
        memcpy(lane->tail, lane->at + lane->left * BLOCK_BYTES, rest);
    }
    lane->tail[rest] = 0x80;
    memset(lane->tail + rest + 1, 0, lane->tail_blocks * BLOCK_BYTES - rest - 9);
    memcpy(lane->tail + lane->tail_blocks * BLOCK_BYTES - 8, &bits, 8);
    if (lane->left == 0) {
        begin_tail(lane);
    }
    for (size_t i = 0; i < WORDS; i++) {
        lanes->state[i][l] = beginning[i];
    }
}

static void end(struct lanes *lanes, size_t l)
{
    struct lane *lane = &lanes->lane[l];
    for (size_t i = 0; i < WORDS; i++) {
        uint32_t word = __builtin_bswap32(lanes->state[i][l]);
        memcpy(lane->out + 4 * i, &word, 4);
    }
}

/* The sixteen words of each lane's block: words[i] has word i of all lanes. */
WIDE static inline void load(__m512i words[16], const uint8_t *const blocks[LANES])
{
    const __m512i swap = _mm512_broadcast_i32x4(_mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3));
    __m512i rows[16], pairs[16];
    for (int i = 0; i < 16; i++) {
        rows[i] = _mm512_shuffle_epi8(_mm512_loadu_si512(blocks[i]), swap);
    }
    for (int i = 0; i < 16; i += 2) {
        pairs[i] = _mm512_unpacklo_epi32(rows[i], rows[i + 1]);
        pairs[i + 1] = _mm512_unpackhi_epi32(rows[i], rows[i + 1]);
    }
    for (int i = 0; i < 16; i += 4) { /* rows[i + k]: words k, 4 + k, 8 + k, 12 + k of lanes i to i + 3 */
        rows[i] = _mm512_unpacklo_epi64(pairs[i], pairs[i + 2]);
        rows[i + 1] = _mm512_unpackhi_epi64(pairs[i], pairs[i + 2]);
        rows[i + 2] = _mm512_unpacklo_epi64(pairs[i + 1], pairs[i + 3]);
        rows[i + 3] = _mm512_unpackhi_epi64(pairs[i + 1], pairs[i + 3]);
    }
    for (int k = 0; k < 4; k++) {
        __m512i a = _mm512_shuffle_i32x4(rows[k], rows[4 + k], 0x88), b = _mm512_shuffle_i32x4(rows[8 + k], rows[12 + k], 0x88);
        __m512i c = _mm512_shuffle_i32x4(rows[k], rows[4 + k], 0xdd), d = _mm512_shuffle_i32x4(rows[8 + k], rows[12 + k], 0xdd);
        words[k] = _mm512_shuffle_i32x4(a, b, 0x88);
        words[4 + k] = _mm512_shuffle_i32x4(c, d, 0x88);
        words[8 + k] = _mm512_shuffle_i32x4(a, b, 0xdd);
        words[12 + k] = _mm512_shuffle_i32x4(c, d, 0xdd);
    }
}

#define ADD(A, B) _mm512_add_epi32(A, B)
#define XOR3(A, B, C) _mm512_ternarylogic_epi32(A, B, C, 0x96)
#define TURN(A, N) _mm512_ror_epi32(A, N)

/* One more block of every lane. The names are those of FIPS 180-4, section 6.2.2. */
WIDE static void compress(struct lanes *lanes, const uint8_t *const blocks[LANES])
{
    __m512i w[16], state[WORDS];
    load(w, blocks);
    for (int i = 0; i < WORDS; i++) {
        state[i] = _mm512_loadu_si512(lanes->state[i]);
    }
    __m512i a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
#pragma GCC unroll 64
    for (int t = 0; t < 64; t++) {
        if (t >= 16) {
            __m512i early = w[(t + 1) % 16], late = w[(t + 14) % 16];
            __m512i small0 = XOR3(TURN(early, 7), TURN(early, 18), _mm512_srli_epi32(early, 3));
            __m512i small1 = XOR3(TURN(late, 17), TURN(late, 19), _mm512_srli_epi32(late, 10));
            w[t % 16] = ADD(ADD(w[t % 16], small0), ADD(w[(t + 9) % 16], small1));
        }
        __m512i choice = _mm512_ternarylogic_epi32(e, f, g, 0xca), majority = _mm512_ternarylogic_epi32(a, b, c, 0xe8);
        __m512i t1 = ADD(ADD(ADD(h, XOR3(TURN(e, 6), TURN(e, 11), TURN(e, 25))), choice),
                         ADD(w[t % 16], _mm512_set1_epi32((int)constants[t])));
        __m512i t2 = ADD(XOR3(TURN(a, 2), TURN(a, 13), TURN(a, 22)), majority);
        h = g;
        g = f;
        f = e;
        e = ADD(d, t1);
        d = c;
        c = b;
        b = a;
        a = ADD(t1, t2);
    }
    const __m512i worked[WORDS] = { a, b, c, d, e, f, g, h };
    for (int i = 0; i < WORDS; i++) {
        _mm512_storeu_si512(lanes->state[i], ADD(state[i], worked[i]));
    }
}

bool lanes_are_wide(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
}

/* So many steps that some lane has come to an end of its blocks. */
static void step(struct lanes *lanes)
{
    static const uint8_t nothing[BLOCK_BYTES];
    const uint8_t *blocks[LANES];
    size_t advance[LANES], steps = SIZE_MAX;
    for (size_t l = 0; l < LANES; l++) {
        const struct lane *lane = &lanes->lane[l];
        bool is_idle = lane->left == 0;
        blocks[l] = is_idle ? nothing : lane->at;
        advance[l] = is_idle ? 0 : BLOCK_BYTES;
        steps = !is_idle && lane->left < steps ? lane->left : steps;
    }
    for (size_t i = 0; i < steps; i++) {
        compress(lanes, blocks);
        for (size_t l = 0; l < LANES; l++) {
            blocks[l] += advance[l];
        }
    }
    for (size_t l = 0; l < LANES; l++) {
        struct lane *lane = &lanes->lane[l];
        lane->at = blocks[l];
        lane->left -= lane->left > 0 ? steps : 0;
    }
}

static void digest_wide(const struct lanes_run *runs, size_t count)
{
    struct lanes lanes;
    bool is_busy[LANES] = { false };
    size_t begun = 0, ended = 0;
    memset(lanes.state, 0, sizeof lanes.state);
    for (size_t l = 0; l < LANES; l++) {
        lanes.lane[l].left = 0;
    }
    while (ended < count) {
        for (size_t l = 0; l < LANES && begun < count; l++) {
            if (!is_busy[l]) {
                begin(&lanes, l, &runs[begun++]);
                is_busy[l] = true;
            }
        }
        step(&lanes);
        for (size_t l = 0; l < LANES; l++) {
            struct lane *lane = &lanes.lane[l];
            if (!is_busy[l] || lane->left > 0) {
                continue;
            }
            if (lane->tail_blocks > 0) {
                begin_tail(lane);
            } else {
                end(&lanes, l);
                is_busy[l] = false;
                ended++;
            }
        }
    }
}

void lanes_digest(const struct lanes_run *runs, size_t count)
{
    if (count >= FEWEST && lanes_are_wide()) {
        digest_wide(runs, count);
    } else {
        lanes_digest_plain(runs, count);
    }
}

#else

bool lanes_are_wide(void)
{
    return false;
}

void lanes_digest(const struct lanes_run *runs, size_t count)
{
    lanes_digest_plain(runs, count);
}

#endif
