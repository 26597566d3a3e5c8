#ifndef RULES_VERIFY_KEYS_H
#define RULES_VERIFY_KEYS_H

#include "base/status.h"

/* The node's keys and the ledger's name.
 * Inside rules/verify/ only; parts.h says how the parts go together. */
struct verify;

/* Those of the database. */
enum status verify_keys_read(struct verify *verify) NODISCARD;

#endif
