/*
 * Reads panels as text, prints their Malmquist indices in full precision, so that a test in another language can compare
 * them with an independent solver.
 *
 * In, any number of times:  orientation periods n m s, then periods * n lines of m inputs and s outputs, period after
 * period; a line whose first number is negative says that the unit is missing.
 * Out, for each step and unit:  state effch techch pech sech tfpch and the six scores; at the end of a panel "end".
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analytics/dea/malmquist.h"

static const char *const states[] = {"defined", "missing", "no-inputs", "no-outputs", "infeasible", "uncertified"};

static void panel_solve(const struct dea_panel *panel, enum dea_orientation orientation)
{
    const struct dea_panel_options options = {.orientation = orientation};
    struct dea_changes *changes = NULL;
    if (dea_malmquist(panel, &options, &changes) != STATUS_OK) {
        printf("end refused\n");
        return;
    }
    for (size_t i = 0; i < changes->step_count * changes->unit_count; i++) {
        const struct dea_change *c = &changes->changes[i];
        printf("%s %.17g %.17g %.17g %.17g %.17g %.17g %.17g %.17g %.17g %.17g %.17g\n", states[c->state], c->effch, c->techch,
               c->pech, c->sech, c->tfpch, c->from_by_from, c->to_by_from, c->from_by_to, c->to_by_to, c->vrs_from, c->vrs_to);
    }
    printf("end %.3g\n", changes->certificate.duality_gap_max);
    dea_changes_free(changes);
}

static bool row_read(double *inputs, size_t m, double *outputs, size_t s)
{
    for (size_t k = 0; k < m + s; k++) {
        if (scanf("%lf", k < m ? &inputs[k] : &outputs[k - m]) != 1) {
            return false;
        }
    }
    return true;
}

static bool panel_read(struct dea_panel *panel, enum dea_orientation orientation)
{
    const size_t rows = panel->period_count * panel->unit_count;
    double *inputs = calloc(rows * panel->input_count + 1, sizeof *inputs);
    double *outputs = calloc(rows * panel->output_count + 1, sizeof *outputs);
    bool *is_missing = calloc(rows + 1, sizeof *is_missing);
    bool is_read = inputs != NULL && outputs != NULL && is_missing != NULL;
    for (size_t row = 0; row < rows && is_read; row++) {
        is_read = row_read(inputs + row * panel->input_count, panel->input_count, outputs + row * panel->output_count,
                           panel->output_count);
        is_missing[row] = is_read && inputs[row * panel->input_count] < 0;
    }
    panel->inputs = inputs;
    panel->outputs = outputs;
    panel->is_missing = is_missing;
    if (is_read) {
        panel_solve(panel, orientation);
    }
    free(is_missing);
    free(outputs);
    free(inputs);
    return is_read;
}

int main(void)
{
    char orientation[16];
    struct dea_panel panel = {0};
    while (scanf("%15s %zu %zu %zu %zu", orientation, &panel.period_count, &panel.unit_count, &panel.input_count,
                 &panel.output_count) == 5) {
        if (!panel_read(&panel, strcmp(orientation, "input") == 0 ? DEA_INPUT : DEA_OUTPUT)) {
            fprintf(stderr, "malmquist_driver: a panel is cut short\n");
            return 1;
        }
    }
    dea_thread_end();
    return 0;
}
