#ifndef RULES_SIGNED_H
#define RULES_SIGNED_H

#include <stddef.h>

#include <jansson.h>

#include "base/arena.h"
#include "base/status.h"
#include "json/faults.h"
#include "ledger/jws.h"

/*
 * What a signed command says. Its header names the key; its payload is
 *
 *   {"log": ORIGIN, "kind": KIND, "target": ID, "id": KEY, "new_id": ID, "body": {...}}
 *
 * the ledger that it is for, what is commanded, the id in the path, the idempotency key, the id of what it makes, and what an
 * unsigned command has for a body, with commitments in the place of personal texts. target and new_id are left out where there
 * is none. So a signature holds for this one command on this one ledger, and for nothing else.
 */
struct signed_payload {
    const char *log, *kind, *target, *id, *new_id; /* "" where left out */
    const char *body; /* byte for byte; in the arena, with a NUL behind it */
    size_t body_length;
};

/* The key that the header names. What is wrong with the header is named in faults, at pointers that begin with /header
 * (STATUS_INVALID): JSON that cannot be read, alg (pinned to ES256K), crit and b64 (no extension is understood), kid. Other members
 * mean nothing here; above all no key is taken from a header. STATUS_EXHAUSTED without memory. */
enum status signed_read_header(const struct jws *jws, struct arena *arena, struct faults *faults, const char **key) NODISCARD;

/* The same for the payload, at pointers within it. What the members mean for a request is compared elsewhere. */
enum status signed_read_payload(const struct jws *jws, struct arena *arena, struct faults *faults,
                                struct signed_payload *payload) NODISCARD;

/* The same; *body is then the payload's body as parsing has it, for command_decode_parsed: the caller's. Else it stays as it was. */
enum status signed_read_parsed(const struct jws *jws, struct arena *arena, struct faults *faults, struct signed_payload *payload,
                               json_t **body) NODISCARD;

#endif
