#ifndef ANALYTICS_DEA_PHILOX_H
#define ANALYTICS_DEA_PHILOX_H

#include <stdint.h>

/*
 * Philox4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC '11): four random words that
 * are a function of a counter and a key, without a state. For simulations; nothing secret may rest on it.
 */
struct philox {
    uint32_t words[4];
};

static inline struct philox philox(struct philox counter, uint32_t key0, uint32_t key1)
{
    for (int round = 0; round < 10; round++) {
        const uint64_t left = (uint64_t)0xD2511F53u * counter.words[0];
        const uint64_t right = (uint64_t)0xCD9E8D57u * counter.words[2];
        counter = (struct philox){{(uint32_t)(right >> 32) ^ counter.words[1] ^ key0, (uint32_t)right,
                                   (uint32_t)(left >> 32) ^ counter.words[3] ^ key1, (uint32_t)left}};
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    return counter;
}

#endif
