/*
 * Reads efficiency problems as text, solves them with analytics/dea/dea.c and prints the answers in full precision, so
 * that a test in another language can compare them with an independent solver.
 *
 * In, any number of times:  orientation slacks frontier n m s, then n lines of m inputs and s outputs.
 * The first three are words: output|input, multi-stage|two-stage|two-stage-normalised|one-stage|none, vrs|crs|nirs|ndrs|fdh.
 * Between problems, for all that follow:  set solver simplex|glpk,  set threads N,  set frame on|off,  set weights on|off.
 * Out, for each problem: for each unit the lines
 *   unit U state crste vrste scale nirste rts rts_margin crs_lambda_sum efficiency peer_count ndrste score
 *   slacks / radial / targets, each followed by m + s numbers
 *   peers K, then K pairs of unit and lambda
 *   weights, followed by m + s numbers, and free, by one, where they are set on
 *   proof primal dual gap programs retries, where weights are set on
 * and at its end
 *   certificate primal dual gap programs retries uncertified seconds
 * or, for a refused problem, the one line "status NAME".
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analytics/dea/dea.h"
#include "base/status.h"

static const char *const states[] = {"scored", "no-inputs", "no-outputs", "uncertified"};
static const char *const kinds[] = {"irs", "crs", "drs"};
static const char *const efficiencies[] = {"no", "weak", "strong"};
static const char *const frontiers[] = {"vrs", "crs", "nirs", "ndrs", "fdh"};
static const char *const methods[] = {"multi-stage", "two-stage", "two-stage-normalised", "one-stage", "none"};

static void options_read(struct dea_options *options, const char *orientation, const char *slacks,
                         const char *frontier)
{
    options->orientation = strcmp(orientation, "input") == 0 ? DEA_INPUT : DEA_OUTPUT;
    for (unsigned i = 0; i < sizeof frontiers / sizeof frontiers[0]; i++) {
        if (strcmp(frontier, frontiers[i]) == 0) {
            options->frontier = (enum dea_frontier) i;
        }
    }
    for (unsigned i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        if (strcmp(slacks, methods[i]) == 0) {
            options->slacks = (enum dea_slacks) i;
        }
    }
}

static void setting_read(struct dea_options *options, const char *name, const char *value)
{
    if (strcmp(name, "solver") == 0) {
        options->solver = strcmp(value, "glpk") == 0 ? DEA_SOLVER_GLPK : DEA_SOLVER_SIMPLEX;
    } else if (strcmp(name, "threads") == 0) {
        options->threads = strtoul(value, NULL, 10);
    } else if (strcmp(name, "frame") == 0) {
        options->is_frameless = strcmp(value, "off") == 0;
    } else if (strcmp(name, "weights") == 0) {
        options->wants_weights = strcmp(value, "on") == 0;
    }
}

static void numbers_print(const char *name, const double *inputs, size_t m, const double *outputs, size_t s)
{
    printf("%s", name);
    for (size_t i = 0; i < m; i++) {
        printf(" %.17g", inputs[i]);
    }
    for (size_t r = 0; r < s; r++) {
        printf(" %.17g", outputs[r]);
    }
    printf("\n");
}

static void result_print(const struct dea_result *result, bool has_weights, double seconds)
{
    const size_t m = result->input_count;
    const size_t s = result->output_count;
    for (size_t u = 0; u < result->unit_count; u++) {
        const struct dea_unit *unit = &result->units[u];
        printf("unit %zu %s %.17g %.17g %.17g %.17g %s %.17g %.17g %s %zu %.17g %.17g\n", u, states[unit->state], unit->crste,
               unit->vrste, unit->scale, unit->nirste, kinds[unit->rts], unit->rts_margin, unit->crs_lambda_sum,
               efficiencies[unit->efficiency], unit->peer_count, unit->ndrste, unit->score);
        numbers_print("slacks", unit->input_slacks, m, unit->output_slacks, s);
        numbers_print("radial", unit->input_radial, m, unit->output_radial, s);
        numbers_print("targets", unit->input_targets, m, unit->output_targets, s);
        printf("peers %zu", unit->peers_length);
        for (size_t p = 0; p < unit->peers_length; p++) {
            printf(" %zu %.17g", unit->peers[p].unit, unit->peers[p].lambda);
        }
        printf("\n");
        if (has_weights) {
            numbers_print("weights", unit->input_weights, m, unit->output_weights, s);
            printf("free %.17g\n", unit->free_term);
            printf("proof %.17g %.17g %.17g %zu %zu\n", unit->certificate.primal_infeasibility_max,
                   unit->certificate.dual_infeasibility_max, unit->certificate.duality_gap_max,
                   unit->certificate.program_count, unit->certificate.retry_count);
        }
    }
    const struct dea_certificate *proof = &result->certificate;
    printf("certificate %.17g %.17g %.17g %zu %zu %zu %.6f\n", proof->primal_infeasibility_max,
           proof->dual_infeasibility_max, proof->duality_gap_max, proof->program_count, proof->retry_count,
           proof->uncertified_count, seconds);
}

static double cpu_seconds(void)
{
    return (double) clock() / CLOCKS_PER_SEC;
}

static void problem_solve(const struct dea_problem *problem, const struct dea_options *options)
{
    struct dea_result *result = NULL;
    const double start = cpu_seconds();
    const enum status status = dea_solve(problem, options, &result);
    if (status != STATUS_OK) {
        printf("status %s\n", status_name(status));
        return;
    }
    result_print(result, options->wants_weights, cpu_seconds() - start);
    dea_result_free(result);
}

/* Reads the rows and solves; returns 0 when the text ends too early. */
static int problem_read(const struct dea_options *options, size_t n, size_t m, size_t s)
{
    int is_read = 0;
    double *inputs = calloc(n * m + 1, sizeof *inputs);
    double *outputs = calloc(n * s + 1, sizeof *outputs);
    if (inputs == NULL || outputs == NULL) {
        goto done;
    }
    for (size_t u = 0; u < n; u++) {
        for (size_t k = 0; k < m + s; k++) {
            if (scanf("%lf", k < m ? &inputs[u * m + k] : &outputs[u * s + k - m]) != 1) {
                goto done;
            }
        }
    }
    const struct dea_problem problem = {
        .unit_count = n, .input_count = m, .output_count = s, .inputs = inputs, .outputs = outputs};
    problem_solve(&problem, options);
    is_read = 1;
done:
    free(outputs);
    free(inputs);
    return is_read;
}

int main(void)
{
    char orientation[16];
    char slacks[32];
    char frontier[16];
    size_t n = 0;
    size_t m = 0;
    size_t s = 0;
    struct dea_options options;
    dea_options_init(&options);
    while (scanf("%15s %31s %15s", orientation, slacks, frontier) == 3) {
        if (strcmp(orientation, "set") == 0) {
            setting_read(&options, slacks, frontier);
            continue;
        }
        options_read(&options, orientation, slacks, frontier);
        if (scanf("%zu %zu %zu", &n, &m, &s) != 3 || n > DEA_UNITS_MAX || m > DEA_INPUTS_MAX || s > DEA_OUTPUTS_MAX ||
            !problem_read(&options, n, m, s)) {
            fprintf(stderr, "dea_driver: a problem is too large or cut short\n");
            return 1;
        }
    }
    dea_thread_end();
    return 0;
}
