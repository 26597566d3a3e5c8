/*
 * Hands a program to GLPK and reads back its claim. All calls into GLPK happen inside lp_guard_run, because GLPK may
 * give up in any of them. Every program is loaded whole and solved from the standard basis, so that nothing of an
 * earlier program can shine through. Read guard.c next.
 */
#include "analytics/lp/glpk.h"

#include <glpk.h>
#include <math.h>
#include <stdlib.h>

/* GLPK's own tolerances, below ours, so that what it accepts is worth checking. */
#define GLPK_TOLERANCE 1e-10

/* When GLPK begins to talk, and how often it does; then it is asked whether it may go on. Programs as they usually are
 * end before. */
#define TALK_MS 50

struct lp_glpk {
    struct lp_watch watch;
    glp_prob *problem; /* NULL until first used and after GLPK gave up; between programs too where threads share GLPK */
    /* One solve's arguments, kept here because the guarded step takes a single pointer. */
    const struct lp_program *program;
    const struct lp_glpk_way *way;
    struct lp_claim *claim;
    bool has_claim;
};

struct lp_glpk *lp_glpk_create(void)
{
    return calloc(1, sizeof(struct lp_glpk));
}

void lp_glpk_watch(struct lp_glpk *glpk, const struct lp_watch *watch)
{
    glpk->watch = *watch;
}

static void step_free(void *context)
{
    struct lp_glpk *glpk = context;
    if (glpk->problem != NULL) {
        glp_delete_prob(glpk->problem);
    }
}

void lp_glpk_free(struct lp_glpk *glpk)
{
    if (glpk == NULL) {
        return;
    }
    if (lp_guard_run(step_free, glpk, &glpk->watch) != STATUS_OK) {
        /* The environment took the problem with it. */
        glpk->problem = NULL;
    }
    free(glpk);
}

static int row_type(enum lp_relation relation)
{
    switch (relation) {
    case LP_ROW_FREE:
        return GLP_FR;
    case LP_ROW_AT_MOST:
        return GLP_UP;
    case LP_ROW_AT_LEAST:
        return GLP_LO;
    case LP_ROW_EQUAL:
        return GLP_FX;
    }
    return GLP_FR;
}

/* Columns count from 0 here, and from 1 in GLPK. */
static void column_fill(glp_prob *problem, size_t j, size_t rows, const double *column, double cost, bool is_free)
{
    int index[LP_ROWS_MAX + 2];
    double value[LP_ROWS_MAX + 2];
    int length = 0;
    for (size_t i = 0; i < rows; i++) {
        if (column[i] != 0) {
            length++;
            index[length] = (int) i + 1;
            value[length] = column[i];
        }
    }
    glp_set_col_bnds(problem, (int) j + 1, is_free ? GLP_FR : GLP_LO, 0, 0);
    glp_set_obj_coef(problem, (int) j + 1, cost);
    glp_set_mat_col(problem, (int) j + 1, length, index, value);
}

static void problem_fill(glp_prob *problem, const struct lp_program *program)
{
    const struct lp_problem *asked = &program->problem;
    const size_t rows = asked->rows;
    glp_add_rows(problem, (int) rows);
    for (size_t i = 0; i < rows; i++) {
        glp_set_row_bnds(problem, (int) i + 1, row_type(asked->relation[i]), asked->bound[i], asked->bound[i]);
    }
    glp_add_cols(problem, (int) (asked->columns + (program->last != NULL ? 1 : 0)));
    for (size_t j = 0; j < asked->columns; j++) {
        const double cost = asked->cost != NULL ? asked->cost[j] : 0;
        const bool is_free = asked->is_free != NULL && asked->is_free[j];
        column_fill(problem, j, rows, asked->matrix + j * rows, cost, is_free);
    }
    if (program->last != NULL) {
        column_fill(problem, asked->columns, rows, program->last, program->last_cost, false);
    }
}

double lp_glpk_scale_of(double size)
{
    int exponent = 0;
    if (size > 0) {
        frexp(size, &exponent);
    }
    return ldexp(1, -exponent);
}

static void scales_set(glp_prob *problem, const struct lp_program *program, const struct lp_glpk_way *way)
{
    const struct lp_problem *asked = &program->problem;
    for (size_t i = 0; i < asked->rows; i++) {
        glp_set_rii(problem, (int) i + 1, way->row_scale[i]);
    }
    for (size_t j = 0; j < asked->columns; j++) {
        double largest = 0;
        for (size_t i = way->column_from; i < asked->rows; i++) {
            if (asked->relation[i] != LP_ROW_FREE) {
                largest = fmax(largest, way->row_scale[i] * fabs(asked->matrix[j * asked->rows + i]));
            }
        }
        glp_set_sjj(problem, (int) j + 1, lp_glpk_scale_of(largest));
    }
    if (program->last != NULL) {
        glp_set_sjj(problem, (int) asked->columns + 1, way->last_scale);
    }
}

static void claim_read(struct lp_glpk *glpk)
{
    const struct lp_program *program = glpk->program;
    struct lp_claim *claim = glpk->claim;
    const size_t columns = program->problem.columns;
    const int status = glp_get_status(glpk->problem);
    glpk->has_claim = true;
    if (status == GLP_NOFEAS) {
        claim->outcome = LP_INFEASIBLE;
    } else if (status == GLP_UNBND) {
        claim->outcome = LP_UNBOUNDED;
    } else if (status == GLP_OPT) {
        claim->outcome = LP_OPTIMAL;
        for (size_t i = 0; i < program->problem.rows; i++) {
            claim->dual[i] = glp_get_row_dual(glpk->problem, (int) i + 1);
        }
        for (size_t j = 0; j < columns; j++) {
            claim->x[j] = glp_get_col_prim(glpk->problem, (int) j + 1);
        }
        claim->last = program->last != NULL ? glp_get_col_prim(glpk->problem, (int) columns + 1) : 0;
    } else {
        glpk->has_claim = false;
    }
}

static void step_solve(void *context)
{
    struct lp_glpk *glpk = context;
    if (glpk->problem == NULL) {
        glpk->problem = glp_create_prob();
    } else {
        glp_erase_prob(glpk->problem);
    }
    glp_term_out(GLP_OFF);
    problem_fill(glpk->problem, glpk->program);
    if (glpk->way->is_geometric) {
        glp_scale_prob(glpk->problem, GLP_SF_GM | GLP_SF_EQ | GLP_SF_2N);
    } else if (glpk->way->row_scale != NULL) {
        scales_set(glpk->problem, glpk->program, glpk->way);
    }
    glp_smcp settings;
    glp_init_smcp(&settings);
    settings.msg_lev = glpk->watch.is_cancelled != NULL ? GLP_MSG_ON : GLP_MSG_OFF;
    settings.out_frq = TALK_MS;
    settings.out_dly = TALK_MS;
    settings.meth = glpk->way->is_dual ? GLP_DUALP : GLP_PRIMAL;
    settings.pricing = glpk->way->is_plain ? GLP_PT_STD : GLP_PT_PSE;
    settings.r_test = glpk->way->is_plain ? GLP_RT_STD : GLP_RT_HAR;
    settings.tol_bnd = GLPK_TOLERANCE;
    settings.tol_dj = GLPK_TOLERANCE;
    settings.it_lim = glpk->way->pivots_max > 0 ? glpk->way->pivots_max : LP_GLPK_PIVOTS_MAX;
    settings.tm_lim = glpk->way->time_max_ms > 0 ? glpk->way->time_max_ms : LP_GLPK_TIME_MAX_MS;
    settings.presolve = glpk->way->has_presolve ? GLP_ON : GLP_OFF;
    glp_std_basis(glpk->problem);
    glp_term_out(GLP_ON); /* only now: scaling talks as well, and at once */
    const int failure = glp_simplex(glpk->problem, &settings);
    if (failure == 0) {
        claim_read(glpk);
    } else if (failure == GLP_ENOPFS || failure == GLP_ENODFS) {
        glpk->claim->outcome = failure == GLP_ENOPFS ? LP_INFEASIBLE : LP_UNBOUNDED;
        glpk->has_claim = true;
    }
    if (lp_guard_is_shared()) {
        glp_delete_prob(glpk->problem);
        glpk->problem = NULL;
    }
}

enum status lp_glpk_solve(struct lp_glpk *glpk, const struct lp_program *program, const struct lp_glpk_way *way,
                          struct lp_claim *claim)
{
    glpk->program = program;
    glpk->way = way;
    glpk->claim = claim;
    glpk->has_claim = false;
    const enum status status = lp_guard_run(step_solve, glpk, &glpk->watch);
    if (status != STATUS_OK) {
        glpk->problem = NULL;
        return status;
    }
    return glpk->has_claim ? STATUS_OK : STATUS_EXHAUSTED;
}

void lp_thread_end(void)
{
    if (!lp_guard_is_shared()) {
        glp_free_env();
    }
}
