#ifndef HANDLERS_ANALYSIS_DENSITY_TABLE_H
#define HANDLERS_ANALYSIS_DENSITY_TABLE_H

#include "json/unfold.h"

/*
 * The tables of /density, the first of which is had where none is named; rows of one series have its group and year.
 *   curves     a row for each point of each curve
 *   series     a row for each series: size, moments, bandwidth, peaks
 *   modes      a row for each mode, the leftmost first
 *   quantiles  a row for each quantile of a curve
 *   tails      a row for each threshold: the share below and above
 *   tests      a row for each test that was made; critical_bandwidth is of silverman, statistic of dip
 *   readings   a row for each sentence: of a curve with its year, of a change with from and to
 *   warnings   a row for each sentence of what to bear in mind of a curve
 *   changes    a row for each change from one year to another, of stored figures and units
 *   shifts     a row for each change and quantile: how far it moved
 *   change_tests  a row for each change that was tested and each measure (height, width, sd): its ratio and p-values
 *   left_out   the provinces without a figure, the units without a value
 */
extern const struct unfold_table density_tables[];
extern const struct unfold_table density_sample_tables[]; /* of a caller's own numbers */

#endif
