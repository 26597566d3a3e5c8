#ifndef RULES_ERASURE_H
#define RULES_ERASURE_H

#include "rules/context.h"
#include "rules/request.h"

/*
 * Erasing personal texts. The entry names the commitments; the rules note in the state that their texts are gone, which is what
 * verification looks at. They do not look for the texts themselves: no replay has them. Taking them out of the file is
 * scrub.h's business.
 */

/* Reads commitments: 1 to LIMIT_ERASURES texts of 64 small hexadecimal digits, none twice. Faults name what is none.
 * STATUS_EXHAUSTED without memory. */
enum status erasure_settle(struct erase_request *request, struct arena *arena, struct faults *faults) NODISCARD;

/* Unchanged where all of them are erased already. */
enum status erasure_apply(struct context *context) NODISCARD;

#endif
