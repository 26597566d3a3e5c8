#ifndef RULES_ORGANISATION_KEY_H
#define RULES_ORGANISATION_KEY_H

#include "rules/context.h"

/*
 * Keys with which organisations sign commands. A key that is added by entry n signs from entry n + 1 on; one that is revoked
 * by entry m signs no entry behind m. No key comes back, and none belongs to two organisations.
 */
enum status organisation_key_add_apply(struct context *context) NODISCARD;
enum status organisation_key_revoke_apply(struct context *context) NODISCARD;

/* What is wrong with the members of a revocation that could be read (rules_check). */
void organisation_key_revoke_check(struct context *context);

#endif
