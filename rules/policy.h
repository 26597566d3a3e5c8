#ifndef RULES_POLICY_H
#define RULES_POLICY_H

#include "rules/context.h"

/*
 * What is demanded of commands beside the actor's token: that kinds of them come signed. A key that may sign is one of the actor's
 * organisation (signature.h). A policy is an organisation's, or everybody's ("default" in paths, '' in the table); whose signature meets it:
 *
 *   everybody's, the actor's organisation's   the actor's organisation's
 *   the site's organisation's                 that organisation's alone, so only its own actors can: a receipt is the word of who received
 *
 * In entries of rules version 1 (ledger/entry.h) the last line was like the first, and the sender's key could meet the receiver's policy.
 * One can be demanded for what happens to
 * supplies and transfers alone, so that nobody locks the administration out.
 */
#define POLICY_DEFAULT "default"

enum status policy_put_apply(struct context *context) NODISCARD;

/* Whether the command may come as it is, unsigned or signed by the actor's organisation, for a site of organisation, by the context's
 * version of the rules. STATUS_CONFLICT: the outcome is refused with 403 signature_required, in words that say whose key is demanded. */
enum status policy_check(struct context *context, const char *organisation) NODISCARD;

#endif
