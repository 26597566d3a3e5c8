#ifndef HANDLERS_ANALYSIS_UNIT_PANEL_H
#define HANDLERS_ANALYSIS_UNIT_PANEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/arena.h"
#include "base/status.h"
#include "handlers/analysis/write.h"
#include "json/bind.h"
#include "json/faults.h"

/*
 * Values of units over years: of a caller's own units, as the bodies of POST /inequality and POST /density have them, or of
 * stored figures. columns[y] has one for each unit, NAN where there is none; weights[y] as many, or NULL without.
 */
struct unit_panel {
    const char *const *ids;
    size_t unit_count;
    const char *const *groups; /* names, ascending */
    size_t group_count;        /* 0: nothing is told by group */
    const size_t *group_of;    /* of each unit, below group_count; not looked at where that is 0 */
    const int64_t *years;      /* ascending */
    size_t year_count;
    double **columns;
    double **weights;
};

/* Units times years, and groups. The answer of /inequality names each unit twice in each year and has two points of a curve for
 * each of its values: with the longest names that is what a reply may have (LIMIT_REPLY_BYTES). */
enum { UNIT_PANEL_VALUES_MAX = 200000, UNIT_PANEL_GROUPS_MAX = 100 };

/* The words of a body's relative_to, as analysis_relative_choices begin; ends with NULL. */
extern const char *const unit_panel_relative_choices[];

/* An object of a body's units: id, group? and values, weight? or weights?. */
extern const struct bind_table unit_panel_table;

/* Whether a body is of units over years: an object with units or years. */
bool unit_panel_is(const json_t *document);

/*
 * Reads a body's years, 1 to 64 different ones in any order, and its units, bound by unit_panel_table: each has a number of
 * -1e15 to 1e15, or null, for each year; all have a group or none has; all have weights (one for all years, or one for each)
 * or none has. A unit counts in a year if its value is a number and its weight above 0, else the column has NAN; in each year
 * one does. Units times years are bounded by UNIT_PANEL_VALUES_MAX. years is NULL, or units not sound, where
 * that has a fault already: what can be said of the other still is. What is wrong is added to *faults, and the panel is of no
 * use then. STATUS_EXHAUSTED without memory. All lies in the arena, the ids and groups too.
 */
enum status unit_panel_read(struct arena *arena, const json_t *years, const struct bind_array *units, bool are_units_sound,
                            struct unit_panel *panel, struct faults *faults) NODISCARD;

/* means[y], which has room, becomes the mean of each year, weighed where there are weights; where is_relative, the values are
 * divided by it first. Only of a panel without faults; what is wrong (too_few_values, zero_mean, out_of_range) is added. */
void unit_panel_divide(struct unit_panel *panel, bool is_relative, double *means, struct faults *faults);

/* The values of one group and year, in the order of the units; weights is NULL where the panel has none. */
struct unit_gathered {
    double *values, *weights;
    const char **members; /* ids */
    size_t *units;        /* their places in the panel */
    size_t count;
};

/* In the place of a group: all units. */
#define UNIT_PANEL_ALL ((size_t)-1)

/* STATUS_EXHAUSTED without memory. All lies in the arena, but for the ids. */
enum status unit_panel_gather(struct arena *arena, const struct unit_panel *panel, size_t group, size_t year,
                              struct unit_gathered *gathered) NODISCARD;

/* Each unit and year without a value that counts, by year. */
enum status unit_panel_left_out(struct arena *arena, const struct unit_panel *panel, const struct analysis_left_out **left_out,
                                size_t *count) NODISCARD;

#endif
