#ifndef HANDLERS_SUBMIT_SIGNED_H
#define HANDLERS_SUBMIT_SIGNED_H

#include <stdbool.h>

#include "handlers/exchange.h"
#include "json/faults.h"

/*
 * Requests that carry a signed command: a compact JWS alone (application/jose), or {"jws": ..., "private": {...}}
 * (application/json), whose second member has the texts behind the commitments of the first: by the JSON Pointer in the command's
 * body, {"text", "salt": 64 hexadecimal digits}.
 */

/* Whether the request is one of them. What looks like the second form and is no JSON is none. */
bool submit_is_signed(const struct exchange *exchange);

/*
 * Reads the request into command, whose kind, target, actor and if_version are set; new_id "" unless the path decides it. is_new: the
 * command makes something, so that the payload names its id. On this thread, before the queue: the signature is verified, the payload is
 * held against the request, texts against commitments. Whether the key may sign this entry is the rules' to say, when they know its
 * number: so a command that came twice gets its first answer, whatever has become of the key. STATUS_INVALID: faults names what
 * is wrong, at pointers within the payload, /header (the JWS's), /jws and /private; command->request is set where the body is what was
 * wrong and could be read, for rules_check, with faults still at pointers within the body: *in_body says so (submit.c moves them).
 */
enum status submit_read_signed(struct exchange *exchange, struct command *command, bool is_new, struct faults *faults,
                               bool *in_body) NODISCARD;

#endif
