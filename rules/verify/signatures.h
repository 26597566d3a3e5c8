#ifndef RULES_VERIFY_SIGNATURES_H
#define RULES_VERIFY_SIGNATURES_H

#include <stddef.h>

/* What can be said of an entry without the ones before it: its hashes, its seal, the signature of its block's checkpoint.
 * Inside rules/verify/ only; parts.h says how the parts go together. */
struct verify_item;
struct verify_work;

/* Fills in the lower part of the works of count items. Any thread: reads nothing but what items and works point to. */
void verify_signatures(const struct verify_item *items, struct verify_work *works, size_t count);

#endif
