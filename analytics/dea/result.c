/*
 * Turns scaled factors and slacks into the numbers a caller reads. Read dea.c for the order of events.
 */
#include "analytics/dea/result.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analytics/dea/certificate.h"

/* A peer shows if its share of what the peers together use or make exceeds this in some row. */
#define SHARE_MIN 1e-9

/* So many numbers a unit has for each of its inputs and outputs. */
#define NUMBERS 4

/* A basic solution has at most one positive lambda for each row. */
size_t dea_result_peers_max(size_t inputs, size_t outputs)
{
    return inputs + outputs + 1;
}

static void fill_nan(double *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        values[i] = NAN;
    }
}

static void unit_place(struct dea_unit *unit, double *numbers, struct dea_peer *peers, size_t m, size_t s)
{
    unit->input_slacks = numbers;
    unit->input_radial = numbers + m;
    unit->input_targets = numbers + 2 * m;
    unit->output_slacks = numbers + 3 * m;
    unit->output_radial = numbers + 3 * m + s;
    unit->output_targets = numbers + 3 * m + 2 * s;
    unit->input_weights = numbers + 3 * (m + s);
    unit->output_weights = unit->input_weights + m;
    unit->peers = peers;
}

struct dea_result *dea_result_create(const struct dea_problem *problem)
{
    const size_t n = problem->unit_count;
    const size_t m = problem->input_count;
    const size_t s = problem->output_count;
    struct dea_result *result = calloc(1, sizeof *result);
    if (result == NULL) {
        return NULL;
    }
    result->unit_count = n;
    result->input_count = m;
    result->output_count = s;
    result->group_count = problem->group_count;
    result->units = calloc(n, sizeof *result->units);
    /* One more than needed, for group_count may be 0 and a calloc of nothing may return NULL. */
    result->group_means = calloc(problem->group_count + 1, sizeof *result->group_means);
    result->numbers = calloc(n * NUMBERS * (m + s), sizeof *result->numbers);
    result->peers = calloc(n * dea_result_peers_max(m, s), sizeof *result->peers);
    if (result->units == NULL || result->group_means == NULL || result->numbers == NULL || result->peers == NULL) {
        dea_result_free(result);
        return NULL;
    }
    for (size_t u = 0; u < n; u++) {
        unit_place(&result->units[u], result->numbers + u * NUMBERS * (m + s), result->peers + u * dea_result_peers_max(m, s), m, s);
        dea_result_unit_void(&result->units[u], DEA_UNIT_UNCERTIFIED, problem);
    }
    return result;
}

void dea_result_free(struct dea_result *result)
{
    if (result != NULL) {
        free(result->peers);
        free(result->numbers);
        free(result->group_means);
        free(result->units);
        free(result);
    }
}

void dea_result_unit_void(struct dea_unit *unit, enum dea_unit_state state, const struct dea_problem *problem)
{
    unit->state = state;
    unit->crste = unit->vrste = unit->scale = unit->nirste = unit->ndrste = unit->score = NAN;
    unit->rts = DEA_RTS_CRS;
    unit->rts_margin = unit->crs_lambda_sum = unit->free_term = NAN;
    unit->efficiency = DEA_EFFICIENT_NO;
    unit->peers_length = 0;
    fill_nan(unit->input_slacks, NUMBERS * (problem->input_count + problem->output_count));
}

void dea_result_projection_write(struct dea_unit *unit, size_t index, const struct dea_problem *problem,
                                 const struct dea_work *work, double factor, const struct dea_projection *projection)
{
    const bool is_output = work->orientation == DEA_OUTPUT;
    for (size_t i = 0; i < problem->input_count; i++) {
        const double value = problem->inputs[index * problem->input_count + i];
        const double slack = ldexp(projection->slack[i], work->exponent[i]);
        unit->input_slacks[i] = slack;
        unit->input_radial[i] = is_output ? 0 : value * factor - value;
        unit->input_targets[i] = fmax(0, (is_output ? value : value * factor) - slack);
    }
    for (size_t r = 0; r < problem->output_count; r++) {
        const double value = problem->outputs[index * problem->output_count + r];
        const size_t row = problem->input_count + r;
        const double slack = ldexp(projection->slack[row], work->exponent[row]);
        unit->output_slacks[r] = slack;
        unit->output_radial[r] = is_output ? value * factor - value : 0;
        unit->output_targets[r] = (is_output ? value * factor : value) + slack;
    }
}

void dea_result_peer_self(struct dea_unit *unit, size_t index)
{
    unit->peers[0] = (struct dea_peer){.unit = index, .lambda = 1};
    unit->peers_length = 1;
}

static int peers_compare(const void *a, const void *b)
{
    const struct dea_peer *left = a;
    const struct dea_peer *right = b;
    return (left->unit > right->unit) - (left->unit < right->unit);
}

static bool share_shows(const struct dea_face *face, size_t j, const double *total)
{
    for (size_t i = 0; i < face->rows; i++) {
        if (face->columns[j * face->rows + i] * face->solution.lambda[j] > SHARE_MIN * total[i]) {
            return true;
        }
    }
    return false;
}

enum status dea_result_peers_write(const struct dea_work *work, const struct dea_face *face, struct dea_peer *peers, size_t peers_max,
                                   size_t *length)
{
    double total[DEA_ROWS_MAX] = {0};
    for (size_t j = 0; j < face->count; j++) {
        for (size_t i = 0; i < face->rows; i++) {
            total[i] += face->columns[j * face->rows + i] * face->solution.lambda[j];
        }
    }
    *length = 0;
    for (size_t j = 0; j < face->count; j++) {
        if (face->solution.lambda[j] > 0 && share_shows(face, j, total)) {
            if (*length == peers_max) {
                *length = 0;
                return STATUS_EXHAUSTED;
            }
            peers[(*length)++] = (struct dea_peer){.unit = work->unit_of[face->member[j]], .lambda = face->solution.lambda[j]};
        }
    }
    qsort(peers, *length, sizeof *peers, peers_compare);
    return STATUS_OK;
}

static void means_add(struct dea_means *means, const struct dea_unit *unit, const struct dea_problem *problem)
{
    means->count++;
    means->crste += unit->crste;
    means->vrste += unit->vrste;
    means->scale += unit->scale;
    for (size_t i = 0; i < problem->input_count; i++) {
        means->slacks[i] += unit->input_slacks[i];
    }
    for (size_t r = 0; r < problem->output_count; r++) {
        means->slacks[problem->input_count + r] += unit->output_slacks[r];
    }
}

static void means_finish(struct dea_means *means, const struct dea_problem *problem)
{
    const double count = means->count > 0 ? (double) means->count : NAN;
    means->crste /= count;
    means->vrste /= count;
    means->scale /= count;
    for (size_t i = 0; i < problem->input_count + problem->output_count; i++) {
        means->slacks[i] /= count;
    }
}

void dea_result_summarise(struct dea_result *result, const struct dea_problem *problem, const struct dea_work *work)
{
    for (size_t u = 0; u < result->unit_count; u++) {
        const struct dea_unit *unit = &result->units[u];
        dea_certificate_add(&result->certificate, &unit->certificate);
        result->certificate.uncertified_count += unit->state == DEA_UNIT_UNCERTIFIED;
        if (unit->state != DEA_UNIT_SCORED) {
            continue;
        }
        result->rts_counts[unit->rts]++;
        for (size_t p = 0; p < unit->peers_length; p++) {
            if (unit->peers[p].unit != u) {
                result->units[unit->peers[p].unit].peer_count++;
            }
        }
    }
    for (size_t k = 0; k < work->columns; k++) {
        const size_t u = work->unit_of[k];
        if (result->units[u].state != DEA_UNIT_SCORED) {
            continue;
        }
        means_add(&result->mean, &result->units[u], problem);
        if (problem->groups != NULL) {
            means_add(&result->group_means[problem->groups[u]], &result->units[u], problem);
        }
    }
    means_finish(&result->mean, problem);
    for (size_t g = 0; g < result->group_count; g++) {
        means_finish(&result->group_means[g], problem);
    }
}
