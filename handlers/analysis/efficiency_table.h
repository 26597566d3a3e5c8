#ifndef HANDLERS_ANALYSIS_EFFICIENCY_TABLE_H
#define HANDLERS_ANALYSIS_EFFICIENCY_TABLE_H

#include "json/unfold.h"

/*
 * The tables of /efficiency, the first of which is had where none is named; those of callers' own units have group in the place
 * of name and belt.
 *   units       a row for each unit, in peers their ids with semicolons between
 *   peers       a row for each unit and peer: its lambda
 *   peer_counts how many others a unit is a peer of
 *   means       over all units (an empty belt or group) and, where they were asked for, of each belt or group
 *   movements   a row for each unit and input or output: radial movement, slack, target
 *   left_out    of stored figures: the provinces that were left out
 */
extern const struct unfold_table efficiency_tables[];
extern const struct unfold_table efficiency_unit_tables[];

#endif
