/*
 * Reads efficiency problems as text and prints bootstrap intervals in full precision, so that a test in another language can
 * compare them with its own.
 *
 * In, any number of times:  orientation frontier replications seed level threads n m s, then n lines of m inputs and s outputs.
 * Out:  bandwidth h, then for each unit:  score corrected bias low high
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analytics/dea/bootstrap.h"

static void problem_run(const struct dea_problem *problem, const struct dea_bootstrap_options *options)
{
    struct dea_options plain;
    struct dea_result *result = NULL;
    struct dea_bootstrap *bootstrap = NULL;
    double *scores = calloc(problem->unit_count, sizeof *scores);
    dea_options_init(&plain);
    plain.orientation = options->orientation;
    plain.frontier = options->frontier;
    plain.slacks = DEA_SLACKS_NONE;
    if (scores == NULL || dea_solve(problem, &plain, &result) != STATUS_OK) {
        printf("refused\n");
        free(scores);
        return;
    }
    for (size_t u = 0; u < problem->unit_count; u++) {
        scores[u] = result->units[u].score;
    }
    if (dea_bootstrap_run(problem, scores, options, &bootstrap) == STATUS_OK) {
        printf("bandwidth %.17g\n", bootstrap->bandwidth);
        for (size_t u = 0; u < bootstrap->unit_count; u++) {
            const struct dea_interval *unit = &bootstrap->units[u];
            printf("%.17g %.17g %.17g %.17g %.17g\n", unit->score, unit->corrected, unit->bias, unit->low, unit->high);
        }
        dea_bootstrap_free(bootstrap);
    } else {
        printf("refused\n");
    }
    dea_result_free(result);
    free(scores);
}

static int problem_read(const struct dea_bootstrap_options *options, size_t n, size_t m, size_t s)
{
    double *inputs = calloc(n * m + 1, sizeof *inputs);
    double *outputs = calloc(n * s + 1, sizeof *outputs);
    int is_read = inputs != NULL && outputs != NULL;
    for (size_t i = 0; i < n * (m + s) && is_read; i++) {
        const size_t u = i / (m + s);
        const size_t k = i % (m + s);
        is_read = scanf("%lf", k < m ? &inputs[u * m + k] : &outputs[u * s + k - m]) == 1;
    }
    if (is_read) {
        const struct dea_problem problem = {
            .unit_count = n, .input_count = m, .output_count = s, .inputs = inputs, .outputs = outputs};
        problem_run(&problem, options);
    }
    free(outputs);
    free(inputs);
    return is_read;
}

int main(void)
{
    char orientation[16];
    char frontier[16];
    struct dea_bootstrap_options options = {0};
    size_t n = 0;
    size_t m = 0;
    size_t s = 0;
    while (scanf("%15s %15s %zu %" SCNu64 " %lf %zu %zu %zu %zu", orientation, frontier, &options.replications, &options.seed,
                 &options.level, &options.threads, &n, &m, &s) == 9) {
        options.orientation = strcmp(orientation, "input") == 0 ? DEA_INPUT : DEA_OUTPUT;
        options.frontier = strcmp(frontier, "crs") == 0    ? DEA_CRS
                           : strcmp(frontier, "nirs") == 0 ? DEA_NIRS
                           : strcmp(frontier, "ndrs") == 0 ? DEA_NDRS
                                                           : DEA_VRS;
        if (!problem_read(&options, n, m, s)) {
            fprintf(stderr, "bootstrap_driver: a problem is cut short\n");
            return 1;
        }
    }
    dea_thread_end();
    return 0;
}
