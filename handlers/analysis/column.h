#ifndef HANDLERS_ANALYSIS_COLUMN_H
#define HANDLERS_ANALYSIS_COLUMN_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/arena.h"
#include "base/status.h"
#include "json/faults.h"

/* An array of numbers in a body, on its way in. */
struct analysis_column {
    const char *within; /* the pointer of the object that it is a member of; NULL: the body itself */
    const char *member;
    size_t max; /* of the items: 1 to that many */
    double min; /* of a number: min to ANALYSIS_NUMBER_MAX */
    bool has_gaps; /* null is accepted, and is NAN */
    double *numbers; /* in the arena; NULL until they are read */
    size_t count;
};

/* The numbers of an array. Only where all are sound does the column get them; else the faults (wrong_type, too_short,
 * too_long, out_of_range) name what is wrong. */
enum status analysis_column_take(struct arena *arena, const json_t *array, struct analysis_column *column, struct faults *faults) NODISCARD;

/* A fault (wrong_length) where both were read and differ in length. */
void analysis_columns_compare(const struct analysis_column *values, const struct analysis_column *weights, struct faults *faults);

#endif
