#ifndef RULES_IDENTIFIER_H
#define RULES_IDENTIFIER_H

#include <stdbool.h>

/*
 * What makes an id or an identifier unfit, whatever is stored.
 *
 * Identifiers in known systems: gtin (8, 12, 13 or 14 digits), gln (13) and sscc (18) end in
 * the GS1 check digit (GS1 General Specifications, 7.9: weights 3 and 1 from the right);
 * unspsc has 8 digits and no check digit. Other systems are the client's own. NULL where
 * value is sound; else a sentence that says what is wrong, and its *code: bad_format, or
 * identifier_check_digit where only the last digit tells. Both are static.
 */
const char *identifier_fault(const char *system, const char *value, const char **code);

/* Whether an id cannot be that of a supply or a transfer, since a route has the same word
 * where the id would stand: nobody could read it. */
bool identifier_is_reserved(const char *id);

#endif
