#ifndef SERVER_COMMAND_QUORUM_H
#define SERVER_COMMAND_QUORUM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "json/write.h"
#include "ledger/witness_policy.h"

/*
 * Whether the checkpoint that --checkpoint names counts by the policy that --witness-policy names, and how that is told.
 */

enum { QUORUM_REASON_BYTES = 512 };

struct quorum {
    const struct witness_policy *policy;
    struct witness_policy_result result;
    char reason[QUORUM_REASON_BYTES]; /* a sentence; "" where it counts */
};

/* checkpoint: of note_file_read. NULL and a message where the policy cannot be read. Lives in the arena. */
const struct quorum *quorum_find(struct arena *arena, const char *policy_path, const char *checkpoint);

bool quorum_counts(const struct quorum *quorum);

/* For people: the outcome, and each witness with its cosignature's time or without. */
void quorum_print(const struct quorum *quorum);

/* The members counts and witnesses; quorum NULL: both null. */
void quorum_write(struct json_writer *w, const struct quorum *quorum);

#endif
