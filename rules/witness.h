#ifndef RULES_WITNESS_H
#define RULES_WITNESS_H

#include "rules/context.h"
#include "rules/request.h"

/*
 * Witnesses: who cosigns checkpoints, and with which key. Registered, replaced whole and ended by PUT. A name and a key are one
 * witness's, so that nobody counts twice. What a key cosigned while it was a witness's stays.
 */

/* Reads vkey; faults name what is wrong with it. */
void witness_settle(struct witness_request *request, struct faults *faults);

enum status witness_put_apply(struct context *context) NODISCARD;

#endif
