/*
 * Hands a program to GLPK and reads back its claim. All calls into GLPK happen inside lp_guard_run, because GLPK may
 * give up in any of them. Every program is loaded whole and solved from the standard basis: loading a few dozen
 * columns costs little beside solving, and nothing of an earlier program can shine through. Read guard.c next.
 */
#include "analytics/dea/glpk.h"

#include <glpk.h>
#include <math.h>
#include <stdlib.h>

/* Beyond this GLPK is taken to be cycling: honest programs of so few rows end after some dozen pivots. */
#define ITERATIONS_MAX 2000

/* GLPK's own tolerances, below ours, so that what it accepts is worth checking. */
#define GLPK_TOLERANCE 1e-10

/* Nothing of this size takes so long unless GLPK is caught in itself: ITERATIONS_MAX comes first, on any machine. */
#define TIME_MAX_MS 60000

/* When GLPK begins to talk, and how often it does; then it is asked whether it may go on. Programs as they usually are
 * end before. */
#define TALK_MS 50

struct dea_glpk {
    struct lp_watch watch;
    glp_prob *problem; /* NULL until first used and after GLPK gave up */
    /* One solve's arguments, kept here because the guarded step takes a single pointer. */
    const struct dea_program *program;
    const struct dea_glpk_way *way;
    struct dea_solution *solution;
    bool is_optimal;
};

struct dea_glpk *dea_glpk_create(void)
{
    return calloc(1, sizeof(struct dea_glpk));
}

void dea_glpk_watch(struct dea_glpk *glpk, const struct lp_watch *watch)
{
    glpk->watch = *watch;
}

static void step_free(void *context)
{
    struct dea_glpk *glpk = context;
    if (glpk->problem != NULL) {
        glp_delete_prob(glpk->problem);
    }
}

void dea_glpk_free(struct dea_glpk *glpk)
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

/* Column j counts from 1, as GLPK does. */
static void column_set(glp_prob *problem, size_t j, size_t rows, const double *column)
{
    int index[DEA_ROWS_MAX + 1];
    double value[DEA_ROWS_MAX + 1];
    int length = 0;
    for (size_t i = 0; i < rows; i++) {
        if (column[i] != 0) {
            length++;
            index[length] = (int) i + 1;
            value[length] = column[i];
        }
    }
    glp_set_mat_col(problem, (int) j, length, index, value);
}

static int row_type(enum dea_relation relation)
{
    switch (relation) {
    case DEA_ROW_FREE:
        return GLP_FR;
    case DEA_ROW_AT_MOST:
        return GLP_UP;
    case DEA_ROW_AT_LEAST:
        return GLP_LO;
    case DEA_ROW_EQUAL:
        return GLP_FX;
    }
    return GLP_FR;
}

/* The power of two that brings a size into [0.5, 1). */
static double scale_of(double size)
{
    int exponent = 0;
    if (size > 0) {
        frexp(size, &exponent);
    }
    return ldexp(1, -exponent);
}

/* Makes the judged unit's values, moved by the guess, the measure of each row and a column's largest entry its own. */
static void scales_set(glp_prob *problem, const struct dea_program *program, enum dea_scale kind)
{
    const size_t first = kind == DEA_SCALE_MADE ? program->inputs : 0;
    double scale[DEA_ROWS_MAX];
    for (size_t i = 0; i < program->rows; i++) {
        const double extra = program->has_extra ? fabs(program->extra[i]) * program->guess : 0;
        scale[i] = scale_of(fmax(fabs(program->bound[i]), extra));
        glp_set_rii(problem, (int) i + 1, scale[i]);
    }
    for (size_t j = 0; j < program->columns; j++) {
        double largest = 0;
        for (size_t i = first; i < program->rows; i++) {
            if (program->relation[i] != DEA_ROW_FREE) {
                largest = fmax(largest, scale[i] * program->matrix[j * program->rows + i]);
            }
        }
        glp_set_sjj(problem, (int) j + 1, scale_of(largest));
    }
    if (program->has_extra) {
        glp_set_sjj(problem, (int) program->columns + 1, 1 / scale_of(program->guess));
    }
}

static void rows_fill(glp_prob *problem, const struct dea_program *program)
{
    glp_add_rows(problem, (int) program->rows);
    for (size_t i = 0; i < program->rows; i++) {
        const int row = (int) i + 1;
        glp_set_row_bnds(problem, row, row_type(program->relation[i]), program->bound[i], program->bound[i]);
    }
}

static void columns_fill(glp_prob *problem, const struct dea_program *program)
{
    const size_t extra = program->columns + 1;
    glp_add_cols(problem, (int) (program->columns + (program->has_extra ? 1 : 0)));
    for (size_t j = 0; j < program->columns; j++) {
        glp_set_col_bnds(problem, (int) j + 1, GLP_LO, 0, 0);
        glp_set_obj_coef(problem, (int) j + 1, program->cost != NULL ? program->cost[j] : 0);
        column_set(problem, j + 1, program->rows, program->matrix + j * program->rows);
    }
    if (program->has_extra) {
        glp_set_col_bnds(problem, (int) extra, GLP_LO, 0, 0);
        glp_set_obj_coef(problem, (int) extra, program->extra_cost);
        column_set(problem, extra, program->rows, program->extra);
    }
}

static void solution_read(glp_prob *problem, const struct dea_program *program, struct dea_solution *solution)
{
    for (size_t i = 0; i < program->rows; i++) {
        solution->dual[i] = glp_get_row_dual(problem, (int) i + 1);
    }
    for (size_t j = 0; j < program->columns; j++) {
        solution->lambda[j] = glp_get_col_prim(problem, (int) j + 1);
    }
    solution->extra = program->has_extra ? glp_get_col_prim(problem, (int) program->columns + 1) : 0;
}

static void step_solve(void *context)
{
    struct dea_glpk *glpk = context;
    if (glpk->problem == NULL) {
        glpk->problem = glp_create_prob();
    } else {
        glp_erase_prob(glpk->problem);
    }
    glp_prob *problem = glpk->problem;
    glp_term_out(GLP_OFF);
    rows_fill(problem, glpk->program);
    columns_fill(problem, glpk->program);
    if (glpk->way->scale == DEA_SCALE_GEOMETRIC) {
        glp_scale_prob(problem, GLP_SF_GM | GLP_SF_EQ | GLP_SF_2N);
    } else if (glpk->way->scale != DEA_SCALE_NONE) {
        scales_set(problem, glpk->program, glpk->way->scale);
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
    glp_std_basis(problem);
    glp_term_out(GLP_ON); /* only now: scaling talks as well, and at once */
    if (glp_simplex(problem, &settings) == 0 && glp_get_status(problem) == GLP_OPT) {
        solution_read(problem, glpk->program, glpk->solution);
        glpk->is_optimal = true;
    }
}

enum status dea_glpk_solve(struct dea_glpk *glpk, const struct dea_program *program, const struct dea_glpk_way *way,
                           struct dea_solution *solution)
{
    glpk->program = program;
    glpk->way = way;
    glpk->solution = solution;
    glpk->is_optimal = false;
    const enum status status = lp_guard_run(step_solve, glpk, &glpk->watch);
    if (status != STATUS_OK) {
        glpk->problem = NULL;
        return status;
    }
    return glpk->is_optimal ? STATUS_OK : STATUS_EXHAUSTED;
}
