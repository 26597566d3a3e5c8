#ifndef RULES_TRANSFER_RECEIVE_H
#define RULES_TRANSFER_RECEIVE_H

#include "rules/context.h"

/* A receipt, in parts or of all that is outstanding. */
enum status transfer_receive_apply(struct context *context) NODISCARD;

#endif
