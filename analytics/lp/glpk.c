/*
 * Hands a program to GLPK and reads back its claim. All calls into GLPK happen inside lp_guard_run, because GLPK may
 * give up in any of them. Every program is loaded whole and solved from the standard basis, so that nothing of an
 * earlier program can shine through. Read guard.c next.
 */
#include "analytics/lp/glpk.h"

#include <glpk.h>
#include <stdlib.h>

/* Beyond this GLPK is taken to be cycling: programs of so few rows end after some hundred pivots. */
#define ITERATIONS_MAX 20000

/* GLPK's own tolerances, below ours, so that what it accepts is worth checking. */
#define GLPK_TOLERANCE 1e-10

/* Nothing of this size takes so long unless GLPK is caught in itself: ITERATIONS_MAX comes first, on any machine. */
#define TIME_MAX_MS 60000

/* When GLPK begins to talk, and how often it does; then it is asked whether it may go on. */
#define TALK_MS 50

struct lp_glpk {
    struct lp_watch watch;
    glp_prob *problem; /* NULL until first used and after GLPK gave up */
    /* One solve's arguments, kept here because the guarded step takes a single pointer. */
    const struct lp_problem *program;
    const struct lp_glpk_way *way;
    struct lp_solution *solution;
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

/* Column j counts from 0; GLPK counts from 1. */
static void column_fill(glp_prob *problem, const struct lp_problem *program, size_t j)
{
    const double *column = program->matrix + j * program->rows;
    int index[LP_ROWS_MAX + 2];
    double value[LP_ROWS_MAX + 2];
    int length = 0;
    for (size_t i = 0; i < program->rows; i++) {
        if (column[i] != 0) {
            length++;
            index[length] = (int) i + 1;
            value[length] = column[i];
        }
    }
    const bool is_free = program->is_free != NULL && program->is_free[j];
    glp_set_col_bnds(problem, (int) j + 1, is_free ? GLP_FR : GLP_LO, 0, 0);
    glp_set_obj_coef(problem, (int) j + 1, program->cost != NULL ? program->cost[j] : 0);
    glp_set_mat_col(problem, (int) j + 1, length, index, value);
}

static void problem_fill(glp_prob *problem, const struct lp_problem *program)
{
    glp_add_rows(problem, (int) program->rows);
    for (size_t i = 0; i < program->rows; i++) {
        glp_set_row_bnds(problem, (int) i + 1, row_type(program->relation[i]), program->bound[i], program->bound[i]);
    }
    glp_add_cols(problem, (int) program->columns);
    for (size_t j = 0; j < program->columns; j++) {
        column_fill(problem, program, j);
    }
}

static void claim_read(struct lp_glpk *glpk)
{
    struct lp_solution *solution = glpk->solution;
    const int claim = glp_get_status(glpk->problem);
    glpk->has_claim = true;
    if (claim == GLP_NOFEAS) {
        solution->outcome = LP_INFEASIBLE;
    } else if (claim == GLP_UNBND) {
        solution->outcome = LP_UNBOUNDED;
    } else if (claim == GLP_OPT) {
        solution->outcome = LP_OPTIMAL;
        for (size_t i = 0; i < glpk->program->rows; i++) {
            solution->dual[i] = glp_get_row_dual(glpk->problem, (int) i + 1);
        }
        for (size_t j = 0; j < glpk->program->columns; j++) {
            solution->x[j] = glp_get_col_prim(glpk->problem, (int) j + 1);
        }
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
    settings.it_lim = ITERATIONS_MAX;
    settings.tm_lim = TIME_MAX_MS;
    settings.presolve = glpk->way->has_presolve ? GLP_ON : GLP_OFF;
    glp_std_basis(glpk->problem);
    glp_term_out(GLP_ON); /* only now: scaling talks as well, and at once */
    const int failure = glp_simplex(glpk->problem, &settings);
    if (failure == 0) {
        claim_read(glpk);
    } else if (failure == GLP_ENOPFS || failure == GLP_ENODFS) {
        glpk->solution->outcome = failure == GLP_ENOPFS ? LP_INFEASIBLE : LP_UNBOUNDED;
        glpk->has_claim = true;
    }
}

enum status lp_glpk_solve(struct lp_glpk *glpk, const struct lp_problem *problem, const struct lp_glpk_way *way,
                          struct lp_solution *solution)
{
    glpk->program = problem;
    glpk->way = way;
    glpk->solution = solution;
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
    glp_free_env();
}
