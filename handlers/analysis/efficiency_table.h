#ifndef HANDLERS_ANALYSIS_EFFICIENCY_TABLE_H
#define HANDLERS_ANALYSIS_EFFICIENCY_TABLE_H

#include <stdbool.h>

#include "json/unfold.h"

/*
 * The tables of /efficiency, the first of which is had where none is named; those of callers' own units have group in the place
 * of name and belt.
 *   units       a row for each unit, in peers their ids with semicolons between
 *   peers       a row for each unit and peer: its lambda
 *   peer_counts how many others a unit is a peer of
 *   means       over all units (an empty belt or group) and, where they were asked for, of each belt or group
 *   movements   a row for each unit and input or output: what it is, what moves it, target
 *   slacks      a row for each unit, then their means, over all and of each belt or group as in means
 *   weights     a row for each unit: its score and the best weights of its inputs and outputs
 *   certificate one row: how far the solved programs are from exact, at worst
 *   left_out    of stored figures: the provinces that were left out
 */
extern const struct unfold_table efficiency_tables[];
extern const struct unfold_table efficiency_unit_tables[];

/* Of the table of stored figures' units: the members of a row, in the order of its writer. */
extern const char efficiency_columns[];

/* Whether it is one of the two tables weights; NULL is none. */
bool efficiency_table_is_weights(const struct unfold_table *table);

#endif
