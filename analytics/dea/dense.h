#ifndef ANALYTICS_DEA_DENSE_H
#define ANALYTICS_DEA_DENSE_H

/* The programs of program.h as the simplex of analytics/lp answers them; nothing is checked. Internal to analytics/. */

#include "analytics/dea/program.h"
#include "analytics/lp/guard.h"

struct dea_dense;

/* Returns NULL when memory is short. */
struct dea_dense *dea_dense_create(void);
void dea_dense_free(struct dea_dense *dense);

/* From now on solving ends early once watch says so; it is asked every few dozen pivots. */
void dea_dense_watch(struct dea_dense *dense, const struct lp_watch *watch);

/*
 * Solves cold: the answer depends on the program alone. A radial program begins at the column program->first.
 * Returns STATUS_OK with solution's extra, lambda and dual as claimed; STATUS_EXHAUSTED when there was no answer;
 * STATUS_BUSY when the watch said so; STATUS_CONFLICT when the factor of a radial program of outputs is known to be
 * program->enough or more, and solution is left as it was.
 */
NODISCARD enum status dea_dense_solve(struct dea_dense *dense, const struct dea_program *program, bool is_bland,
                                      struct dea_solution *solution);

#endif
