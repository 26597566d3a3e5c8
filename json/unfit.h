#ifndef JSON_UNFIT_H
#define JSON_UNFIT_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "json/faults.h"

/*
 * Numbers that are good JSON but too large to be read: integers beyond 64 bits, others
 * beyond a double. jansson stops at the first one. So that one answer names them all,
 * beside whatever else is wrong, each is masked by a text of the same length, by which
 * json_is_unfit knows it in the document. For parse.c, but for json_is_unfit.
 */

/* Masks such numbers in text, whose byte at length is a NUL. What is no JSON stays none,
 * and every other byte stays where it was. */
void unfit_mask(char *text, size_t length);

/* Adds a fault out_of_range at the pointer of every number of bytes that masked hides. bytes
 * is sound JSON but for them. */
void unfit_name(const char *bytes, const char *masked, size_t length, struct faults *faults);

/* Whether a value of the document stands for such a number: it is named among the faults
 * already, and nothing more is to be said about it. False where faults has none of them. */
bool json_is_unfit(const json_t *value, const struct faults *faults);

#endif
