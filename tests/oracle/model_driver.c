/*
 * Reads problems as text, solves them with analytics/dea/model.c and prints the answers in full precision, so that a test
 * in another language can compare them with an independent solver.
 *
 * In, any number of times:  model side frontier flags n m s prices limits, where flags is 1 for normalised or aggressive, 2 more for
 * GLPK alone, and 4 more for slacks in several stages; prices 0 (none), 1 (the same for all) or n; then m flags of
 * fixed inputs, s of undesirable outputs, the prices, the limits (is_output first second minimum maximum), n lines of m inputs and s outputs.
 * Out, for each problem, for each unit the line
 *   unit U state score part.. (4) returns nirste ndrste margin efficiency peer_count, then m + s slacks, m + s targets, K, K pairs of unit and lambda
 * and at its end "certificate primal dual gap programs uncertified mean count", or "status NAME" for a refused problem.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analytics/dea/model.h"
#include "analytics/dea/outliers.h"
#include "base/status.h"

static const char *const models[] = {"radial", "super", "sbm", "additive", "directional", "cross", "cost", "outliers"};
static const char *const sides[] = {"output", "input", "both"};
static const char *const frontiers[] = {"vrs", "crs", "nirs", "ndrs"};
static const char *const states[] = {"scored", "no-inputs", "no-outputs", "infeasible", "unbounded", "uncertified"};
static const char *const returns[] = {"irs", "crs", "drs"};
static const char *const efficiencies[] = {"no", "weak", "strong"};

enum { UNITS_MAX = 1000, COLUMNS_MAX = 20 };

static double inputs[UNITS_MAX * COLUMNS_MAX];
static double outputs[UNITS_MAX * COLUMNS_MAX];
static double prices[UNITS_MAX * COLUMNS_MAX];
static bool fixed[COLUMNS_MAX];
static bool undesirable[COLUMNS_MAX];
static struct dea_limit limits[DEA_LIMITS_MAX];

static void die(void)
{
    fprintf(stderr, "model_driver: a problem is too large or cut short\n");
    exit(1);
}

static unsigned word_find(const char *word, const char *const *words, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(word, words[i]) == 0) {
            return i;
        }
    }
    die();
    return 0;
}

static void numbers_read(double *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (scanf("%lf", &numbers[i]) != 1) {
            die();
        }
    }
}

/* Returns whether any flag is set. */
static bool flags_read(bool *flags, size_t count)
{
    bool has_any = false;
    for (size_t i = 0; i < count; i++) {
        int flag = 0;
        if (scanf("%d", &flag) != 1) {
            die();
        }
        flags[i] = flag != 0;
        has_any = has_any || flags[i];
    }
    return has_any;
}

static void numbers_print(const double *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        printf(" %.17g", numbers[i]);
    }
}

static void result_print(const struct dea_model_result *result)
{
    for (size_t u = 0; u < result->unit_count; u++) {
        const struct dea_model_unit *unit = &result->units[u];
        printf("unit %zu %s %.17g", u, states[unit->state], unit->score);
        numbers_print(unit->parts, DEA_MODEL_PARTS);
        printf(" %s %.17g %.17g %.17g", unit->returns.is_told ? returns[unit->returns.kind] : "none", unit->returns.nirste,
               unit->returns.ndrste, unit->returns.margin);
        printf(" %s %zu", efficiencies[unit->efficiency], unit->peer_count);
        numbers_print(unit->slacks, result->input_count + result->output_count);
        numbers_print(unit->targets, result->input_count + result->output_count);
        printf(" %zu", unit->peers_length);
        for (size_t p = 0; p < unit->peers_length; p++) {
            printf(" %zu %.17g", unit->peers[p].unit, unit->peers[p].lambda);
        }
        printf("\n");
    }
    const struct dea_certificate *proof = &result->certificate;
    printf("certificate %.17g %.17g %.17g %zu %zu %.17g %zu\n", proof->primal_infeasibility_max,
           proof->dual_infeasibility_max, proof->duality_gap_max, proof->program_count, proof->uncertified_count,
           result->mean.score, result->mean.count);
}

/* In the place of a model: each unit's leverage and flag, then the threshold. */
static void outliers_print(const struct dea_problem *problem, const struct dea_model_options *model)
{
    static double leverage[UNITS_MAX];
    static bool is_flagged[UNITS_MAX];
    struct dea_outliers outliers = {.leverage = leverage, .is_flagged = is_flagged};
    struct dea_options options;
    struct dea_result *result = NULL;
    dea_options_init(&options);
    options.orientation = model->side == DEA_SIDE_INPUT ? DEA_INPUT : DEA_OUTPUT;
    options.frontier = model->frontier;
    if (dea_solve(problem, &options, &result) != STATUS_OK ||
        dea_outliers_find(problem, &options, result, &outliers) != STATUS_OK) {
        die();
    }
    printf("outliers %.17g", outliers.threshold);
    for (size_t u = 0; u < problem->unit_count; u++) {
        printf(" %.17g %d", leverage[u], is_flagged[u]);
    }
    printf("\n");
    dea_result_free(result);
}

static void limits_read(size_t count)
{
    for (size_t l = 0; l < count; l++) {
        int is_output = 0;
        if (scanf("%d %zu %zu %lf %lf", &is_output, &limits[l].first, &limits[l].second, &limits[l].minimum,
                  &limits[l].maximum) != 5) {
            die();
        }
        limits[l].is_output = is_output != 0;
    }
}

int main(void)
{
    char model[16];
    char side[16];
    char frontier[16];
    int flag = 0;
    size_t n = 0;
    size_t m = 0;
    size_t s = 0;
    size_t price_rows = 0;
    size_t limit_count = 0;
    while (scanf("%15s %15s %15s %d %zu %zu %zu %zu %zu", model, side, frontier, &flag, &n, &m, &s, &price_rows,
                 &limit_count) == 9) {
        struct dea_model_options options;
        struct dea_model_result *result = NULL;
        if (n > UNITS_MAX || m > COLUMNS_MAX || s > COLUMNS_MAX || price_rows > n || limit_count > DEA_LIMITS_MAX) {
            die();
        }
        dea_model_options_init(&options, (enum dea_model) word_find(model, models, 8));
        options.side = (enum dea_side) word_find(side, sides, 3);
        options.frontier = (enum dea_frontier) word_find(frontier, frontiers, 4);
        options.is_normalised = options.is_aggressive = flag % 2 != 0;
        options.solver = flag % 4 >= 2 ? DEA_SOLVER_GLPK : DEA_SOLVER_SIMPLEX;
        options.slacks = flag >= 4 ? DEA_SLACKS_MULTI_STAGE : DEA_SLACKS_TWO_STAGE_NORMALISED;
        options.is_fixed = flags_read(fixed, m) ? fixed : NULL;
        options.is_undesirable = flags_read(undesirable, s) ? undesirable : NULL;
        numbers_read(prices, price_rows * m);
        options.prices = price_rows > 0 ? prices : NULL;
        options.has_own_prices = price_rows > 1;
        limits_read(limit_count);
        options.limits = limits;
        options.limit_count = limit_count;
        for (size_t u = 0; u < n; u++) {
            numbers_read(inputs + u * m, m);
            numbers_read(outputs + u * s, s);
        }
        const struct dea_problem problem = {
            .unit_count = n, .input_count = m, .output_count = s, .inputs = inputs, .outputs = outputs};
        if (strcmp(model, "outliers") == 0) {
            outliers_print(&problem, &options);
            continue;
        }
        const enum status status = dea_model_solve(&problem, &options, &result);
        if (status != STATUS_OK) {
            printf("status %s\n", status_name(status));
            continue;
        }
        result_print(result);
        dea_model_result_free(result);
    }
    dea_thread_end();
    return 0;
}
