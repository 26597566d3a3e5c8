#ifndef ANALYTICS_LP_GLPK_H
#define ANALYTICS_LP_GLPK_H

/* The programs of lp.h as GLPK's simplex answers them; nothing is checked. Internal to analytics/. */

#include "analytics/lp/guard.h"
#include "analytics/lp/lp.h"

struct lp_glpk;

/* One way of letting GLPK solve. */
struct lp_glpk_way {
    bool is_plain;     /* textbook pricing and ratio test instead of steepest edge and Harris */
    bool is_dual;      /* dual simplex first */
    bool is_geometric; /* scaled once more by geometric means of rows and columns, repeatedly */
    bool has_presolve;
};

/* Keeps one glp_prob of the calling thread. Returns NULL when memory is short. */
struct lp_glpk *lp_glpk_create(void);
void lp_glpk_free(struct lp_glpk *glpk);

/* From now on solving ends early once watch says so; it is asked from the first 50 ms of a program on. */
void lp_glpk_watch(struct lp_glpk *glpk, const struct lp_watch *watch);

/*
 * Solves from the same cold basis whatever was solved before.
 * Returns STATUS_OK with solution's outcome and, for LP_OPTIMAL, x and dual as GLPK claims them; STATUS_EXHAUSTED when
 * GLPK gave up or claims nothing; STATUS_BUSY when the watch said so.
 */
NODISCARD enum status lp_glpk_solve(struct lp_glpk *glpk, const struct lp_problem *problem,
                                    const struct lp_glpk_way *way, struct lp_solution *solution);

#endif
