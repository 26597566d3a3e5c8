#ifndef RULES_SUPPLY_H
#define RULES_SUPPLY_H

#include "rules/context.h"

/* What comes in, and what a count, use or loss changes. */
enum status supply_intake_apply(struct context *context) NODISCARD;
enum status supply_adjust_apply(struct context *context) NODISCARD;

/* What is wrong with the members of a request that could be read; absent ones are passed over (rules_check). */
enum status supply_intake_check(struct context *context) NODISCARD;
void supply_adjust_check(struct context *context);

#endif
