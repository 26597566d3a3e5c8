#ifndef ANALYTICS_DEA_WORK_H
#define ANALYTICS_DEA_WORK_H

/*
 * The data as the programs see them. Internal to analytics/. Each column of the data is a row of the programs and is
 * scaled by a power of two (exact) so that its maximum lies in [0.5, 1): without that GLPK failed, or silently
 * answered 17 % off, on data whose columns differ by fifteen orders of magnitude.
 *
 * Rows: the inputs, then the outputs, then the row of ones for sum(lambda).
 */

#include <stdbool.h>
#include <stddef.h>

#include "analytics/dea/dea.h"
#include "analytics/dea/frame.h"
#include "analytics/dea/pins.h"
#include "analytics/dea/program.h"
#include "analytics/lp/panel.h"

struct dea_work {
    size_t inputs;
    size_t outputs;
    size_t rows;                   /* inputs + outputs + 1 */
    size_t columns;                /* reference units, ascending by unit; by value after dea_work_sort */
    size_t *unit_of;               /* the unit of each column */
    size_t *column_of;             /* the column of each unit; meaningless for units without inputs */
    size_t *first_of;              /* of each column the first that has the same values; itself before dea_work_sort */
    double *matrix;                /* column after column, rows elements each, scaled */
    int exponent[DEA_ROWS_MAX];    /* value = ldexp(scaled, exponent) */
    double minimum[DEA_ROWS_MAX];  /* of the scaled row */
    double maximum[DEA_ROWS_MAX];  /* of the scaled row; 0 for a column of zeros */
    double mean[DEA_ROWS_MAX];     /* of the scaled row over the reference units */
    enum dea_unit_state *states;   /* by unit: scored, no inputs or no outputs */
    enum dea_orientation orientation;
    struct lp_panel panel;         /* the matrix once more, side by side */
    struct dea_frame frame;        /* empty, or the columns on the frontier */
    struct dea_pins pins;          /* room for radial.c */
    struct dea_solver *solver;
};

/* Prepares checked data. Returns STATUS_OK or STATUS_EXHAUSTED. The work copies what it needs of problem. */
NODISCARD enum status dea_work_init(struct dea_work *work, const struct dea_problem *problem,
                                    enum dea_orientation orientation);

/*
 * Puts the columns, and what is summed over them, in the order of their values, equals by unit: what is made of them then
 * does not depend on the order in which the units were given, down to the last digit, where equals are told apart by nothing
 * (first_of). Before there is a frame. Returns STATUS_OK or STATUS_EXHAUSTED.
 */
NODISCARD enum status dea_work_sort(struct dea_work *work);

/* The same work for another thread: the data are borrowed, solver, frame and room are its own. */
NODISCARD enum status dea_work_share(struct dea_work *share, const struct dea_work *work);
void dea_work_share_fini(struct dea_work *share);

/* Frees what init made; harmless on a zeroed struct. */
void dea_work_fini(struct dea_work *work);

/* The scaled column of a unit that has inputs. */
const double *dea_work_column(const struct dea_work *work, size_t unit);

/* Any unit's values, in the scale of the work: column gets work->rows elements, the last of them 1. Returns whether they
 * are numbers of which at least one input and one output is above 0. */
bool dea_work_scale(const struct dea_work *work, const double *inputs, const double *outputs, double *column);

#endif
