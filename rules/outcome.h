#ifndef RULES_OUTCOME_H
#define RULES_OUTCOME_H

#include <stdint.h>

#include "ledger/digest.h"
#include "rules/refusal.h"

/* What a command did, for its answer. */
struct outcome {
    enum { OUTCOME_CREATED, OUTCOME_CHANGED, OUTCOME_UNCHANGED, OUTCOME_REFUSED } kind;
    const char *id;      /* of the object concerned; in the block's arena */
    uint64_t seq;        /* entry that tells of it; 0 where refused */
    uint8_t hash[DIGEST_BYTES]; /* of that entry */
    uint64_t height;
    struct refusal refusal; /* where refused */
};

#endif
