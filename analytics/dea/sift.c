/*
 * Sifting: the certificate as the pricing step of a simplex over columns that are not all loaded.
 * Read certificate.c for what it computes and program.c for who judges the result.
 */
#include "analytics/dea/sift.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analytics/dea/certificate.h"

/* Beyond so many columns in play the program is solved whole instead. */
#define MEMBERS_MAX 1024

/* Rounds usually number four to eight. */
#define ROUNDS_MAX 100

/* A column whose reduced cost, beside the objective, is above this adds nothing worth having. */
#define IMPROVEMENT_MIN 1e-11

/* The same where reduced costs are shares (bounds.h): what is above rounding. */
#define RADIAL_IMPROVEMENT_MIN 1e-12

struct dea_sift {
    size_t rows;
    size_t count;
    size_t member[MEMBERS_MAX];
    double *columns;
    struct dea_program program;
    struct dea_solution solution;
};

/* The best few columns of a pass, best first; ties go to the lower index. */
struct dea_best {
    size_t capacity;
    size_t count;
    size_t column[2 * DEA_ROWS_MAX];
    double value[2 * DEA_ROWS_MAX];
};

struct dea_sift *dea_sift_create(size_t rows)
{
    struct dea_sift *sift = calloc(1, sizeof *sift);
    if (sift == NULL) {
        return NULL;
    }
    sift->rows = rows;
    sift->columns = calloc(MEMBERS_MAX * rows, sizeof *sift->columns);
    sift->solution.lambda = calloc(MEMBERS_MAX, sizeof *sift->solution.lambda);
    sift->solution.reduced = calloc(MEMBERS_MAX, sizeof *sift->solution.reduced);
    if (sift->columns == NULL || sift->solution.lambda == NULL || sift->solution.reduced == NULL) {
        dea_sift_free(sift);
        return NULL;
    }
    return sift;
}

void dea_sift_free(struct dea_sift *sift)
{
    if (sift != NULL) {
        free(sift->solution.reduced);
        free(sift->solution.lambda);
        free(sift->columns);
        free(sift);
    }
}

/* Keeps the column if its value is among the lowest seen. */
static void best_offer(struct dea_best *best, size_t column, double value)
{
    if (best->count == best->capacity) {
        if (value >= best->value[best->count - 1]) {
            return;
        }
        best->count--;
    }
    size_t at = best->count;
    while (at > 0 && best->value[at - 1] > value) {
        best->value[at] = best->value[at - 1];
        best->column[at] = best->column[at - 1];
        at--;
    }
    best->value[at] = value;
    best->column[at] = column;
    best->count++;
}

static bool is_member(const struct dea_sift *sift, size_t column)
{
    for (size_t k = 0; k < sift->count; k++) {
        if (sift->member[k] == column) {
            return true;
        }
    }
    return false;
}

static void member_add(struct dea_sift *sift, const struct dea_program *program, size_t column)
{
    assert(sift->count < MEMBERS_MAX);
    memcpy(sift->columns + sift->count * sift->rows, program->matrix + column * program->rows,
           program->rows * sizeof *sift->columns);
    sift->member[sift->count] = column;
    sift->count++;
}

/* Adds the offered columns that are new; returns how many, or 0 also when there is no room. */
static size_t members_add(struct dea_sift *sift, const struct dea_program *program, const struct dea_best *best)
{
    size_t added = 0;
    for (size_t k = 0; k < best->count && sift->count < MEMBERS_MAX; k++) {
        if (!is_member(sift, best->column[k])) {
            member_add(sift, program, best->column[k]);
            added++;
        }
    }
    return added;
}

/*
 * The first guess: the judged unit, and those with the most output for the input when each is counted in multiples
 * of what the judged unit has.
 */
static void members_start(struct dea_sift *sift, const struct dea_program *program)
{
    const double *own = program->matrix + program->first * program->rows;
    struct dea_best best = {.capacity = 2 * program->rows};
    double price[DEA_ROWS_MAX] = {0};
    for (size_t i = 0; i + 1 < program->rows; i++) {
        price[i] = own[i] > 0 && program->relation[i] != DEA_ROW_FREE ? 1 / own[i] : 0;
    }
    for (size_t j = 0; j < program->columns; j++) {
        const double *column = program->matrix + j * program->rows;
        double inputs = 0;
        double outputs = 0;
        for (size_t i = 0; i + 1 < program->rows; i++) {
            if (i < program->inputs) {
                inputs += price[i] * column[i];
            } else {
                outputs += price[i] * column[i];
            }
        }
        best_offer(&best, j, inputs > 0 ? -outputs / inputs : -HUGE_VAL);
    }
    sift->count = 0;
    member_add(sift, program, program->first);
    (void) members_add(sift, program, &best);
}

/* Solves over the members and spreads the answer over all columns. */
static enum status members_solve(struct dea_sift *sift, struct dea_glpk *glpk, const struct dea_program *program,
                                 const struct dea_glpk_way *way, struct dea_solution *solution)
{
    sift->program = *program;
    sift->program.matrix = sift->columns;
    sift->program.columns = sift->count;
    sift->program.first = 0;
    const enum status status = dea_glpk_solve(glpk, &sift->program, way, &sift->solution);
    if (status != STATUS_OK) {
        return status;
    }
    memset(solution->lambda, 0, program->columns * sizeof *solution->lambda);
    for (size_t k = 0; k < sift->count; k++) {
        solution->lambda[sift->member[k]] = sift->solution.lambda[k];
    }
    memcpy(solution->dual, sift->solution.dual, sizeof solution->dual);
    solution->extra = sift->solution.extra;
    return STATUS_OK;
}

enum status dea_sift_solve(struct dea_sift *sift, struct dea_glpk *glpk, const struct dea_program *program,
                           const struct dea_glpk_way *way, struct dea_solution *solution)
{
    assert(program->rows == sift->rows && program->cost == NULL && program->first < program->columns);
    members_start(sift, program);
    for (size_t round = 0; round < ROUNDS_MAX; round++) {
        const enum status status = members_solve(sift, glpk, program, way, solution);
        if (status != STATUS_OK) {
            return status;
        }
        dea_certificate_check(program, solution);
        struct dea_best best = {.capacity = 2 * program->rows};
        const double enough =
            program->is_radial ? -RADIAL_IMPROVEMENT_MIN : -IMPROVEMENT_MIN * fmax(1, fabs(solution->objective));
        for (size_t j = 0; j < program->columns; j++) {
            if (solution->reduced[j] < enough) {
                best_offer(&best, j, solution->reduced[j]);
            }
        }
        if (members_add(sift, program, &best) == 0) {
            return sift->count < MEMBERS_MAX ? STATUS_OK : STATUS_EXHAUSTED;
        }
    }
    return STATUS_EXHAUSTED;
}
