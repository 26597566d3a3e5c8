#ifndef RULES_PERMIT_H
#define RULES_PERMIT_H

#include "base/status.h"
#include "rules/context.h"

/*
 * Who may do what at whose site: the one place of the rules that says so. Looked at before anything that the body says, so
 * that a stranger learns that it is not his to do and not what else was wrong. Where the site cannot be told (what is
 * addressed or named does not exist) nothing is forbidden: the command is refused for that.
 *
 *   intake, adjustment                 operators of the site's organisation, admins
 *   reservation, dispatch, cancel, return   operators of the origin's organisation, coordinators, admins
 *   receive                            operators of the destination's organisation, coordinators, admins
 *
 * Whoever may is asked for a signature where a policy demands one (policy.h). STATUS_CONFLICT: the outcome is refused with 403.
 */
enum status permit_check(struct context *context) NODISCARD;

/*
 * The same for a request that came before and whose first answer is to be given again. Keys are an organisation's, and the answer is
 * for those of it alone that may do what was done: an operator who knows a coordinator's key would else read what is withheld from
 * him. No policy is asked: one that came later takes nobody's answer away.
 */
enum status permit_again(struct context *context) NODISCARD;

#endif
