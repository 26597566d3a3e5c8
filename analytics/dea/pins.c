/* Leaves out what can take no part in a unit's programs. Read radial.c for who asks. */
#include "analytics/dea/pins.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum status dea_pins_init(struct dea_pins *pins, size_t rows, size_t columns)
{
    /* One element at least: a calloc of nothing may return NULL. */
    const size_t capacity = columns > 0 ? columns : 1;
    memset(pins, 0, sizeof *pins);
    pins->member = calloc(capacity, sizeof *pins->member);
    pins->columns = calloc(capacity * rows, sizeof *pins->columns);
    if (pins->member == NULL || pins->columns == NULL) {
        dea_pins_fini(pins);
        return STATUS_EXHAUSTED;
    }
    return STATUS_OK;
}

void dea_pins_fini(struct dea_pins *pins)
{
    free(pins->columns);
    free(pins->member);
    memset(pins, 0, sizeof *pins);
}

/* Whether no column goes below the row's limit of an input, or above that of an output. */
static bool is_extreme(const struct dea_program *program, size_t row, double minimum, double maximum)
{
    /* Under CRS any amount can be scaled to any other; only nothing stays nothing. */
    const bool is_convex = program->relation[program->rows - 1] == LP_ROW_EQUAL;
    const double bound = program->bound[row];
    switch (program->relation[row]) {
    case LP_ROW_AT_MOST:
        return program->extra[row] == 0 && bound <= minimum && (is_convex || bound <= 0);
    case LP_ROW_AT_LEAST:
        return program->extra[row] == 0 && bound >= maximum && is_convex;
    default:
        return false;
    }
}

/* Marks the rows that pin the columns that are left. Returns whether there are new ones. */
static bool rows_pin(struct dea_pins *pins, const struct dea_program *program, const double *minimum,
                     const double *maximum)
{
    bool is_new = false;
    for (size_t i = 0; i + 1 < program->rows; i++) {
        if (!pins->is_pinned[i] && is_extreme(program, i, minimum[i], maximum[i])) {
            pins->is_pinned[i] = true;
            is_new = true;
        }
    }
    return is_new;
}

static bool column_fits(const struct dea_pins *pins, const struct dea_program *program, size_t column)
{
    const double *values = program->matrix + column * program->rows;
    for (size_t i = 0; i + 1 < program->rows; i++) {
        /* Equal, since nobody has less of the input or more of the output. */
        if (pins->is_pinned[i] &&
            (program->relation[i] == LP_ROW_AT_MOST ? values[i] > program->bound[i] : values[i] < program->bound[i])) {
            return false;
        }
    }
    return true;
}

/* Keeps the columns that fit the pinned rows and finds the extremes of those. */
static void columns_keep(struct dea_pins *pins, const struct dea_program *program, double *minimum, double *maximum)
{
    size_t kept = 0;
    for (size_t i = 0; i < program->rows; i++) {
        minimum[i] = INFINITY;
        maximum[i] = 0;
    }
    for (size_t k = 0; k < pins->count; k++) {
        const size_t j = pins->member[k];
        if (column_fits(pins, program, j)) {
            pins->member[kept] = j;
            kept++;
            for (size_t i = 0; i < program->rows; i++) {
                minimum[i] = fmin(minimum[i], program->matrix[j * program->rows + i]);
                maximum[i] = fmax(maximum[i], program->matrix[j * program->rows + i]);
            }
        }
    }
    pins->count = kept;
}

static void program_shrink(struct dea_pins *pins, struct dea_program *program)
{
    size_t first = 0;
    for (size_t k = 0; k < pins->count; k++) {
        memcpy(pins->columns + k * program->rows, program->matrix + pins->member[k] * program->rows,
               program->rows * sizeof *pins->columns);
        first = pins->member[k] == program->first ? k : first;
    }
    program->first = first;
    for (size_t i = 0; i < program->rows; i++) {
        if (pins->is_pinned[i]) {
            program->relation[i] = LP_ROW_FREE;
            program->bound[i] = 0;
        }
    }
    program->matrix = pins->columns;
    program->panel = NULL;
    program->columns = pins->count;
}

bool dea_pins_apply(struct dea_pins *pins, const double *minimum, const double *maximum, struct dea_program *program)
{
    double least[DEA_ROWS_MAX];
    double most[DEA_ROWS_MAX];
    memset(pins->is_pinned, 0, sizeof pins->is_pinned);
    if (!rows_pin(pins, program, minimum, maximum)) {
        return false;
    }
    pins->count = program->columns;
    for (size_t j = 0; j < program->columns; j++) {
        pins->member[j] = j;
    }
    do {
        columns_keep(pins, program, least, most);
    } while (rows_pin(pins, program, least, most));
    program_shrink(pins, program);
    return true;
}

void dea_pins_spread(const struct dea_pins *pins, size_t columns, struct dea_solution *solution)
{
    /* From the end: a member's number is never below its place. */
    size_t left = pins->count;
    for (size_t j = columns; j-- > 0;) {
        const bool is_member = left > 0 && pins->member[left - 1] == j;
        left -= is_member;
        solution->lambda[j] = is_member ? solution->lambda[left] : 0;
        solution->reduced[j] = is_member ? solution->reduced[left] : INFINITY;
    }
}
