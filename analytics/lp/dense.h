#ifndef ANALYTICS_LP_DENSE_H
#define ANALYTICS_LP_DENSE_H

/* The programs of program.h as simplex.h answers them; nothing is checked. Internal to analytics/. */

#include "analytics/lp/guard.h"
#include "analytics/lp/program.h"

struct lp_dense;

/* Returns NULL when memory is short. */
struct lp_dense *lp_dense_create(void);
void lp_dense_free(struct lp_dense *dense);

/* From now on solving ends early once watch says so; it is asked every few dozen pivots. */
void lp_dense_watch(struct lp_dense *dense, const struct lp_watch *watch);

/*
 * Solves, cold: the answer depends on the program alone. Columns are near 1 in the rows' units, or have a panel.
 * Returns STATUS_OK with claim's outcome and, as claimed: x, last and dual of an optimum; dual that proves that there is
 * none; the direction x and last. STATUS_EXHAUSTED when the pivots or memory ran out; STATUS_BUSY when the watch said so;
 * STATUS_CONFLICT when enough was reached, and claim is left as it was.
 */
NODISCARD enum status lp_dense_solve(struct lp_dense *dense, const struct lp_program *program, bool is_bland,
                                     struct lp_claim *claim);

#endif
