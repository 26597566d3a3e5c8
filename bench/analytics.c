/*
 * Times the analyses, called as functions:
 *   analytics efficiency N RUNS FILE   N units, 3 inputs, 2 outputs, output orientation, multi-stage slacks
 *   analytics efficiency-glpk ...      the same, every program by GLPK
 *   analytics efficiency-pair ...      the same as the first, by two threads
 *   analytics MODEL N RUNS FILE        the same units by another model: super, sbm, additive, directional, cross, cost (prices 1,
 *                                      2, 3), fixed (radial, an input that cannot be changed), restricted (radial, a limit on two
 *                                      inputs' weights), outliers (the scores and leave-one-out), malmquist (N units in two periods)
 *   analytics MODEL-glpk|-pair|-frameless ...  the same by GLPK, by two threads, without the frame
 *   analytics density N RUNS FILE      N values, gaussian, Silverman's bandwidth, 512 points
 * The data are made up by a fixed generator, so that runs can be compared, and are written to
 * FILE as doubles in the machine's order, so that another program can be timed on the same:
 * unit after unit, inputs before outputs; or value after value. The results follow them there:
 * crste and vrste of each unit; or bandwidth, from, to and the densities.
 * Prints one line of key=value: the fastest run's seconds, by the clock and of processor time. Where a unit
 * got no number because none was proved it fails: unfinished work has no time.
 */
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analytics/dea/dea.h"
#include "analytics/dea/malmquist.h"
#include "analytics/dea/model.h"
#include "analytics/dea/outliers.h"
#include "analytics/kde/kde.h"
#include "base/clock.h"
#include "base/text.h"

enum { INPUTS = 3, OUTPUTS = 2, POINTS = 512, VALUES_MAX = 10000000, RUNS_MAX = 1000 };

struct timing {
    double wall_s;
    double cpu_s;
};

static _Noreturn void fail(const char *what, const char *why)
{
    fprintf(stderr, "analytics: %s: %s\n", what, why);
    exit(2);
}

static void check_certified(const char *what, size_t uncertified)
{
    if (uncertified > 0) {
        fail(what, "some units have no proved score");
    }
}

/* splitmix64 (Steele, Lea, Flood 2014): the state is a counter. */
static double next_uniform(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    return ((double)(z >> 11) + 0.5) / 9007199254740992.0;
}

/* A standard normal deviate (Box and Muller 1958). */
static double next_normal(uint64_t *state)
{
    double radius = sqrt(-2 * log(next_uniform(state)));
    return radius * cos(6.283185307179586 * next_uniform(state));
}

static double *allocate(size_t count)
{
    double *values = calloc(count, sizeof *values);
    if (values == NULL) {
        fail("start", "no memory");
    }
    return values;
}

static void write_values(FILE *file, const double *values, size_t count)
{
    if (fwrite(values, sizeof *values, count, file) != count) {
        fail("write", strerror(errno));
    }
}

static double processor_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void keep_best(struct timing *best, int64_t started_us, double started_cpu_s)
{
    struct timing now = { (double)(clock_steady_us() - started_us) / 1e6, processor_s() - started_cpu_s };
    if (best->wall_s <= 0 || now.wall_s < best->wall_s) {
        *best = now;
    }
}

/* Units that turn three inputs into two outputs with decreasing returns and a loss of their own. */
static void make_units(double *inputs, double *outputs, size_t n)
{
    uint64_t state = 2021;
    for (size_t u = 0; u < n; u++) {
        double size = 0, loss = fabs(0.3 * next_normal(&state));
        for (size_t i = 0; i < INPUTS; i++) {
            double log_input = 0.8 * next_normal(&state);
            inputs[u * INPUTS + i] = exp(log_input);
            size += 0.3 * log_input;
        }
        for (size_t o = 0; o < OUTPUTS; o++) {
            outputs[u * OUTPUTS + o] = exp(size - loss + 0.2 * next_normal(&state));
        }
    }
}

static struct timing run_efficiency(size_t n, int64_t runs, enum dea_solver_kind solver, size_t threads, FILE *file)
{
    struct timing best = { 0, 0 };
    double *inputs = allocate(n * INPUTS), *outputs = allocate(n * OUTPUTS);
    struct dea_problem problem = { .unit_count = n, .input_count = INPUTS, .output_count = OUTPUTS, .inputs = inputs,
                                   .outputs = outputs };
    struct dea_options options;
    struct dea_result *result = NULL;
    make_units(inputs, outputs, n);
    dea_options_init(&options);
    options.solver = solver;
    options.threads = threads;
    for (int64_t run = 0; run < runs; run++) {
        dea_result_free(result);
        int64_t started_us = clock_steady_us();
        double started_cpu_s = processor_s();
        if (dea_solve(&problem, &options, &result) != STATUS_OK) {
            fail("efficiency", "not solved");
        }
        keep_best(&best, started_us, started_cpu_s);
    }
    check_certified("efficiency", result->certificate.uncertified_count);
    for (size_t u = 0; u < n; u++) {
        write_values(file, inputs + u * INPUTS, INPUTS);
        write_values(file, outputs + u * OUTPUTS, OUTPUTS);
    }
    for (size_t u = 0; u < n; u++) {
        write_values(file, (const double[]){ result->units[u].crste, result->units[u].vrste }, 2);
    }
    dea_result_free(result);
    dea_thread_end();
    free(inputs);
    free(outputs);
    return best;
}

/* How a model is to be solved. */
struct way {
    enum dea_solver_kind solver;
    size_t threads;
    bool is_frameless;
    bool is_restricted; /* the radial model: with limits on weights in the place of a fixed input */
};

static const char *const models[] = { [DEA_MODEL_RADIAL] = "fixed", "super", "sbm", "additive", "directional", "cross", "cost" };

enum { MODELS = sizeof models / sizeof models[0] };

static void solve_model(const struct dea_problem *problem, enum dea_model model, const struct way *way, double *scores)
{
    struct dea_model_options options;
    struct dea_model_result *result = NULL;
    dea_model_options_init(&options, model);
    options.solver = way->solver;
    options.threads = way->threads;
    options.is_frameless = way->is_frameless;
    options.prices = model == DEA_MODEL_COST ? (const double[]){ 1, 2, 3 } : NULL;
    options.is_fixed = model == DEA_MODEL_RADIAL && !way->is_restricted ? (const bool[]){ true, false, false } : NULL;
    options.limits = way->is_restricted ? (const struct dea_limit[]){ { .first = 0, .second = 1, .minimum = 0.2, .maximum = 5 } } : NULL;
    options.limit_count = way->is_restricted ? 1 : 0;
    if (dea_model_solve(problem, &options, &result) != STATUS_OK) {
        fail(models[model], "not solved");
    }
    check_certified(models[model], result->certificate.uncertified_count);
    for (size_t u = 0; u < problem->unit_count; u++) {
        scores[u] = result->units[u].score;
    }
    dea_model_result_free(result);
}

static void solve_outliers(const struct dea_problem *problem, const struct way *way, double *leverages)
{
    struct dea_options options;
    struct dea_result *result = NULL;
    struct dea_outliers outliers = { .leverage = leverages, .is_flagged = calloc(problem->unit_count, sizeof(bool)) };
    dea_options_init(&options);
    options.solver = way->solver;
    options.threads = way->threads;
    options.is_frameless = way->is_frameless;
    if (outliers.is_flagged == NULL || dea_solve(problem, &options, &result) != STATUS_OK ||
        dea_outliers_find(problem, &options, result, &outliers) != STATUS_OK) {
        fail("outliers", "not solved");
    }
    check_certified("outliers", result->certificate.uncertified_count);
    for (size_t u = 0; u < problem->unit_count; u++) {
        check_certified("outliers", isnan(leverages[u]) ? 1u : 0u);
    }
    dea_result_free(result);
    free(outliers.is_flagged);
}

/* The first half of the units' figures are one period's, the others the next one's. */
static void solve_malmquist(const struct dea_problem *problem, const struct way *way, double *changed)
{
    const struct dea_panel panel = { .period_count = 2, .unit_count = problem->unit_count / 2, .input_count = INPUTS,
                                     .output_count = OUTPUTS, .inputs = problem->inputs, .outputs = problem->outputs };
    const struct dea_panel_options options = { .solver = way->solver, .threads = way->threads, .is_frameless = way->is_frameless };
    struct dea_changes *changes = NULL;
    if (dea_malmquist(&panel, &options, &changes) != STATUS_OK) {
        fail("malmquist", "not solved");
    }
    check_certified("malmquist", changes->certificate.uncertified_count);
    for (size_t u = 0; u < panel.unit_count; u++) {
        changed[u] = changes->changes[u].tfpch;
    }
    dea_changes_free(changes);
}

/* Times a model's name, without what follows it; writes the units and their scores. */
static struct timing run_model(const char *name, size_t n, int64_t runs, const struct way *way, FILE *file)
{
    struct timing best = { 0, 0 };
    bool is_panel = strcmp(name, "malmquist") == 0;
    size_t units = is_panel ? 2 * n : n;
    double *inputs = allocate(units * INPUTS), *outputs = allocate(units * OUTPUTS), *scores = allocate(n);
    struct dea_problem problem = { .unit_count = units, .input_count = INPUTS, .output_count = OUTPUTS, .inputs = inputs,
                                   .outputs = outputs };
    const char *of = way->is_restricted ? models[DEA_MODEL_RADIAL] : name;
    size_t model = 0;
    while (model < MODELS && strcmp(models[model], of) != 0) {
        model++;
    }
    make_units(inputs, outputs, units);
    for (int64_t run = 0; run < runs; run++) {
        int64_t started_us = clock_steady_us();
        double started_cpu_s = processor_s();
        if (is_panel) {
            solve_malmquist(&problem, way, scores);
        } else if (model == MODELS) {
            solve_outliers(&problem, way, scores);
        } else {
            solve_model(&problem, (enum dea_model)model, way, scores);
        }
        keep_best(&best, started_us, started_cpu_s);
    }
    for (size_t u = 0; u < units; u++) {
        write_values(file, inputs + u * INPUTS, INPUTS);
        write_values(file, outputs + u * OUTPUTS, OUTPUTS);
    }
    write_values(file, scores, n);
    dea_thread_end();
    free(scores);
    free(inputs);
    free(outputs);
    return best;
}

/* Cuts what says how off a model's name. False: it is none. */
static bool read_model(char *name, struct way *way)
{
    static const char *const endings[] = { "-glpk", "-pair", "-frameless" };
    *way = (struct way){ DEA_SOLVER_SIMPLEX, 1, false, false };
    for (size_t e = 0; e < sizeof endings / sizeof endings[0]; e++) {
        size_t length = strlen(name), ending = strlen(endings[e]);
        if (length > ending && strcmp(name + length - ending, endings[e]) == 0) {
            name[length - ending] = 0;
            way->solver = e == 0 ? DEA_SOLVER_GLPK : DEA_SOLVER_SIMPLEX;
            way->threads = e == 1 ? 2 : 1;
            way->is_frameless = e == 2;
        }
    }
    if (strcmp(name, "restricted") == 0) {
        way->is_restricted = true;
        return true;
    }
    for (size_t m = 0; m < MODELS; m++) {
        if (strcmp(name, models[m]) == 0) {
            return true;
        }
    }
    return strcmp(name, "outliers") == 0 || strcmp(name, "malmquist") == 0;
}

static struct timing run_density(size_t n, int64_t runs, FILE *file)
{
    struct timing best = { 0, 0 };
    double *values = allocate(n), *density = allocate(POINTS);
    struct kde_sample sample = { .values = values, .weights = NULL, .n = n };
    struct kde_options options = kde_options_default();
    struct kde_refusal refusal;
    struct kde_grid grid = { 0, 0, 0 };
    double bandwidth = 0;
    unsigned warnings = 0;
    uint64_t state = 2021;
    for (size_t i = 0; i < n; i++) {
        values[i] = next_uniform(&state) < 0.7 ? next_normal(&state) : 4 + 0.5 * next_normal(&state);
    }
    for (int64_t run = 0; run < runs; run++) {
        struct kde_curve *curve = NULL;
        int64_t started_us = clock_steady_us();
        double started_cpu_s = processor_s();
        if (kde_curve_create(&sample, &options, &curve, &refusal) != STATUS_OK ||
            kde_grid_cover((const struct kde_curve *const[]){ curve }, 1, 3, POINTS, &grid, &refusal) != STATUS_OK) {
            fail("density", "refused");
        }
        if (kde_curve_evaluate(curve, &grid, density, &warnings) != STATUS_OK) {
            fail("density", "given up");
        }
        keep_best(&best, started_us, started_cpu_s);
        bandwidth = curve->bandwidth.sd;
        kde_curve_free(curve);
    }
    write_values(file, values, n);
    write_values(file, (const double[]){ bandwidth, grid.from, grid.to }, 3);
    write_values(file, density, POINTS);
    free(values);
    free(density);
    return best;
}

int main(int argument_count, char **words)
{
    int64_t n = 0, runs = 0;
    char name[40] = "";
    struct way way = { DEA_SOLVER_SIMPLEX, 1, false, false };
    if (argument_count == 5) {
        snprintf(name, sizeof name, "%s", words[1]);
    }
    bool is_glpk = strcmp(name, "efficiency-glpk") == 0;
    bool is_pair = strcmp(name, "efficiency-pair") == 0;
    bool is_efficiency = is_glpk || is_pair || strcmp(name, "efficiency") == 0;
    bool is_density = strcmp(name, "density") == 0;
    if ((!is_efficiency && !is_density && !read_model(name, &way)) || text_to_integer(words[2], &n) != STATUS_OK || n < 2 ||
        n > VALUES_MAX || text_to_integer(words[3], &runs) != STATUS_OK || runs < 1 || runs > RUNS_MAX) {
        fail("usage", "analytics efficiency|efficiency-glpk|efficiency-pair|density|MODEL[-glpk|-pair|-frameless] N RUNS FILE");
    }
    FILE *file = fopen(words[4], "wb");
    if (file == NULL) {
        fail(words[4], strerror(errno));
    }
    struct timing best = is_efficiency ? run_efficiency((size_t)n, runs, is_glpk ? DEA_SOLVER_GLPK : DEA_SOLVER_SIMPLEX,
                                                        is_pair ? 2 : 1, file)
        : is_density ? run_density((size_t)n, runs, file)
                     : run_model(name, (size_t)n, runs, &way, file);
    if (fclose(file) != 0) {
        fail(words[4], strerror(errno));
    }
    printf("%s n=%lld runs=%lld wall_s=%.6f cpu_s=%.6f\n", words[1], (long long)n, (long long)runs, best.wall_s,
           best.cpu_s);
    return 0;
}
