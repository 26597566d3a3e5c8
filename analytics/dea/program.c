/*
 * Solves a program by the first way whose answer can be proved, and keeps count of what was proved.
 * Read claims.c for the solvers and certificate.c for the proof.
 */
#include "analytics/dea/program.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "analytics/dea/bounds.h"
#include "analytics/dea/certificate.h"
#include "analytics/dea/claims.h"

struct dea_solver {
    enum dea_solver_kind kind;
    struct lp_dense *dense;
    struct lp_glpk *glpk;
    struct dea_certificate certificate;
};

enum way_kind { BY_SIMPLEX, BY_BLAND, BY_GLPK };

struct dea_way {
    enum way_kind kind;
    struct dea_glpk_way glpk;
};

/*
 * In this order. Our simplex, and again with Bland's rule, which cannot cycle. Then GLPK: unscaled is fastest and nearly
 * always enough; then rows and columns scaled by what the judged unit has or makes, by geometric means, pivots chosen as
 * plainly as GLPK can, the dual simplex, and last the presolver.
 */
static const struct dea_way ways[] = {
    {.kind = BY_SIMPLEX},
    {.kind = BY_BLAND},
    {.kind = BY_GLPK},
    {.kind = BY_GLPK, .glpk = {.scale = DEA_SCALE_OWN}},
    {.kind = BY_GLPK, .glpk = {.scale = DEA_SCALE_MADE}},
    {.kind = BY_GLPK, .glpk = {.scale = DEA_SCALE_GEOMETRIC}},
    {.kind = BY_GLPK, .glpk = {.scale = DEA_SCALE_GEOMETRIC, .is_plain = true}},
    {.kind = BY_GLPK, .glpk = {.scale = DEA_SCALE_GEOMETRIC, .is_dual = true}},
    {.kind = BY_GLPK, .glpk = {.scale = DEA_SCALE_MADE, .is_plain = true}},
    {.kind = BY_GLPK, .glpk = {.is_plain = true, .is_dual = true}},
    {.kind = BY_GLPK, .glpk = {.has_presolve = true}},
    {.kind = BY_GLPK, .glpk = {.scale = DEA_SCALE_OWN, .has_presolve = true}},
};

#define WAYS (sizeof ways / sizeof ways[0])

/*
 * On a face, what one answer misses its rows by is in the bounds of the next, and may grow along many stages. A point that
 * misses them by more than this is kept only if a few more ways do no better.
 */
#define CLEAN       1e-11
#define UNCLEAN_MAX 3

struct dea_solver *dea_solver_create(void)
{
    struct dea_solver *solver = calloc(1, sizeof *solver);
    if (solver == NULL) {
        return NULL;
    }
    solver->dense = lp_dense_create();
    solver->glpk = lp_glpk_create();
    if (solver->dense == NULL || solver->glpk == NULL) {
        dea_solver_free(solver);
        return NULL;
    }
    return solver;
}

void dea_solver_free(struct dea_solver *solver)
{
    if (solver != NULL) {
        lp_glpk_free(solver->glpk);
        lp_dense_free(solver->dense);
        free(solver);
    }
}

void dea_solver_watch(struct dea_solver *solver, bool (*is_cancelled)(void *), void *context)
{
    const struct lp_watch watch = {is_cancelled, context};
    lp_dense_watch(solver->dense, &watch);
    lp_glpk_watch(solver->glpk, &watch);
}

void dea_solver_choose(struct dea_solver *solver, enum dea_solver_kind kind)
{
    solver->kind = kind;
}

static bool is_proved(const struct dea_check *check)
{
    /* Written so that a NaN is refused. */
    return check->primal_infeasibility <= DEA_TOLERANCE && check->dual_infeasibility <= DEA_TOLERANCE &&
           check->duality_gap <= DEA_TOLERANCE;
}

static bool is_clean(const struct dea_program *program, const struct dea_check *check)
{
    return program->is_radial || check->primal_infeasibility <= CLEAN;
}

static void count_check(struct dea_certificate *certificate, const struct dea_check *check)
{
    certificate->program_count++;
    certificate->primal_infeasibility_max = fmax(certificate->primal_infeasibility_max, check->primal_infeasibility);
    certificate->dual_infeasibility_max = fmax(certificate->dual_infeasibility_max, check->dual_infeasibility);
    certificate->duality_gap_max = fmax(certificate->duality_gap_max, check->duality_gap);
}

/* Gets an answer one way, with its check; what the check says is for the caller to judge. */
static enum status solve_once(struct dea_solver *solver, const struct dea_program *program, const struct dea_way *way,
                              struct dea_solution *solution)
{
    /* Nothing of an earlier program may shine through when this one finds no answer. */
    solution->check = (struct dea_check){INFINITY, INFINITY, INFINITY};
    const enum status status = way->kind == BY_GLPK
                                   ? dea_claim_glpk(solver->glpk, program, &way->glpk, solution)
                                   : dea_claim_dense(solver->dense, program, way->kind == BY_BLAND, solution);
    if (status == STATUS_OK) {
        dea_certificate_check(program, solution);
    }
    return status;
}

/* After a failure the next way may scale by more than the assumption that the score is about 1. */
static void guess_improve(struct dea_program *program, const struct dea_solution *solution)
{
    if (!program->is_radial) {
        return;
    }
    if (program->guess == 1) {
        program->guess = dea_bounds_guess(program);
    }
    if (isfinite(solution->check.primal_infeasibility) && isnormal(solution->extra)) {
        const bool is_theta = program->extra_cost > 0;
        program->guess = (is_theta ? fmin : fmax)(program->guess, solution->extra);
    }
}

enum status dea_solver_solve(struct dea_solver *solver, const struct dea_program *program,
                             struct dea_solution *solution)
{
    assert(program->rows >= 1 && program->rows <= DEA_ROWS_MAX && program->columns >= 1);
    struct dea_program tried = *program;
    size_t best = WAYS; /* of those proved, but not clean */
    size_t unclean = 0;
    double least = INFINITY;
    for (size_t i = 0; i < WAYS; i++) {
        if (ways[i].kind != BY_GLPK && solver->kind == DEA_SOLVER_GLPK) {
            continue;
        }
        const enum status status = solve_once(solver, &tried, &ways[i], solution);
        if (status == STATUS_BUSY) {
            return status;
        }
        if (status == STATUS_OK && is_proved(&solution->check)) {
            if (is_clean(program, &solution->check)) {
                count_check(&solver->certificate, &solution->check);
                return STATUS_OK;
            }
            if (best == WAYS || solution->check.primal_infeasibility < least) {
                best = i;
                least = solution->check.primal_infeasibility;
            }
            if (++unclean == UNCLEAN_MAX) {
                break;
            }
            continue;
        }
        solver->certificate.retry_count++;
        guess_improve(&tried, solution);
    }
    if (best == WAYS) {
        return STATUS_EXHAUSTED;
    }
    const enum status status = solve_once(solver, &tried, &ways[best], solution);
    if (status != STATUS_OK || !is_proved(&solution->check)) {
        return status == STATUS_OK ? STATUS_EXHAUSTED : status;
    }
    count_check(&solver->certificate, &solution->check);
    return STATUS_OK;
}

struct dea_certificate dea_solver_certificate(struct dea_solver *solver)
{
    const struct dea_certificate certificate = solver->certificate;
    solver->certificate = (struct dea_certificate){0};
    return certificate;
}
