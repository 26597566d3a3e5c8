#ifndef RULES_VERIFY_ENTRIES_H
#define RULES_VERIFY_ENTRIES_H

#include "base/status.h"

/* Entry after entry: chain, seal, key, body, replay, and with each what belongs to it.
 * Inside rules/verify/ only; parts.h says how the parts go together. */
struct verify;

/* All entries of the source; fills in the report's count, head and root. */
enum status verify_entries(struct verify *verify) NODISCARD;

#endif
