#ifndef HANDLERS_ANALYSIS_DENSITY_READING_H
#define HANDLERS_ANALYSIS_DENSITY_READING_H

#include <stdbool.h>

#include "handlers/analysis/density_change.h"
#include "handlers/analysis/density_draw.h"
#include "json/write.h"

/*
 * What the numbers say, in sentences: member `reading`, an array. Each sentence rests on a number that the answer
 * gives too, and neither further peaks nor a change of the main peak or of the spread are told without what the tests say
 * of them, corrected for how many there are (density_family.h). A move of the centre goes by its standard error, in which a
 * unit that is in both years is compared with itself (shift.h). Of tails there is no test, and that is said. Less than one percent of the mean
 * is no move of the centre, less than five percent no change of a height, a width or a tail.
 */

/* Of one curve: its peaks, the tests' verdict, the longer tail. */
void density_reading_write_series(struct json_writer *w, const struct density_series *series, bool is_chinese);

/* Of two curves: centre, main peak, number of peaks, spread, tails and overlap. */
void density_reading_write_change(struct json_writer *w, const struct density_change *change, bool is_chinese);

/* A sentence of the service's, in Chinese where that is wanted and there is a line for it (chinese.h). */
void density_reading_say(struct json_writer *w, const char *english, bool is_chinese);

#endif
