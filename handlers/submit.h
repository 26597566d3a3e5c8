#ifndef HANDLERS_SUBMIT_H
#define HANDLERS_SUBMIT_H

#include <stdbool.h>

#include "handlers/exchange.h"
#include "json/faults.h"

/*
 * From a request to a command: key, condition, caller, body. The command lies in
 * exchange->command and lives as long as the exchange.
 */

/*
 * HANDLED_COMMAND, also for a body whose only faults are characters that nobody sees (rules/decode.h), or HANDLED_REPLY with a problem:
 * 400 for a query, a key, an If-Match or a body that cannot be read; 403 where the caller may not do this whatever the body says; 422 for
 * one that is wrong, under the code of its fault, or invalid_request where there are several (import_errors for rows), all named. target and
 * new_id live as long as the exchange; new_id NULL: a UUIDv7 for the kinds that create
 * something under an id of its own, else none.
 */
enum handled submit_command(struct exchange *exchange, enum command_kind kind, const char *target, const char *new_id);

/* The same without looking at the query, for resources that have one. False: the problem
 * is the reply. Where the command is not delivered after all, submit_drop is due. */
bool submit_prepare(struct exchange *exchange, enum command_kind kind, const char *target, const char *new_id);
void submit_drop(struct exchange *exchange);

/*
 * Reads If-Match and If-None-Match into a command's if_version, if_more and unless, as rules/command.h has them: of an entity tag
 * ("3", or "3.9f86d081884c7d65") the version alone. False: 400 invalid_if_match, 400 malformed_request or 412, where both can
 * never be met, is the reply.
 */
bool submit_read_version(struct exchange *exchange, struct command *command);

/* The problem that names the faults of a body, as above. */
void submit_refuse(struct exchange *exchange, const struct faults *faults);

#endif
