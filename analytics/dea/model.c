/*
 * From the options to the answers of all units: what may go together, room for the answer, one unit after the other, means.
 * Read move.c,
 * sbm.c, cost.c and cross.c for the programs, model_run.c for what these share.
 */
#include "analytics/dea/model.h"

#include <math.h>
#include <stdlib.h>

#include "analytics/dea/cost.h"
#include "analytics/dea/cross.h"
#include "analytics/dea/model_run.h"
#include "analytics/dea/move.h"
#include "analytics/dea/returns.h"
#include "analytics/dea/sbm.h"
#include "analytics/dea/stages.h"
#include "base/parallel.h"

void dea_model_options_init(struct dea_model_options *options, enum dea_model model)
{
    *options = (struct dea_model_options){.model = model,
                                          .side = DEA_SIDE_OUTPUT,
                                          .frontier = DEA_VRS,
                                          .slacks = DEA_SLACKS_TWO_STAGE_NORMALISED,
                                          .rts_tolerance = DEA_TOLERANCE,
                                          .threads = 1};
    if (model == DEA_MODEL_SBM || model == DEA_MODEL_ADDITIVE || model == DEA_MODEL_DIRECTIONAL) {
        options->side = DEA_SIDE_BOTH;
    }
    if (model == DEA_MODEL_COST || model == DEA_MODEL_CROSS) {
        options->side = DEA_SIDE_INPUT;
    }
    options->frontier = model == DEA_MODEL_CROSS ? DEA_CRS : DEA_VRS;
}

static bool side_is_valid(const struct dea_model_options *options)
{
    switch (options->model) {
    case DEA_MODEL_RADIAL:
    case DEA_MODEL_SUPER:
        return options->side != DEA_SIDE_BOTH;
    case DEA_MODEL_SBM:
    case DEA_MODEL_DIRECTIONAL:
        return true;
    case DEA_MODEL_ADDITIVE:
        return options->side == DEA_SIDE_BOTH;
    case DEA_MODEL_CROSS:
        return options->side == DEA_SIDE_INPUT && options->frontier == DEA_CRS;
    case DEA_MODEL_COST:
        return options->side == DEA_SIDE_INPUT;
    }
    return false;
}

static bool limits_are_valid(const struct dea_problem *problem, const struct dea_model_options *options)
{
    if (options->limit_count > DEA_LIMITS_MAX || (options->limit_count > 0 && options->limits == NULL)) {
        return false;
    }
    for (size_t l = 0; l < options->limit_count; l++) {
        const struct dea_limit *limit = &options->limits[l];
        const size_t count = limit->is_output ? problem->output_count : problem->input_count;
        if (limit->first >= count || limit->second >= count || limit->first == limit->second ||
            !isfinite(limit->minimum) || !(limit->minimum >= 0) || !(limit->maximum > 0) ||
            !(limit->maximum >= limit->minimum)) {
            return false;
        }
    }
    return true;
}

static bool prices_are_valid(const struct dea_problem *problem, const struct dea_model_options *options)
{
    const size_t count = problem->input_count * (options->has_own_prices ? problem->unit_count : 1);
    for (size_t i = 0; options->prices != NULL && i < count; i++) {
        if (!isnormal(options->prices[i]) || options->prices[i] <= 0) {
            return false;
        }
    }
    return (options->prices != NULL) == (options->model == DEA_MODEL_COST);
}

static bool marks_are_valid(const struct dea_problem *problem, const struct dea_model_options *options)
{
    const enum dea_model model = options->model;
    size_t undesirable = 0;
    for (size_t r = 0; r < problem->output_count && options->is_undesirable != NULL; r++) {
        undesirable += options->is_undesirable[r];
    }
    return undesirable < problem->output_count &&
           (options->is_undesirable == NULL || model == DEA_MODEL_SBM || model == DEA_MODEL_DIRECTIONAL) &&
           (options->is_fixed == NULL || (model != DEA_MODEL_CROSS && model != DEA_MODEL_COST)) &&
           (options->limit_count == 0 || model == DEA_MODEL_RADIAL || model == DEA_MODEL_SUPER);
}

static bool slacks_are_valid(const struct dea_model_options *options)
{
    return options->slacks == DEA_SLACKS_TWO_STAGE_NORMALISED ||
           (options->slacks == DEA_SLACKS_MULTI_STAGE && options->model == DEA_MODEL_RADIAL && options->limit_count == 0);
}

static bool options_are_valid(const struct dea_problem *problem, const struct dea_model_options *options)
{
    return (unsigned) options->model <= DEA_MODEL_COST && (unsigned) options->side <= DEA_SIDE_BOTH &&
           (unsigned) options->frontier <= DEA_NDRS && options->threads >= 1 &&
           options->threads <= PARALLEL_THREADS_MAX && options->rts_tolerance >= 0 && options->rts_tolerance < 1 &&
           slacks_are_valid(options) && side_is_valid(options) && limits_are_valid(problem, options) &&
           prices_are_valid(problem, options) && marks_are_valid(problem, options);
}

static void unit_void(struct dea_model_unit *unit, enum dea_model_state state, size_t numbers)
{
    unit->state = state;
    unit->score = NAN;
    for (size_t i = 0; i < DEA_MODEL_PARTS; i++) {
        unit->parts[i] = NAN;
    }
    unit->returns = (struct dea_model_returns){.kind = DEA_RTS_CRS, .nirste = NAN, .ndrste = NAN, .margin = NAN};
    unit->efficiency = DEA_EFFICIENT_NO;
    unit->peers_length = 0;
    for (size_t i = 0; i < numbers; i++) {
        unit->slacks[i] = unit->moves[i] = unit->targets[i] = NAN;
    }
}

static struct dea_model_result *result_create(const struct dea_problem *problem)
{
    const size_t numbers = problem->input_count + problem->output_count;
    const size_t peers_max = dea_model_peers_max(problem);
    struct dea_model_result *result = calloc(1, sizeof *result);
    if (result == NULL) {
        return NULL;
    }
    result->unit_count = problem->unit_count;
    result->input_count = problem->input_count;
    result->output_count = problem->output_count;
    result->group_count = problem->group_count;
    result->units = calloc(problem->unit_count, sizeof *result->units);
    result->group_means = calloc(problem->group_count + 1, sizeof *result->group_means);
    result->numbers = calloc(problem->unit_count * 3 * numbers, sizeof *result->numbers);
    result->peers = calloc(problem->unit_count * peers_max, sizeof *result->peers);
    if (result->units == NULL || result->group_means == NULL || result->numbers == NULL || result->peers == NULL) {
        dea_model_result_free(result);
        return NULL;
    }
    for (size_t u = 0; u < problem->unit_count; u++) {
        result->units[u].slacks = result->numbers + u * 3 * numbers;
        result->units[u].moves = result->units[u].slacks + numbers;
        result->units[u].targets = result->units[u].moves + numbers;
        result->units[u].peers = result->peers + u * peers_max;
        unit_void(&result->units[u], DEA_MODEL_UNCERTIFIED, numbers);
    }
    return result;
}

void dea_model_result_free(struct dea_model_result *result)
{
    if (result != NULL) {
        free(result->peers);
        free(result->numbers);
        free(result->group_means);
        free(result->units);
        free(result);
    }
}

/* The score, the slacks, then the same unit beside the other frontiers. */
static enum status moved_solve(struct dea_model_run *run, size_t unit, struct dea_model_unit *out)
{
    struct dea_move_found found;
    bool has_slack = false;
    enum status status = dea_move_solve(run, unit, out, &found);
    if (status != STATUS_OK || out->state != DEA_MODEL_SCORED || run->options->model != DEA_MODEL_RADIAL) {
        return status;
    }
    for (size_t i = 0; i + 1 < run->work.rows; i++) {
        has_slack = has_slack || out->slacks[i] > 0;
    }
    if (has_slack && run->options->slacks == DEA_SLACKS_MULTI_STAGE) {
        status = dea_stages_solve(run, unit, out);
    }
    return status == STATUS_OK ? dea_returns_find(run, unit, &found, out) : status;
}

static enum status unit_solve(struct dea_model_run *run, size_t unit, struct dea_model_unit *out)
{
    switch (run->options->model) {
    case DEA_MODEL_RADIAL:
    case DEA_MODEL_SUPER:
    case DEA_MODEL_DIRECTIONAL:
        return moved_solve(run, unit, out);
    case DEA_MODEL_SBM:
        return dea_sbm_solve(run, unit, out);
    case DEA_MODEL_ADDITIVE:
        return dea_additive_solve(run, unit, out);
    case DEA_MODEL_COST:
        return dea_cost_solve(run, unit, out);
    case DEA_MODEL_CROSS:
        break; /* all units at once */
    }
    return STATUS_EXHAUSTED;
}

/* A unit without outputs has slacks and a cost of nothing, but no ratio. */
static enum dea_model_state state_before(const struct dea_model_run *run, size_t unit)
{
    switch (run->work.states[unit]) {
    case DEA_UNIT_NO_INPUTS:
        return DEA_MODEL_NO_INPUTS;
    case DEA_UNIT_NO_OUTPUTS:
        return run->options->model == DEA_MODEL_ADDITIVE ? DEA_MODEL_SCORED : DEA_MODEL_NO_OUTPUTS;
    case DEA_UNIT_SCORED:
    case DEA_UNIT_UNCERTIFIED:
        break;
    }
    return DEA_MODEL_SCORED;
}

static enum status one_solve(void *memory, size_t u)
{
    struct dea_model_hand *hand = memory;
    const struct dea_model_result *result = hand->context;
    struct dea_model_unit *unit = &result->units[u];
    unit->state = state_before(&hand->run, u);
    const enum status status = unit->state == DEA_MODEL_SCORED ? unit_solve(&hand->run, u, unit) : STATUS_OK;
    unit->certificate = dea_model_certificate(hand);
    if (status == STATUS_BUSY) {
        return status;
    }
    if (status != STATUS_OK || unit->state != DEA_MODEL_SCORED) {
        unit_void(unit, status == STATUS_OK ? unit->state : DEA_MODEL_UNCERTIFIED, result->input_count + result->output_count);
    }
    return STATUS_OK;
}

static void means_add(struct dea_model_means *means, const struct dea_model_unit *unit, size_t numbers)
{
    means->count++;
    means->score += unit->score;
    for (size_t i = 0; i < DEA_MODEL_PARTS; i++) {
        means->parts[i] += unit->parts[i];
    }
    for (size_t i = 0; i < numbers; i++) {
        means->slacks[i] += unit->slacks[i];
    }
}

static void means_finish(struct dea_model_means *means, size_t numbers)
{
    const double count = means->count > 0 ? (double) means->count : NAN;
    means->score /= count;
    for (size_t i = 0; i < DEA_MODEL_PARTS; i++) {
        means->parts[i] /= count;
    }
    for (size_t i = 0; i < numbers; i++) {
        means->slacks[i] /= count;
    }
}

/* Means are summed in the order of the work. */
static void summarise(struct dea_model_result *result, const struct dea_problem *problem, const struct dea_work *work)
{
    const size_t numbers = problem->input_count + problem->output_count;
    for (size_t u = 0; u < result->unit_count; u++) {
        const struct dea_model_unit *unit = &result->units[u];
        result->certificate.uncertified_count += unit->state == DEA_MODEL_UNCERTIFIED;
        if (unit->state != DEA_MODEL_SCORED) {
            continue;
        }
        result->rts_counts[unit->returns.kind] += unit->returns.is_told ? 1 : 0;
        for (size_t p = 0; p < unit->peers_length; p++) {
            if (unit->peers[p].unit != u) {
                result->units[unit->peers[p].unit].peer_count++;
            }
        }
    }
    for (size_t k = 0; k < work->columns; k++) {
        const size_t u = work->unit_of[k];
        if (result->units[u].state != DEA_MODEL_SCORED) {
            continue;
        }
        means_add(&result->mean, &result->units[u], numbers);
        if (problem->groups != NULL) {
            means_add(&result->group_means[problem->groups[u]], &result->units[u], numbers);
        }
    }
    means_finish(&result->mean, numbers);
    for (size_t g = 0; g < result->group_count; g++) {
        means_finish(&result->group_means[g], numbers);
    }
}

/* From the frame to the means. */
static enum status team_solve(struct dea_model_team *team, const struct dea_problem *problem,
                              const struct dea_model_options *options, struct dea_model_result *result)
{
    const bool is_cross = options->model == DEA_MODEL_CROSS;
    const size_t items = problem->unit_count * (is_cross ? 2 : 1);
    enum status status = dea_model_team_open(team, problem, options, items);
    if (status == STATUS_OK) {
        status = is_cross ? dea_cross_solve(team, result) : dea_model_team_run(team, problem->unit_count, one_solve, result);
    }
    if (status == STATUS_OK) {
        result->certificate = team->certificate;
        result->has_efficiency =
            !is_cross && options->model != DEA_MODEL_COST && (options->model != DEA_MODEL_SBM || options->side == DEA_SIDE_BOTH);
        summarise(result, problem, &team->run.work);
    }
    dea_model_team_close(team);
    return status;
}

enum status dea_model_solve(const struct dea_problem *problem, const struct dea_model_options *options,
                            struct dea_model_result **result)
{
    struct dea_model_team team = {0};
    if (dea_problem_check(problem, NULL) != STATUS_OK || !options_are_valid(problem, options)) {
        return STATUS_INVALID;
    }
    struct dea_model_result *made = result_create(problem);
    const enum status status = made == NULL ? STATUS_EXHAUSTED : team_solve(&team, problem, options, made);
    if (status == STATUS_OK) {
        *result = made;
    } else {
        dea_model_result_free(made);
    }
    return status;
}
