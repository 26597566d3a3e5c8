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
        const size_t u = run->work.unit_of[run->table.order[k]];
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

/* Adds to the leverage of a peer what one unit's score changes by without it. */
static enum status link_add(struct dea_model_run *run, const struct dea_result *result, const struct link *link,
                            double *leverage)
{
    enum dea_model_state state = DEA_MODEL_UNCERTIFIED;
    double score = NAN;
    run->except = run->work.column_of[link->peer];
    const enum status status = dea_move_score(run, link->unit, &state, &score);
    if (status == STATUS_BUSY) {
        return status;
    }
    /* Without a proof the leverage has no number: NAN stays NAN. */
    const double change = fmax(0, score - result->units[link->unit].score);
    leverage[link->peer] += isnan(score) ? NAN : change * change;
    return STATUS_OK;
}

/* The mean leverage, summed in the order of the figures, times ln n. */
static double threshold_find(const struct dea_model_run *run, const struct dea_outliers *outliers, size_t scored)
{
    double sum = 0;
    size_t count = 0;
    for (size_t k = 0; k < run->work.columns; k++) {
        const double leverage = outliers->leverage[run->work.unit_of[run->table.order[k]]];
        if (!isnan(leverage)) {
            sum += leverage;
            count++;
        }
    }
    return scored < 3 || count == 0 ? NAN : sum / (double) count * log((double) scored);
}

static enum status leverages_find(struct dea_model_run *run, const struct dea_result *result, struct dea_outliers *outliers)
{
    const struct dea_model_options *options = run->options;
    const size_t room = links_count(result) + 1;
    struct link *links = calloc(room, sizeof *links);
    if (links == NULL) {
        return STATUS_EXHAUSTED;
    }
    const size_t count = links_gather(run, result, links);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        const bool is_cancelled = options->is_cancelled != NULL && options->is_cancelled(options->cancel_context);
        status = is_cancelled ? STATUS_BUSY : link_add(run, result, &links[i], outliers->leverage);
    }
    free(links);
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

enum status dea_outliers_find(const struct dea_problem *problem, const struct dea_options *options,
                              const struct dea_result *result, struct dea_outliers *outliers)
{
    struct dea_model_options model;
    struct dea_model_run run;
    size_t scored = 0;
    if (options->frontier == DEA_FDH) {
        return STATUS_INVALID;
    }
    dea_model_options_init(&model, DEA_MODEL_RADIAL);
    model.side = options->orientation == DEA_INPUT ? DEA_SIDE_INPUT : DEA_SIDE_OUTPUT;
    model.frontier = options->frontier;
    model.is_cancelled = options->is_cancelled;
    model.cancel_context = options->cancel_context;
    enum status status = dea_model_run_init(&run, problem, &model);
    if (status != STATUS_OK) {
        return status;
    }
    for (size_t u = 0; u < result->unit_count; u++) {
        const bool is_scored = result->units[u].state == DEA_UNIT_SCORED;
        scored += is_scored;
        outliers->leverage[u] = is_scored ? 0 : NAN;
    }
    status = leverages_find(&run, result, outliers);
    if (status == STATUS_OK) {
        flags_set(&run, result, scored, outliers);
        outliers->certificate = run.table.certificate;
    }
    dea_model_run_fini(&run);
    return status;
}
