#ifndef ANALYTICS_LP_GLPK_H
#define ANALYTICS_LP_GLPK_H

/* The programs of program.h as GLPK's simplex answers them; nothing is checked. Internal to analytics/. */

#include "analytics/lp/guard.h"
#include "analytics/lp/program.h"

struct lp_glpk;

/* One way of letting GLPK solve. */
struct lp_glpk_way {
    bool is_plain;     /* textbook pricing and ratio test instead of steepest edge and Harris */
    bool is_dual;      /* dual simplex first */
    bool is_geometric; /* scaled by GLPK, by geometric means of rows and columns, repeatedly */
    bool has_presolve;
    int pivots_max;    /* beyond this GLPK is taken to be cycling; 0: LP_GLPK_PIVOTS_MAX */
    int time_max_ms;   /* beyond this, by the clock, to be caught in itself; 0: LP_GLPK_TIME_MAX_MS */
    /* NULL, or powers of two by which each row is scaled before each column is by its largest element from a row on; the last
     * column by its own. */
    const double *row_scale;
    size_t column_from;
    double last_scale;
};

/* Programs of so few rows end after some hundred pivots. */
#define LP_GLPK_PIVOTS_MAX 20000

/* Nothing of this size takes so long unless GLPK is caught in itself: the pivots run out first, on any machine. */
#define LP_GLPK_TIME_MAX_MS 60000

/* Keeps one glp_prob of the calling thread. Returns NULL when memory is short. */
struct lp_glpk *lp_glpk_create(void);
void lp_glpk_free(struct lp_glpk *glpk);

/* From now on solving ends early once watch says so; it is asked from the first 50 ms of a program on. */
void lp_glpk_watch(struct lp_glpk *glpk, const struct lp_watch *watch);

/*
 * Solves from the same cold basis whatever was solved before; what the program says of panel, unit, start and enough is not
 * looked at.
 * Returns STATUS_OK with claim's outcome and, for LP_OPTIMAL, x, last and dual as GLPK claims them; STATUS_EXHAUSTED when
 * GLPK gave up or claims nothing; STATUS_BUSY when the watch said so.
 */
NODISCARD enum status lp_glpk_solve(struct lp_glpk *glpk, const struct lp_program *program,
                                    const struct lp_glpk_way *way, struct lp_claim *claim);

/* The power of two that brings a size into [0.5, 1); 1 for 0. */
double lp_glpk_scale_of(double size);

#endif
