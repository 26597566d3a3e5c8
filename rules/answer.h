#ifndef RULES_ANSWER_H
#define RULES_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

enum { ANSWER_LOCATION_BYTES = 160, ANSWER_ETAG_BYTES = 48 };

/*
 * What the sender of a command gets back, kept with its idempotency key so that a
 * retry gets the same. Zeroed, then answer_init; answer_fini frees the body.
 */
struct answer {
    int status; /* of HTTP */
    char location[ANSWER_LOCATION_BYTES]; /* path, or "" */
    char etag[ANSWER_ETAG_BYTES];         /* quoted, or "" */
    bool is_problem;  /* application/problem+json, else application/json */
    bool is_replayed; /* the first answer again */
    uint64_t seq;     /* of the entry, 0 for a refusal */
    struct buffer body;
};

void answer_init(struct answer *answer);
void answer_fini(struct answer *answer);

#endif
