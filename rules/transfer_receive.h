#ifndef RULES_TRANSFER_RECEIVE_H
#define RULES_TRANSFER_RECEIVE_H

#include "rules/context.h"

/* A receipt, in parts or of all that is outstanding. */
enum status transfer_receive_apply(struct context *context) NODISCARD;

/* What is wrong with the lines that could be read; nothing where there is no such transfer (rules_check). */
enum status transfer_receive_check(struct context *context) NODISCARD;

#endif
