#ifndef RULES_POLICY_H
#define RULES_POLICY_H

#include "rules/context.h"

/*
 * What is demanded of commands beside the actor's token: that kinds of them come signed by a key of the actor's organisation.
 * A policy is an organisation's, or everybody's ("default" in paths, '' in the table). One can be demanded for what happens to
 * supplies and transfers alone, so that nobody locks the administration out.
 */
#define POLICY_DEFAULT "default"

enum status policy_put_apply(struct context *context) NODISCARD;

/* Whether the command may come as it is, signed or not, for a site of organisation. STATUS_CONFLICT: the outcome is refused
 * with 403 signature_required, since the policy for everybody, the actor's organisation or the site's demands one. */
enum status policy_check(struct context *context, const char *organisation) NODISCARD;

#endif
