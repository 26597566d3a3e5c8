/* Leave one out: each peer in turn, and those that have it as a peer solved again. */
#include "analytics/dea/outliers.h"

#include <math.h>
#include <stdlib.h>

#include "analytics/dea/model_run.h"
#include "analytics/dea/move.h"

/* A peer and who has it; sorted by peer, then by the figures of whoever has it. */
struct link {
    size_t peer;
    size_t rank;
    size_t unit;
};

static int links_compare(const void *a, const void *b)
{
    const struct link *left = a;
    const struct link *right = b;
    if (left->peer != right->peer) {
        return left->peer < right->peer ? -1 : 1;
    }
    return left->rank < right->rank ? -1 : left->rank > right->rank;
}

static size_t links_count(const struct dea_result *result)
{
    size_t count = 0;
    for (size_t u = 0; u < result->unit_count; u++) {
        count += result->units[u].peers_length;
    }
    return count;
}

static size_t links_gather(const struct dea_model_run *run, const struct dea_result *result, struct link *links)
{
    size_t count = 0;
    for (size_t k = 0; k < run->work.columns; k++) {
        const size_t u = run->work.unit_of[k];
        const struct dea_unit *unit = &result->units[u];
        for (size_t p = 0; p < unit->peers_length && unit->state == DEA_UNIT_SCORED; p++) {
            if (unit->peers[p].unit != u) {
                links[count++] = (struct link){unit->peers[p].unit, k, u};
            }
        }
    }
    qsort(links, count, sizeof *links, links_compare);
    return count;
}

/* What all threads share. */
struct team {
    struct dea_model_team base;
    const struct dea_result *result;
    struct dea_outliers *outliers;
    struct link *links;
    size_t count;
    double *changes; /* by link */
};

/* What one unit's score changes by without one of its peers. */
static enum status link_solve(void *memory, size_t number)
{
    struct dea_model_hand *hand = memory;
    struct team *team = hand->context;
    const struct link *link = &team->links[number];
    enum dea_model_state state = DEA_MODEL_UNCERTIFIED;
    double score = NAN;
    hand->run.except = hand->run.work.column_of[link->peer];
    const enum status status = dea_move_score(&hand->run, link->unit, &state, &score);
    if (status == STATUS_BUSY) {
        return status;
    }
    /* Without a proof the leverage has no number: NAN stays NAN. */
    team->changes[number] = isnan(score) ? NAN : fmax(0, score - team->result->units[link->unit].score);
    return STATUS_OK;
}

/* The mean leverage, summed in the order of the figures, times ln n. */
static double threshold_find(const struct dea_model_run *run, const struct dea_outliers *outliers, size_t scored)
{
    double sum = 0;
    size_t count = 0;
    for (size_t k = 0; k < run->work.columns; k++) {
        const double leverage = outliers->leverage[run->work.unit_of[k]];
        if (!isnan(leverage)) {
            sum += leverage;
            count++;
        }
    }
    return scored < 3 || count == 0 ? NAN : sum / (double) count * log((double) scored);
}

static enum status leverages_find(struct team *team)
{
    const size_t room = links_count(team->result) + 1;
    team->links = calloc(room, sizeof *team->links);
    team->changes = calloc(room, sizeof *team->changes);
    if (team->links == NULL || team->changes == NULL) {
        return STATUS_EXHAUSTED;
    }
    team->count = links_gather(&team->base.run, team->result, team->links);
    team->base.crew.due += team->count;
    const enum status status = dea_model_team_run(&team->base, team->count, link_solve, team);
    for (size_t i = 0; i < team->count && status == STATUS_OK; i++) {
        team->outliers->leverage[team->links[i].peer] += team->changes[i] * team->changes[i];
    }
    return status;
}

static void flags_set(const struct dea_model_run *run, const struct dea_result *result, size_t scored,
                      struct dea_outliers *outliers)
{
    for (size_t u = 0; u < result->unit_count; u++) {
        if (result->units[u].state == DEA_UNIT_SCORED) {
            outliers->leverage[u] = sqrt(outliers->leverage[u] / (double) (scored > 1 ? scored - 1 : 1));
        }
    }
    outliers->threshold = threshold_find(run, outliers, scored);
    for (size_t u = 0; u < result->unit_count; u++) {
        outliers->is_flagged[u] = outliers->leverage[u] > outliers->threshold; /* false where either is NAN */
    }
}

static void leverages_begin(struct team *team, size_t *scored)
{
    *scored = 0;
    for (size_t u = 0; u < team->result->unit_count; u++) {
        const bool is_scored = team->result->units[u].state == DEA_UNIT_SCORED;
        *scored += is_scored;
        team->outliers->leverage[u] = is_scored ? 0 : NAN;
    }
}

static enum status team_solve(struct team *team, const struct dea_problem *problem, const struct dea_model_options *options)
{
    size_t scored = 0;
    enum status status = dea_model_team_open(&team->base, problem, options, 0);
    if (status == STATUS_OK) {
        leverages_begin(team, &scored);
        status = leverages_find(team);
    }
    if (status == STATUS_OK) {
        flags_set(&team->base.run, team->result, scored, team->outliers);
    }
    team->outliers->certificate = team->base.certificate;
    dea_model_team_close(&team->base);
    return status;
}

enum status dea_outliers_find(const struct dea_problem *problem, const struct dea_options *options,
                              const struct dea_result *result, struct dea_outliers *outliers)
{
    struct dea_model_options model;
    struct team team = {.result = result, .outliers = outliers};
    if (options->frontier == DEA_FDH) {
        return STATUS_INVALID;
    }
    dea_model_options_init(&model, DEA_MODEL_RADIAL);
    model.side = options->orientation == DEA_INPUT ? DEA_SIDE_INPUT : DEA_SIDE_OUTPUT;
    model.frontier = options->frontier;
    model.solver = options->solver;
    model.threads = options->threads;
    model.is_frameless = options->is_frameless;
    model.is_cancelled = options->is_cancelled;
    model.progress = options->progress;
    model.cancel_context = options->cancel_context;
    const enum status status = team_solve(&team, problem, &model);
    free(team.changes);
    free(team.links);
    return status;
}
