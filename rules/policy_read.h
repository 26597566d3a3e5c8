#ifndef RULES_POLICY_READ_H
#define RULES_POLICY_READ_H

#include "base/arena.h"
#include "base/status.h"
#include "json/faults.h"
#include "rules/request.h"

/* Reads signed_kinds: the kinds in their order, each once, as the JSON array that is stored; ["*"] for all of them. Faults name
 * what is none. STATUS_EXHAUSTED without memory. */
enum status policy_settle(struct policy_request *request, struct arena *arena, struct faults *faults) NODISCARD;

#endif
