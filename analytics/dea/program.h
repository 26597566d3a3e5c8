#ifndef ANALYTICS_DEA_PROGRAM_H
#define ANALYTICS_DEA_PROGRAM_H

/*
 * The linear programs of data envelopment analysis, and the one place through which all of them are solved.
 * Internal to analytics/. Another solver joins by one row in the table of attempts in program.c.
 *
 *   minimise   cost . lambda + extra_cost * z
 *   with       matrix lambda + extra z   (<=, >=, = or free)   bound,   lambda >= 0, z >= 0
 *
 * The rows are the inputs, the outputs, and sum(lambda), at most DEA_ROWS_MAX. One column stands for each unit; z is
 * theta, phi or a common factor t, and may be missing.
 */

#include <stdbool.h>
#include <stddef.h>

#include "analytics/dea/dea.h"
#include "analytics/lp/lp.h"
#include "analytics/lp/panel.h"
#include "base/status.h"

#define DEA_ROWS_MAX (DEA_INPUTS_MAX + DEA_OUTPUTS_MAX + 1)

struct dea_program {
    size_t rows;
    size_t inputs;        /* how many rows are inputs; they come first */
    size_t columns;
    const double *matrix; /* column after column, rows elements each */
    const struct lp_panel *panel; /* the same side by side, or NULL */
    const struct lp_panel *all;   /* what the proof prices besides: NULL where the columns are all there are */
    const size_t *member;         /* the work's column of each; NULL where they are all of them */
    bool is_radial;       /* a score: extra and bound hold the judged unit's own values (bounds.h) */
    size_t first;         /* a column that can fill the rows by itself: the judged unit; 0 if none is known */
    const double *cost;   /* one for each column, or NULL for zeros */
    bool has_extra;
    double extra[DEA_ROWS_MAX];
    double extra_cost;
    double enough;        /* of a radial program, for frame.c alone: a factor at which to stop asking; 0 none */
    double guess;         /* about what z will be, for scaling; 1 unless better is known */
    enum lp_relation relation[DEA_ROWS_MAX];
    double bound[DEA_ROWS_MAX];
};

/* How far a candidate is from being a proved optimum; certificate.h says how each is measured. */
struct dea_check {
    double primal_infeasibility;
    double dual_infeasibility;
    double duality_gap;
};

struct dea_solution {
    double objective;
    double extra;              /* z; 0 without one */
    double dual[DEA_ROWS_MAX]; /* of the minimisation: <= 0 at most, >= 0 at least, any equal, 0 free */
    double *lambda;            /* caller's, room for every column */
    double *reduced;           /* caller's, room for every column: cost - dual . column, filled by the certificate */
    struct dea_check check;
};

struct dea_solver;

/* Returns NULL when memory is short. Belongs to the thread that made it. */
struct dea_solver *dea_solver_create(void);
void dea_solver_free(struct dea_solver *solver);

/* Which way is tried first: DEA_SOLVER_SIMPLEX unless told. */
void dea_solver_choose(struct dea_solver *solver, enum dea_solver_kind kind);

/* From now on solving ends with STATUS_BUSY, in the middle of a program too, once is_cancelled says so. */
void dea_solver_watch(struct dea_solver *solver, bool (*is_cancelled)(void *), void *context);

/*
 * Solves cold, so that the answer depends on the program alone, and proves the answer. An answer whose certificate
 * exceeds DEA_TOLERANCE is thrown away and the next way of solving is tried.
 * Returns STATUS_OK with solution filled, STATUS_EXHAUSTED when no way led to a proved answer, or STATUS_BUSY when
 * dea_solver_watch's is_cancelled ended it (its contents are then undefined).
 */
NODISCARD enum status dea_solver_solve(struct dea_solver *solver, const struct dea_program *program,
                                       struct dea_solution *solution);

/* The worst accepted violations and the counts since it was last asked; uncertified_count is left at 0. */
struct dea_certificate dea_solver_certificate(struct dea_solver *solver);

#endif
