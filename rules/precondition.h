#ifndef RULES_PRECONDITION_H
#define RULES_PRECONDITION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "rules/context.h"

/*
 * What a command demands of the version that it changes.
 */

/* Whether the version is one of those wanted (If-Match), or any is. */
bool precondition_wants(const struct command *command, int64_t version);

/* Whether the version is one of those that must not be there (If-None-Match with entity tags). */
bool precondition_excludes(const struct command *command, int64_t version);

/* Sets the refusal for an If-Match that no version could meet, as all its tags are weak or foreign; false: some names a version. */
bool precondition_refuse_unmeetable(const struct command *command, int64_t version, struct refusal *refusal);

/* The refusal for a version that is excluded. */
void precondition_refuse_excluded(int64_t version, struct refusal *refusal);

/* What must be so for a replacement: what exists is replaced by who names its version, what does not is made by who names none.
 * STATUS_CONFLICT: the refusal is set. */
enum status precondition_check(struct context *context, bool exists, int64_t version) NODISCARD;

/* The same for what can be done without naming a version. */
enum status precondition_check_optional(struct context *context, int64_t version) NODISCARD;

#endif
