/*
 * Names of roles, and whom idempotency keys belong to.
 */
#include "rules/actor.h"

#include <string.h>

static const char *const names[] = { "public", "auditor", "operator", "coordinator", "admin", "system" };

const char *role_name(enum role role)
{
    return names[role];
}

enum status role_from_name(const char *name, enum role *role)
{
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i], name) == 0) {
            *role = (enum role)i;
            return STATUS_OK;
        }
    }
    return STATUS_ABSENT;
}

const char *actor_scope(const struct actor *actor)
{
    return actor->organisation[0] != 0 ? actor->organisation : actor->subject;
}
