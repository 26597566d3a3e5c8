#ifndef RULES_SIGNATURE_H
#define RULES_SIGNATURE_H

#include <stdbool.h>
#include <stdint.h>

#include "db/signing.h"
#include "rules/context.h"

/*
 * Who may sign. That a signature is good was found out before the command came here, and does not depend on the state; that its
 * key was one of the actor's organisation when this entry was made does, and is looked at here, when a command is carried
 * out and when it is replayed.
 */

enum signature_fault {
    SIGNATURE_SOUND,
    SIGNATURE_UNKNOWN_KEY, /* registered nowhere, or not yet */
    SIGNATURE_FOREIGN_KEY, /* of another organisation than the actor's */
    SIGNATURE_REVOKED_KEY
};

/* Whether key (NULL: there is none of that id) may sign entry seq for an actor. */
enum signature_fault signature_judge(const struct organisation_key *key, const struct actor *actor, uint64_t seq);

/* A signed command whose key may not sign, or one of whose commitments is taken, is refused: STATUS_CONFLICT. */
enum status signature_check(struct context *context) NODISCARD;

#endif
