#ifndef ANALYTICS_LP_DENSE_H
#define ANALYTICS_LP_DENSE_H

/* The programs of lp.h as simplex.h answers them; nothing is checked. Internal to analytics/. */

#include "analytics/lp/guard.h"
#include "analytics/lp/lp.h"

struct lp_dense;

/* Returns NULL when memory is short. */
struct lp_dense *lp_dense_create(void);
void lp_dense_free(struct lp_dense *dense);

/* From now on solving ends early once watch says so; it is asked every few dozen pivots. */
void lp_dense_watch(struct lp_dense *dense, const struct lp_watch *watch);

/*
 * Solves a program whose columns and costs are scaled to be near 1.
 * Returns STATUS_OK with solution's outcome and, as claimed: x and dual of an optimum; dual that proves that there is
 * none; the direction x. STATUS_EXHAUSTED when the pivots or memory ran out; STATUS_BUSY when the watch said so.
 */
NODISCARD enum status lp_dense_solve(struct lp_dense *dense, const struct lp_problem *problem, bool is_bland,
                                     struct lp_solution *solution);

#endif
