#ifndef ANALYTICS_DEA_CLAIMS_H
#define ANALYTICS_DEA_CLAIMS_H

/*
 * A program of program.h in the words of lp/program.h: where it begins, what its rows are measured by. Nothing is copied but a
 * few numbers a row, and nothing is checked. Internal to analytics/.
 */

#include "analytics/dea/program.h"
#include "analytics/lp/dense.h"
#include "analytics/lp/glpk.h"

enum dea_scale {
    DEA_SCALE_NONE,
    DEA_SCALE_OWN,      /* rows by bound and extra, this times the guess; then columns by their largest entry */
    DEA_SCALE_MADE,     /* the same, columns by their largest output */
    DEA_SCALE_GEOMETRIC /* GLPK's: geometric means of rows and columns, repeatedly */
};

/* One way of letting GLPK solve, as lp/glpk.h has it. */
struct dea_glpk_way {
    bool is_plain;
    bool is_dual;
    enum dea_scale scale;
    bool has_presolve;
};

/*
 * Solves cold: the answer depends on the program alone. A radial program begins at the column program->first.
 * Returns STATUS_OK with solution's extra, lambda and dual as claimed; STATUS_EXHAUSTED when there was no answer;
 * STATUS_BUSY when the watch said so; STATUS_CONFLICT when the factor of a radial program of outputs is known to be
 * program->enough or more, and solution is left as it was.
 */
NODISCARD enum status dea_claim_dense(struct lp_dense *dense, const struct dea_program *program, bool is_bland,
                                      struct dea_solution *solution);

/* The same by GLPK, from the same cold basis whatever was solved before; enough is not looked at. */
NODISCARD enum status dea_claim_glpk(struct lp_glpk *glpk, const struct dea_program *program,
                                     const struct dea_glpk_way *way, struct dea_solution *solution);

#endif
