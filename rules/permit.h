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

#endif
