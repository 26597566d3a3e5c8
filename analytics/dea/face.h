#ifndef ANALYTICS_DEA_FACE_H
#define ANALYTICS_DEA_FACE_H

/*
 * The optimal face of a unit's radial program: all the ways to reach the same score. Internal to analytics/.
 *
 * By complementary slackness with one optimal dual, a point is optimal exactly if it uses only columns with reduced
 * cost 0 and is tight in every row with a multiplier other than 0. Slacks are looked for on that face: a handful of
 * columns instead of n, and no computed score stands as a bound that the next program misses by a rounding error.
 * Each further program narrows the face in the same way.
 */

#include <stdbool.h>
#include <stddef.h>

#include "analytics/dea/program.h"
#include "analytics/dea/radial.h"
#include "analytics/dea/work.h"

/*
 * 1. member holds count ascending column numbers of the work, columns their values in the same order, each
 *    ldexp(work's scaled value, shift of the row).
 * 2. bound of a row is the current target: what the point uses of an input, or makes of an output, at most or least.
 * 3. A row with relation LP_ROW_EQUAL has no slack anywhere on the face.
 * 4. After a successful program, solution.lambda is a point of the face.
 */
struct dea_face {
    size_t rows;
    size_t inputs;
    size_t count;
    size_t *member;
    double *columns;
    double *cost;
    double *spare; /* where dea_face_point_swap keeps a point */
    enum lp_relation relation[DEA_ROWS_MAX];
    double bound[DEA_ROWS_MAX];
    int shift[DEA_ROWS_MAX];
    bool is_fixed[DEA_ROWS_MAX]; /* whether a row's slack does not count; false unless set after init */
    struct dea_program program;
    struct dea_solution solution;
};

/* Makes room for all of the work's columns. Returns STATUS_OK or STATUS_EXHAUSTED. */
NODISCARD enum status dea_face_init(struct dea_face *face, const struct dea_work *work);

/* Frees what init made; harmless on a zeroed struct. */
void dea_face_fini(struct dea_face *face);

/*
 * Takes the face from a solved radial program; bounds become the radial targets of the unit. With is_own_scale each row
 * is scaled anew, by shift, so that its target lies in [0.5, 1): what is then proved of the slacks holds to a share of
 * the target, however small beside the column's maximum. A target of zero keeps the work's scale.
 * STATUS_EXHAUSTED where the solution leaves no column: sizes so far apart that all of them are rounding.
 */
NODISCARD enum status dea_face_take(struct dea_face *face, const struct dea_work *work, size_t unit,
                                    const struct dea_radial *radial, bool is_own_scale,
                                    const struct dea_program *program, const struct dea_solution *solution);

/* Whether the row is an input or output that may have slack on the face. */
bool dea_face_is_open(const struct dea_face *face, size_t row);

/* The slack of a row at solution.lambda; never negative. */
double dea_face_slack(const struct dea_face *face, size_t row);

/* Maximises the sum over rows of weight times slack (weight: rows elements >= 0, largest about 1). The status is the
 * solver's. The face stays as it is until dea_face_narrow. */
NODISCARD enum status dea_face_slacks_maximise(struct dea_face *face, struct dea_solver *solver, const double *weight);

/*
 * Moves the bounds of the chosen rows by a common factor as far as the face allows: inputs down, outputs up (all
 * chosen rows are of one kind and have positive bounds). Sets their bounds to what was reached and narrows the face.
 */
NODISCARD enum status dea_face_scale(struct dea_face *face, struct dea_solver *solver, const bool *is_chosen);

/* Exchanges solution.lambda and the spare point, so that a program can be solved and its point dropped again. */
void dea_face_point_swap(struct dea_face *face);

/* Keeps only the optimal part of the face under the program just solved. STATUS_EXHAUSTED where that is no column. */
NODISCARD enum status dea_face_narrow(struct dea_face *face);

#endif
