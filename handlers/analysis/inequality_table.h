#ifndef HANDLERS_ANALYSIS_INEQUALITY_TABLE_H
#define HANDLERS_ANALYSIS_INEQUALITY_TABLE_H

#include "json/unfold.h"

/*
 * The tables of /inequality, the first of which is had where none is named; rows of one series have its group (empty: the
 * whole) and year.
 *   series         a row for each series: its indices, in undefined the names of those that have no value
 *   lorenz         a row for each corner of each Lorenz curve
 *   decomposition  a row for each year, index and part of it: within and between groups, transvariation
 *   pairs          a row for each year and two groups: the Gini index between them, the affluence of the higher
 *   undefined      a row for each index without a value: why
 *   states         of stored figures and panels, as those below: a row for each year and bound between two states
 *   transitions    a row for each two years and two states: how many moved, and their share of the former
 *   mobility       a row for each two years
 *   left_out       the provinces without a figure, the units without a value
 */
extern const struct unfold_table inequality_tables[];
extern const struct unfold_table inequality_sample_tables[]; /* of a caller's own values */

#endif
