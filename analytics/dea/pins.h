#ifndef ANALYTICS_DEA_PINS_H
#define ANALYTICS_DEA_PINS_H

/*
 * Rows that pin a radial program down: where the judged unit has the least of an input that may not grow, or the
 * most of an output that may not shrink, an average of units can only be made of those with exactly as much.
 * Internal to analytics/.
 *
 * Such a unit sits at the end of its frontier, where the score has no slope and multipliers grow without limit; nothing
 * could be proved with them. So the units that cannot take part are left out beforehand, by comparing the data, and
 * the row, which then says nothing, is freed. An input of which the judged unit has none is the same, under CRS too.
 */

#include <stdbool.h>
#include <stddef.h>

#include "analytics/dea/program.h"

struct dea_pins {
    size_t count;              /* columns that are left */
    size_t *member;            /* their numbers, ascending */
    double *columns;           /* their values */
    bool is_pinned[DEA_ROWS_MAX];
};

/* Makes room for programs of this size. Returns STATUS_OK or STATUS_EXHAUSTED. */
NODISCARD enum status dea_pins_init(struct dea_pins *pins, size_t rows, size_t columns);

/* Frees what init made; harmless on a zeroed struct. */
void dea_pins_fini(struct dea_pins *pins);

/*
 * Finds the rows that pin program (is_radial), whose rows have these least and largest values over all its columns.
 * Returns false when there are none. Otherwise *program becomes the smaller one: pinned rows free, pins->columns its
 * matrix.
 */
bool dea_pins_apply(struct dea_pins *pins, const double *minimum, const double *maximum, struct dea_program *program);

/* Spreads an answer to the smaller program over the given number of columns; those left out have lambda 0 and reduced
 * cost infinity. */
void dea_pins_spread(const struct dea_pins *pins, size_t columns, struct dea_solution *solution);

#endif
