#ifndef RULES_IDENTIFIER_H
#define RULES_IDENTIFIER_H

#include <stdbool.h>

/*
 * Identifiers of items in known systems. gtin: 8, 12, 13 or 14 digits with the GS1 check
 * digit (GS1 General Specifications, 7.9: weights 3 and 1 from the right). unspsc: 8
 * digits. Other systems are the client's own. NULL where value is well formed, else a
 * sentence that says what is wrong.
 */
const char *identifier_fault(const char *system, const char *value);

#endif
