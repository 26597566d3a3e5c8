/* Checks a panel, and takes one period of it at a time. Read malmquist.c for what is made of them. */
#include "analytics/dea/malmquist_period.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analytics/dea/frame_find.h"

#define GROUPS_SPARE 1000

static bool shape_is_valid(const struct dea_panel *panel)
{
    return panel->period_count >= 2 && panel->period_count <= DEA_PERIODS_MAX && panel->unit_count >= 1 &&
           panel->unit_count <= DEA_UNITS_MAX && panel->input_count >= 1 && panel->input_count <= DEA_INPUTS_MAX &&
           panel->output_count >= 1 && panel->output_count <= DEA_OUTPUTS_MAX && panel->inputs != NULL &&
           panel->outputs != NULL && (panel->groups != NULL || panel->group_count == 0) &&
           panel->group_count <= panel->unit_count + GROUPS_SPARE;
}

static bool is_missing(const struct dea_panel *panel, size_t period, size_t unit)
{
    return panel->is_missing != NULL && panel->is_missing[period * panel->unit_count + unit];
}

static enum status values_check(const double *values, size_t row, size_t count, bool is_output, struct dea_fault *fault)
{
    for (size_t i = 0; i < count; i++) {
        const double value = values[row * count + i];
        if (isfinite(value) && value >= 0) {
            continue;
        }
        if (fault != NULL) {
            *fault = (struct dea_fault){.kind = isfinite(value) ? DEA_FAULT_NEGATIVE : DEA_FAULT_NOT_FINITE,
                                        .unit = row, .column = i, .is_output = is_output};
        }
        return STATUS_INVALID;
    }
    return STATUS_OK;
}

enum status dea_panel_check(const struct dea_panel *panel, struct dea_fault *fault)
{
    if (!shape_is_valid(panel)) {
        if (fault != NULL) {
            *fault = (struct dea_fault){.kind = DEA_FAULT_SHAPE};
        }
        return STATUS_INVALID;
    }
    for (size_t u = 0; panel->groups != NULL && u < panel->unit_count; u++) {
        if (panel->groups[u] >= panel->group_count) {
            if (fault != NULL) {
                *fault = (struct dea_fault){.kind = DEA_FAULT_GROUP, .unit = u};
            }
            return STATUS_INVALID;
        }
    }
    for (size_t row = 0; row < panel->period_count * panel->unit_count; row++) {
        if (panel->is_missing != NULL && panel->is_missing[row]) {
            continue;
        }
        if (values_check(panel->inputs, row, panel->input_count, false, fault) != STATUS_OK ||
            values_check(panel->outputs, row, panel->output_count, true, fault) != STATUS_OK) {
            return STATUS_INVALID;
        }
    }
    return STATUS_OK;
}

enum status dea_period_allocate(struct dea_period *period, const struct dea_panel *panel)
{
    const size_t n = panel->unit_count;
    period->place = calloc(n, sizeof *period->place);
    period->inputs = calloc(n * panel->input_count, sizeof *period->inputs);
    period->outputs = calloc(n * panel->output_count, sizeof *period->outputs);
    period->crs = calloc(n, sizeof *period->crs);
    period->vrs = calloc(n, sizeof *period->vrs);
    period->certificates = calloc(n, sizeof *period->certificates);
    return period->place == NULL || period->inputs == NULL || period->outputs == NULL || period->crs == NULL ||
                   period->vrs == NULL || period->certificates == NULL
               ? STATUS_EXHAUSTED
               : STATUS_OK;
}

static void period_close(struct dea_period *period)
{
    if (period->is_open) {
        dea_work_fini(&period->work);
        period->is_open = false;
    }
}

void dea_period_free(struct dea_period *period)
{
    period_close(period);
    free(period->certificates);
    free(period->vrs);
    free(period->crs);
    free(period->outputs);
    free(period->inputs);
    free(period->place);
}

static bool has_frame(const struct dea_panel_options *options, size_t columns)
{
    return !options->is_frameless && options->solver != DEA_SOLVER_GLPK && columns > DEA_FRAME_COLUMNS_MIN;
}

enum status dea_period_open(struct dea_period *period, const struct dea_panel *panel, const struct dea_panel_options *options,
                            size_t number, struct dea_crew *crew)
{
    const size_t m = panel->input_count;
    const size_t s = panel->output_count;
    period_close(period);
    period->count = 0;
    for (size_t u = 0; u < panel->unit_count; u++) {
        const size_t row = number * panel->unit_count + u;
        period->crs[u] = NAN;
        period->vrs[u] = NAN;
        period->certificates[u] = (struct dea_certificate){0};
        period->place[u] = DEA_NOWHERE;
        if (!is_missing(panel, number, u)) {
            memcpy(period->inputs + period->count * m, panel->inputs + row * m, m * sizeof *period->inputs);
            memcpy(period->outputs + period->count * s, panel->outputs + row * s, s * sizeof *period->outputs);
            period->place[u] = period->count++;
        }
    }
    if (period->count == 0) {
        return STATUS_OK;
    }
    const struct dea_problem problem = {.unit_count = period->count, .input_count = m, .output_count = s,
                                        .inputs = period->inputs, .outputs = period->outputs};
    enum status status = dea_work_init(&period->work, &problem, options->orientation);
    if (status != STATUS_OK) {
        return status;
    }
    period->is_open = true;
    status = dea_work_sort(&period->work);
    return status == STATUS_OK && has_frame(options, period->work.columns)
               ? dea_frame_find(&period->work.frame, &period->work, crew)
               : status;
}

size_t dea_periods_due(const struct dea_panel *panel, const struct dea_panel_options *options)
{
    size_t due = panel->period_count * panel->unit_count;
    for (size_t p = 0; p < panel->period_count; p++) {
        size_t columns = 0;
        for (size_t row = p * panel->unit_count; row < (p + 1) * panel->unit_count; row++) {
            bool has_inputs = false;
            for (size_t i = 0; i < panel->input_count && !is_missing(panel, p, row - p * panel->unit_count); i++) {
                has_inputs = has_inputs || panel->inputs[row * panel->input_count + i] > 0;
            }
            columns += has_inputs;
        }
        due += has_frame(options, columns) ? columns : 0;
    }
    return due;
}
