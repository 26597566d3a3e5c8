/*
 * Asks the solvers of analytics/lp. Read lp/dense.c and lp/glpk.c next.
 *
 * A radial program starts from the judged unit itself, which fills its own rows. That of theta under CRS is asked as
 * that of phi, whose rows nothing at all fills, should the judged unit not be among the columns: multipliers and shares are
 * the same (bounds.h takes them apart again).
 */
#include "analytics/dea/claims.h"

#include <math.h>
#include <string.h>

/* Beyond this GLPK is taken to be cycling: honest programs of so few rows end after some dozen pivots. */
#define PIVOTS_MAX 2000

/* What a program has for the simplex besides its columns. */
struct terms {
    double bound[DEA_ROWS_MAX];
    double last[DEA_ROWS_MAX];
    double last_cost;
    double unit[DEA_ROWS_MAX];
    size_t start[DEA_ROWS_MAX];
};

static void terms_take(struct terms *terms, const struct dea_program *program)
{
    const bool is_constant = program->is_radial && program->relation[program->rows - 1] != LP_ROW_EQUAL;
    const bool is_turned = is_constant && program->extra_cost > 0;
    terms->last_cost = is_turned ? -1 : program->extra_cost;
    for (size_t i = 0; i < program->rows; i++) {
        const double size = fmax(fabs(program->bound[i]), fabs(program->extra[i]));
        terms->bound[i] = is_turned ? fabs(program->extra[i]) : program->bound[i];
        terms->last[i] = is_turned ? -program->bound[i] : program->extra[i];
        terms->unit[i] = size > 0 ? size : 1;
    }
}

/* The basis at which the judged unit makes what it makes. */
static void start_find(struct terms *terms, const struct dea_program *program)
{
    const size_t last = program->rows - 1;
    bool has_factor = false;
    bool has_unit = program->relation[last] == LP_ROW_EQUAL;
    for (size_t i = 0; i < program->rows; i++) {
        terms->start[i] = LP_START_SLACK;
        if (program->relation[i] == LP_ROW_FREE) {
            continue;
        }
        if (i == last) {
            terms->start[i] = program->first;
        } else if (!has_unit && terms->bound[i] > 0) {
            terms->start[i] = program->first;
            has_unit = true;
        } else if (!has_factor && terms->last[i] < 0) {
            terms->start[i] = LP_START_LAST;
            has_factor = true;
        }
    }
}

static struct lp_problem problem_of(const struct dea_program *program)
{
    return (struct lp_problem){
        .rows = program->rows,
        .columns = program->columns,
        .matrix = program->matrix,
        .cost = program->cost,
        .relation = program->relation,
        .bound = program->bound,
    };
}

static enum status claim_take(enum status status, const struct dea_program *program, const struct lp_claim *claim,
                              struct dea_solution *solution)
{
    if (status != STATUS_OK || claim->outcome != LP_OPTIMAL) {
        return status == STATUS_OK ? STATUS_EXHAUSTED : status;
    }
    memset(solution->dual, 0, sizeof solution->dual);
    memcpy(solution->dual, claim->dual, program->rows * sizeof *solution->dual);
    solution->extra = claim->last;
    return STATUS_OK;
}

enum status dea_claim_dense(struct lp_dense *dense, const struct dea_program *program, bool is_bland,
                            struct dea_solution *solution)
{
    struct terms terms;
    struct lp_claim claim;
    claim.x = solution->lambda;
    terms_take(&terms, program);
    if (program->is_radial) {
        start_find(&terms, program);
    }
    struct lp_program asked = {
        .problem = problem_of(program),
        .panel = program->cost == NULL ? program->panel : NULL,
        .is_positive = true,
        .last = program->has_extra ? terms.last : NULL,
        .last_cost = terms.last_cost,
        .unit = terms.unit,
        .start = program->is_radial ? terms.start : NULL,
        .has_enough = program->enough > 0,
        .enough = -program->enough,
    };
    asked.problem.bound = terms.bound;
    return claim_take(lp_dense_solve(dense, &asked, is_bland, &claim), program, &claim, solution);
}

/* Makes the judged unit's values, moved by the guess, the measure of each row. */
static void scales_find(const struct dea_program *program, double *scale)
{
    for (size_t i = 0; i < program->rows; i++) {
        const double extra = program->has_extra ? fabs(program->extra[i]) * program->guess : 0;
        scale[i] = lp_glpk_scale_of(fmax(fabs(program->bound[i]), extra));
    }
}

enum status dea_claim_glpk(struct lp_glpk *glpk, const struct dea_program *program, const struct dea_glpk_way *way,
                           struct dea_solution *solution)
{
    const bool is_scaled = way->scale == DEA_SCALE_OWN || way->scale == DEA_SCALE_MADE;
    double scale[DEA_ROWS_MAX];
    struct lp_claim claim;
    claim.x = solution->lambda;
    scales_find(program, scale);
    const struct lp_program asked = {
        .problem = problem_of(program),
        .last = program->has_extra ? program->extra : NULL,
        .last_cost = program->extra_cost,
    };
    const struct lp_glpk_way lp_way = {
        .is_plain = way->is_plain,
        .is_dual = way->is_dual,
        .is_geometric = way->scale == DEA_SCALE_GEOMETRIC,
        .has_presolve = way->has_presolve,
        .pivots_max = PIVOTS_MAX,
        .row_scale = is_scaled ? scale : NULL,
        .column_from = way->scale == DEA_SCALE_MADE ? program->inputs : 0,
        .last_scale = is_scaled && program->has_extra ? 1 / lp_glpk_scale_of(program->guess) : 1,
    };
    return claim_take(lp_glpk_solve(glpk, &asked, &lp_way, &claim), program, &claim, solution);
}
