#ifndef DB_ANSWER_KEY_H
#define DB_ANSWER_KEY_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A key for the MACs of kept answers, as node.db holds it: not where the answers are, so that who can write those cannot make them.
 * It holds for the answers of entry `first` and those behind it, up to where another one begins, in the one ledger that has `hash` at the
 * entry before `first`; where `first` is 1, at entry 1. A secret: whoever read one wipes it.
 */
enum { ANSWER_KEY_BYTES = 32, ANSWER_KEY_HASH_BYTES = 32, ANSWER_KEYS_MAX = 16 };

struct answer_key_row {
    int64_t id;
    uint64_t first;
    bool is_bound; /* false: made for a ledger that had no entry yet; it has no hash */
    uint8_t hash[ANSWER_KEY_HASH_BYTES];
    uint8_t key[ANSWER_KEY_BYTES];
};

#endif
