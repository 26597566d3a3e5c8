/* Leave one out: each peer in turn, and those that have it as a peer solved again. */
#include "analytics/dea/outliers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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

/* What all threads share, and one's own. */
struct team {
    struct dea_crew crew;
    struct dea_model_run run;
    const struct dea_result *result;
    struct dea_outliers *outliers;
    struct link *links;
    size_t count;
    double *changes; /* by link */
};

struct hand {
    struct team *team;
    struct dea_model_run run;
    struct dea_certificate certificate;
};

static enum status hand_begin(void *memory, void *context)
{
    struct hand *hand = memory;
    hand->team = context;
    return dea_model_run_share(&hand->run, &hand->team->run, &hand->team->crew);
}

static void hand_end(void *memory)
{
    struct hand *hand = memory;
    hand->certificate = hand->run.table.certificate;
    dea_model_run_share_fini(&hand->run);
}

static void hand_gather(void *context, const void *memory)
{
    struct team *team = context;
    const struct hand *hand = memory;
    dea_certificate_add(&team->outliers->certificate, &hand->certificate);
}

/* What one unit's score changes by without one of its peers. */
static enum status link_solve(void *memory, size_t number)
{
    struct hand *hand = memory;
    struct team *team = hand->team;
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
    struct dea_crew_work work = {.at_once = DEA_MODEL_UNITS_AT_ONCE,
                                 .hand_size = sizeof(struct hand),
                                 .begin = hand_begin,
                                 .item = link_solve,
                                 .end = hand_end,
                                 .gather = hand_gather,
                                 .context = team};
    team->links = calloc(room, sizeof *team->links);
    team->changes = calloc(room, sizeof *team->changes);
    if (team->links == NULL || team->changes == NULL) {
        return STATUS_EXHAUSTED;
    }
    team->count = links_gather(&team->run, team->result, team->links);
    team->crew.due += team->count;
    work.count = team->count;
    const enum status status = dea_crew_run(&team->crew, &work);
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
    team->outliers->certificate = (struct dea_certificate){0};
}

static enum status team_solve(struct team *team, const struct dea_problem *problem, const struct dea_model_options *options)
{
    size_t scored = 0;
    enum status status = dea_crew_open(&team->crew, options->threads, problem->unit_count);
    if (status != STATUS_OK) {
        return status;
    }
    status = dea_model_run_init(&team->run, problem, options, &team->crew);
    if (status == STATUS_OK) {
        leverages_begin(team, &scored);
        status = leverages_find(team);
        if (status == STATUS_OK) {
            flags_set(&team->run, team->result, scored, team->outliers);
        }
        dea_model_run_fini(&team->run);
    }
    dea_crew_close(&team->crew);
    return status;
}

enum status dea_outliers_find(const struct dea_problem *problem, const struct dea_options *options,
                              const struct dea_result *result, struct dea_outliers *outliers)
{
    struct dea_model_options model;
    struct team team = {.crew = {.is_cancelled = options->is_cancelled,
                                 .progress = options->progress,
                                 .context = options->cancel_context},
                        .result = result,
                        .outliers = outliers};
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
    model.cancel_context = options->cancel_context;
    const enum status status = team_solve(&team, problem, &model);
    free(team.changes);
    free(team.links);
    return status;
}
