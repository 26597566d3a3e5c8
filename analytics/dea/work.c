/*
 * Scales the data, sorts out the units that cannot be scored, and lays the rest out as the programs' columns.
 * Read radial.c for what is done with them.
 */
#include "analytics/dea/work.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Below this share of a column's maximum a value vanishes: a double could not hold its scaled form in full. */
#define EXPONENT_MIN (-1000)

/* The value of a row (not the last) for a unit, as given. */
static double raw_value(const struct dea_problem *problem, size_t unit, size_t row)
{
    if (row < problem->input_count) {
        return problem->inputs[unit * problem->input_count + row];
    }
    return problem->outputs[unit * problem->output_count + row - problem->input_count];
}

static double scaled_value(double value, int exponent)
{
    int own = 0;
    frexp(value, &own);
    return value > 0 && own - exponent >= EXPONENT_MIN ? ldexp(value, -exponent) : 0;
}

static void exponents_find(struct dea_work *work, const struct dea_problem *problem)
{
    for (size_t i = 0; i + 1 < work->rows; i++) {
        double maximum = 0;
        for (size_t u = 0; u < problem->unit_count; u++) {
            maximum = fmax(maximum, raw_value(problem, u, i));
        }
        work->exponent[i] = 0;
        if (maximum > 0) {
            frexp(maximum, &work->exponent[i]);
        }
    }
    work->exponent[work->rows - 1] = 0;
}

static enum dea_unit_state unit_classify(const struct dea_work *work, const double *column)
{
    bool has_input = false;
    bool has_output = false;
    for (size_t i = 0; i < work->inputs; i++) {
        has_input = has_input || column[i] > 0;
    }
    for (size_t i = work->inputs; i < work->inputs + work->outputs; i++) {
        has_output = has_output || column[i] > 0;
    }
    if (!has_input) {
        return DEA_UNIT_NO_INPUTS;
    }
    return has_output ? DEA_UNIT_SCORED : DEA_UNIT_NO_OUTPUTS;
}

/* Writes each unit's scaled column behind the ones accepted so far and keeps it if the unit has inputs. */
static void columns_fill(struct dea_work *work, const struct dea_problem *problem)
{
    for (size_t u = 0; u < problem->unit_count; u++) {
        double *column = work->matrix + work->columns * work->rows;
        for (size_t i = 0; i + 1 < work->rows; i++) {
            column[i] = scaled_value(raw_value(problem, u, i), work->exponent[i]);
        }
        column[work->rows - 1] = 1;
        work->states[u] = unit_classify(work, column);
        work->column_of[u] = work->columns;
        if (work->states[u] != DEA_UNIT_NO_INPUTS) {
            work->unit_of[work->columns] = u;
            work->first_of[work->columns] = work->columns;
            work->columns++;
        }
    }
}

static void rows_describe(struct dea_work *work)
{
    for (size_t i = 0; i < work->rows; i++) {
        double minimum = INFINITY;
        double maximum = 0;
        double sum = 0;
        for (size_t j = 0; j < work->columns; j++) {
            const double value = work->matrix[j * work->rows + i];
            minimum = fmin(minimum, value);
            maximum = fmax(maximum, value);
            sum += value;
        }
        work->minimum[i] = minimum;
        work->maximum[i] = maximum;
        work->mean[i] = work->columns > 0 ? sum / (double) work->columns : 0;
    }
}

enum status dea_work_init(struct dea_work *work, const struct dea_problem *problem, enum dea_orientation orientation)
{
    const size_t n = problem->unit_count;
    memset(work, 0, sizeof *work);
    work->inputs = problem->input_count;
    work->outputs = problem->output_count;
    work->rows = problem->input_count + problem->output_count + 1;
    work->orientation = orientation;
    work->unit_of = calloc(n, sizeof *work->unit_of);
    work->column_of = calloc(n, sizeof *work->column_of);
    work->first_of = calloc(n, sizeof *work->first_of);
    work->matrix = calloc(n * work->rows, sizeof *work->matrix);
    work->states = calloc(n, sizeof *work->states);
    if (work->unit_of == NULL || work->column_of == NULL || work->first_of == NULL || work->matrix == NULL ||
        work->states == NULL) {
        goto failed;
    }
    exponents_find(work, problem);
    columns_fill(work, problem);
    rows_describe(work);
    if (lp_panel_init(&work->panel, work->rows, work->columns) != STATUS_OK) {
        goto failed;
    }
    for (size_t j = 0; j < work->columns; j++) {
        lp_panel_set(&work->panel, j, work->matrix + j * work->rows);
    }
    work->solver = dea_solver_create();
    if (work->solver == NULL || dea_pins_init(&work->pins, work->rows, work->columns) != STATUS_OK) {
        goto failed;
    }
    return STATUS_OK;

failed:
    dea_work_fini(work);
    return STATUS_EXHAUSTED;
}

/* Sorting has no context argument in C11; so what is sorted carries it. */
struct place {
    const double *column;
    size_t rows;
    size_t unit;
};

static int values_compare(const struct place *left, const struct place *right)
{
    for (size_t i = 0; i < left->rows; i++) {
        if (left->column[i] < right->column[i]) {
            return -1;
        }
        if (left->column[i] > right->column[i]) {
            return 1;
        }
    }
    return 0;
}

static int places_compare(const void *a, const void *b)
{
    const struct place *left = a;
    const struct place *right = b;
    const int order = values_compare(left, right);
    return order != 0 ? order : (left->unit > right->unit) - (left->unit < right->unit);
}

static void means_find(struct dea_work *work)
{
    for (size_t i = 0; i < work->rows; i++) {
        work->mean[i] = 0;
        for (size_t j = 0; j < work->columns; j++) {
            work->mean[i] += work->matrix[j * work->rows + i] / (double) work->columns;
        }
    }
}

enum status dea_work_sort(struct dea_work *work)
{
    struct place *places = calloc(work->columns + 1, sizeof *places);
    double *matrix = calloc(work->columns * work->rows + 1, sizeof *matrix);
    if (places == NULL || matrix == NULL) {
        free(matrix);
        free(places);
        return STATUS_EXHAUSTED;
    }
    for (size_t j = 0; j < work->columns; j++) {
        places[j] = (struct place){work->matrix + j * work->rows, work->rows, work->unit_of[j]};
    }
    qsort(places, work->columns, sizeof *places, places_compare);
    for (size_t j = 0; j < work->columns; j++) {
        memcpy(matrix + j * work->rows, places[j].column, work->rows * sizeof *matrix);
        const bool is_equal = j > 0 && values_compare(&places[j - 1], &places[j]) == 0;
        work->first_of[j] = is_equal ? work->first_of[j - 1] : j;
        work->unit_of[j] = places[j].unit;
        work->column_of[places[j].unit] = j;
        lp_panel_set(&work->panel, j, matrix + j * work->rows);
    }
    free(work->matrix);
    work->matrix = matrix;
    means_find(work);
    free(places);
    return STATUS_OK;
}

enum status dea_work_share(struct dea_work *share, const struct dea_work *work)
{
    *share = *work;
    memset(&share->frame, 0, sizeof share->frame);
    memset(&share->pins, 0, sizeof share->pins);
    share->solver = dea_solver_create();
    if (share->solver == NULL || dea_pins_init(&share->pins, work->rows, work->columns) != STATUS_OK ||
        (work->frame.count > 0 && dea_frame_copy(&share->frame, &work->frame, work->columns) != STATUS_OK)) {
        dea_work_share_fini(share);
        return STATUS_EXHAUSTED;
    }
    return STATUS_OK;
}

void dea_work_share_fini(struct dea_work *share)
{
    dea_frame_fini(&share->frame);
    dea_pins_fini(&share->pins);
    dea_solver_free(share->solver);
    memset(share, 0, sizeof *share);
}

void dea_work_fini(struct dea_work *work)
{
    dea_frame_fini(&work->frame);
    lp_panel_fini(&work->panel);
    dea_pins_fini(&work->pins);
    dea_solver_free(work->solver);
    free(work->states);
    free(work->matrix);
    free(work->first_of);
    free(work->column_of);
    free(work->unit_of);
    memset(work, 0, sizeof *work);
}

const double *dea_work_column(const struct dea_work *work, size_t unit)
{
    return work->matrix + work->column_of[unit] * work->rows;
}

bool dea_work_scale(const struct dea_work *work, const double *inputs, const double *outputs, double *column)
{
    bool is_finite = true;
    for (size_t i = 0; i + 1 < work->rows; i++) {
        column[i] = scaled_value(i < work->inputs ? inputs[i] : outputs[i - work->inputs], work->exponent[i]);
        is_finite = is_finite && isfinite(column[i]);
    }
    column[work->rows - 1] = 1;
    return is_finite && unit_classify(work, column) == DEA_UNIT_SCORED;
}
