#ifndef RULES_VERIFY_BESIDE_H
#define RULES_VERIFY_BESIDE_H

#include <stddef.h>

#include "base/status.h"

/* What a database keeps beside the entries.
 * Inside rules/verify/ only; parts.h says how the parts go together. */
struct entry_row;
struct verify;

/* What stands beside an entry: the texts behind the commitments of its command's body (NULL where that could not be read), and the
 * answer that takes its key. */
enum status verify_entry_beside(struct verify *verify, const struct entry_row *row, const char *body, size_t body_length) NODISCARD;

/* Personal texts and answers as a whole: none altered, none that no entry knows of. */
enum status verify_beside(struct verify *verify) NODISCARD;

#endif
