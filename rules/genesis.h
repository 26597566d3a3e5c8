#ifndef RULES_GENESIS_H
#define RULES_GENESIS_H

#include "rules/context.h"

/* Entry 1: parameters, the node's first key, start data. Refused once the ledger has begun. */
enum status genesis_apply(struct context *context) NODISCARD;

#endif
