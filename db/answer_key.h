#ifndef DB_ANSWER_KEY_H
#define DB_ANSWER_KEY_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A key for the MACs of kept answers, as node.db holds it: not where the answers are, so that who can write those cannot make them.
 * It holds for the answers of entry `first` and those behind it, up to where another one begins, in the one ledger whose entry `first` has that
 * `hash`: the first entry whose answer was kept under it. A secret: whoever read one wipes it.
 */
enum {
    ANSWER_KEY_BYTES = 32,
    ANSWER_KEY_HASH_BYTES = 32,
    ANSWER_KEYS_MAX = 16, /* of one ledger */
    ANSWER_KEY_ROWS_MAX = 64 /* in node.db, which may have stood beside several */
};

struct answer_key_row {
    int64_t id;
    uint64_t first;
    bool is_bound; /* false: made before that entry, and not yet said which it is: there is no hash */
    uint8_t hash[ANSWER_KEY_HASH_BYTES];
    uint8_t key[ANSWER_KEY_BYTES];
};

#endif
