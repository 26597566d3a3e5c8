#ifndef HANDLERS_ACCESS_H
#define HANDLERS_ACCESS_H

#include <stdbool.h>

#include "handlers/exchange.h"

/*
 * Who may do what, in one place. access_check reads the Authorization header, looks the
 * token up by its hash (node.db), fills exchange->caller and has_token, and compares
 * with the route's roles. False: the problem (401 or 403) is the reply. A route without
 * roles serves everybody; where the service is private, whoever has a token, but for the probes
 * and the contract.
 */
bool access_check(struct exchange *exchange);

/*
 * Whether who was let in may still read: where the service is private, his token is looked up anew, since it may have ended meanwhile, or
 * the service become private. False also where that cannot be found out. For replies that go on for long; the exchange is left alone.
 */
bool access_goes_on(const struct exchange *exchange);

/*
 * Whether scope can narrow a token. It is "" (no narrowing), "read" (nothing may be written), or words between commas,
 * each the first one of a path where writing needs a role: "supplies,transfers" may write there alone. Reading is never
 * narrowed, not even where it needs a role.
 */
bool access_scope_is_sound(const char *scope, const struct route *routes, size_t count);

/* The Idempotency-Key of a command's request, unquoted, in the arena; NULL and a problem
 * (400) as the reply where it is missing or malformed. A PUT without one gets a new UUIDv7. */
const char *access_key(struct exchange *exchange);

/* A new UUIDv7 in the arena; NULL and a problem as the reply where none can be made. */
const char *access_uuid(struct exchange *exchange);

#endif
