#ifndef ANALYTICS_DEA_GLPK_H
#define ANALYTICS_DEA_GLPK_H

/* The programs of program.h solved by GLPK's simplex. Internal to analytics/. */

#include "analytics/lp/guard.h"
#include "analytics/dea/program.h"

struct dea_glpk;

enum dea_scale {
    DEA_SCALE_NONE,
    DEA_SCALE_OWN,      /* rows by bound and extra, this times the guess; then columns by their largest entry */
    DEA_SCALE_MADE,     /* the same, columns by their largest output */
    DEA_SCALE_GEOMETRIC /* GLPK's: geometric means of rows and columns, repeatedly */
};

/* One way of letting GLPK solve. */
struct dea_glpk_way {
    bool is_plain;      /* textbook pricing and ratio test instead of steepest edge and Harris */
    bool is_dual;       /* dual simplex first */
    enum dea_scale scale;
    bool has_presolve;
};

/* Keeps one glp_prob of the calling thread. Returns NULL when memory is short. */
struct dea_glpk *dea_glpk_create(void);
void dea_glpk_free(struct dea_glpk *glpk);

/* From now on solving ends early once watch says so; it is asked from the first 50 ms of a program on. */
void dea_glpk_watch(struct dea_glpk *glpk, const struct lp_watch *watch);

/*
 * Solves from the same cold basis whatever was solved before.
 * Returns STATUS_OK with solution's extra, lambda and dual as GLPK claims them (nothing is checked), or
 * STATUS_EXHAUSTED when GLPK gave up or did not call its answer optimal, or STATUS_BUSY when the watch said so.
 */
NODISCARD enum status dea_glpk_solve(struct dea_glpk *glpk, const struct dea_program *program,
                                     const struct dea_glpk_way *way, struct dea_solution *solution);

#endif
