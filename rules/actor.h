#ifndef RULES_ACTOR_H
#define RULES_ACTOR_H

#include "base/status.h"

/* Who acts. Organisation and role travel in the command, so that every node decides alike. */
enum role {
    ROLE_PUBLIC,      /* no token: reads only */
    ROLE_AUDITOR,     /* reads everything, changes nothing */
    ROLE_OPERATOR,    /* acts for the sites of its organisation */
    ROLE_COORDINATOR, /* any transfer */
    ROLE_ADMIN,       /* all that the others may, and reference data */
    ROLE_SYSTEM       /* the program itself: the genesis */
};

/* Sets of roles, for routes. */
#define ROLE_BIT(ROLE) (1u << (ROLE))

struct actor {
    const char *organisation; /* id, or "" */
    enum role role;
    const char *subject; /* opaque: the token's id */
};

/* "operator" and the like; static storage. */
const char *role_name(enum role role);

/* STATUS_ABSENT where no role has that name. ROLE_PUBLIC and ROLE_SYSTEM have names too. */
enum status role_from_name(const char *name, enum role *role) NODISCARD;

/* What idempotency keys are scoped to: the organisation, else the subject. Borrowed. */
const char *actor_scope(const struct actor *actor);

#endif
