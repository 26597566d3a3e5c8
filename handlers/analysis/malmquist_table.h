#ifndef HANDLERS_ANALYSIS_MALMQUIST_TABLE_H
#define HANDLERS_ANALYSIS_MALMQUIST_TABLE_H

#include "json/unfold.h"

/*
 * The tables of /efficiency/malmquist, the first of which is had where none is named; those of callers' own units have group in
 * the place of name and belt. Means are geometric.
 *   changes   a row for each unit and step from one year to the next
 *   dmus      the means of each unit over the steps
 *   periods   the means of each step, over all units (an empty belt or group) and of each belt or group
 *   means     the same over all steps
 *   certificate  one row: how far the solved programs are from exact, at worst
 *   left_out  of stored figures: what was missing
 */
extern const struct unfold_table malmquist_tables[];
extern const struct unfold_table malmquist_unit_tables[];

#endif
