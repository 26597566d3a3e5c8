/*
 * /efficiency: a sheet of units is made from stored figures or from a body
 * (efficiency_units.c), solved by analytics/dea/dea.h and written by efficiency_write.c.
 */
#include "handlers/analysis/efficiency.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "handlers/analysis/analysis.h"
#include "handlers/analysis/driver.h"
#include "handlers/analysis/efficiency_model.h"
#include "handlers/analysis/efficiency_model_svg.h"
#include "handlers/analysis/efficiency_model_write.h"
#include "handlers/analysis/reply.h"
#include "handlers/analysis/efficiency_bootstrap.h"
#include "handlers/analysis/efficiency_units.h"
#include "handlers/analysis/efficiency_svg.h"
#include "handlers/analysis/efficiency_table.h"
#include "handlers/analysis/efficiency_write.h"
#include "handlers/analysis/figures.h"
#include "handlers/analysis/helpers.h"
#include "handlers/analysis/watch.h"
#include "handlers/analysis/panel.h"
#include "handlers/problem.h"
#include "handlers/query.h"

struct efficiency_query {
    int64_t year;
    const char *inputs, *outputs;
    const char *fixed, *undesirable, *prices, *restrictions;
    int model, orientation, slacks, frontier, goal, solver, by;
    bool outliers, weights;
    int64_t bootstrap, seed;
    double level, rts_tolerance;
};

static const struct query_parameter parameters[] = {
    QUERY_INTEGER_ROW(struct efficiency_query, year, true, ANALYSIS_YEAR_MIN, ANALYSIS_YEAR_MAX),
    QUERY_TEXT_ROW(struct efficiency_query, inputs, true, ANALYSIS_LIST_BYTES),
    QUERY_TEXT_ROW(struct efficiency_query, outputs, true, ANALYSIS_LIST_BYTES),
    QUERY_CHOICE_ROW(struct efficiency_query, model, false, efficiency_models),
    QUERY_CHOICE_ROW(struct efficiency_query, orientation, false, efficiency_sides),
    QUERY_CHOICE_ROW(struct efficiency_query, slacks, false, efficiency_slacks),
    QUERY_CHOICE_ROW(struct efficiency_query, frontier, false, efficiency_frontiers),
    QUERY_CHOICE_ROW(struct efficiency_query, goal, false, efficiency_goals),
    QUERY_CHOICE_ROW(struct efficiency_query, solver, false, efficiency_solvers),
    QUERY_TEXT_ROW(struct efficiency_query, fixed, false, ANALYSIS_LIST_BYTES),
    QUERY_TEXT_ROW(struct efficiency_query, undesirable, false, ANALYSIS_LIST_BYTES),
    QUERY_TEXT_ROW(struct efficiency_query, prices, false, ANALYSIS_LIST_BYTES),
    QUERY_TEXT_ROW(struct efficiency_query, restrictions, false, EFFICIENCY_MODEL_BYTES),
    QUERY_BOOLEAN_ROW(struct efficiency_query, outliers, false),
    QUERY_BOOLEAN_ROW(struct efficiency_query, weights, false),
    QUERY_NUMBER_ROW(struct efficiency_query, rts_tolerance, false),
    QUERY_CHOICE_ROW(struct efficiency_query, by, false, analysis_by_choices),
    QUERY_INTEGER_ROW(struct efficiency_query, bootstrap, false, DEA_REPLICATIONS_MIN, DEA_REPLICATIONS_MAX),
    QUERY_INTEGER_ROW(struct efficiency_query, seed, false, 0, EFFICIENCY_SEED_MAX),
    QUERY_NUMBER_ROW(struct efficiency_query, level, false),
};

/* One GET on its way. */
struct question {
    struct analysis_question base;
    struct efficiency_query query;
    struct analysis_sides sides;
    bool has_bootstrap;
    struct efficiency_sheet sheet; /* its options alone */
};

static void fail(struct exchange *exchange, const struct efficiency_sheet *sheet, enum status status)
{
    const struct dea_problem *problem = &sheet->problem;
    const char *work = arena_format(exchange->arena, "%zu units with %zu inputs and %zu outputs", problem->unit_count,
                                    problem->input_count, problem->output_count);
    analysis_reply_failed(exchange, status, work != NULL ? work : "So many units",
                          sheet->options.solver == DEA_SOLVER_GLPK
                              ? "solver=simplex, which is many times faster, or fewer units, inputs and outputs"
                              : "fewer units, or fewer inputs and outputs: the time grows with the square of the units and "
                                "with the inputs and outputs");
}

/* Leverages, where they are asked for; their programs count in the result's certificate. */
static enum status find_outliers(struct exchange *exchange, struct efficiency_sheet *sheet, struct dea_result *result)
{
    struct dea_outliers *outliers = arena_array(exchange->arena, 1, sizeof *outliers);
    if (outliers == NULL) {
        return STATUS_EXHAUSTED;
    }
    outliers->leverage = arena_array(exchange->arena, result->unit_count, sizeof *outliers->leverage);
    outliers->is_flagged = arena_array(exchange->arena, result->unit_count, sizeof *outliers->is_flagged);
    if (outliers->leverage == NULL || outliers->is_flagged == NULL) {
        return STATUS_EXHAUSTED;
    }
    enum status status = dea_outliers_find(&sheet->problem, &sheet->options, result, outliers);
    sheet->outliers = status == STATUS_OK ? outliers : NULL;
    return status;
}

/* How long each phase takes, the scores being 1: a score of each replication; of each peer that a unit has. */
enum { SHARE_SCORES = 1, SHARE_OUTLIERS = 3 };

/* The scores, then what is made of them. */
static enum status compute_plain(struct exchange *exchange, struct efficiency_sheet *sheet, struct dea_result **result,
                                 struct dea_bootstrap **intervals)
{
    size_t replications = sheet->bootstrap.replications;
    size_t outliers = sheet->wants_outliers ? SHARE_OUTLIERS : 0;
    size_t helpers = analysis_helpers_take(sheet->problem.unit_count * (SHARE_SCORES + replications + outliers));
    struct analysis_watch watch = analysis_watch_begin(exchange, SHARE_SCORES + replications + outliers);
    sheet->options.threads = 1 + helpers;
    sheet->options.is_cancelled = analysis_watch_is_cancelled;
    sheet->options.progress = analysis_watch_progress;
    sheet->options.cancel_context = &watch;
    analysis_watch_next(&watch, SHARE_SCORES);
    enum status status = dea_solve(&sheet->problem, &sheet->options, result);
    if (status == STATUS_OK && replications > 0) {
        analysis_watch_next(&watch, replications);
        status = efficiency_bootstrap_run(exchange->arena, sheet, *result, &watch, intervals);
        sheet->intervals = *intervals;
    }
    if (status == STATUS_OK && outliers > 0) {
        analysis_watch_next(&watch, outliers);
        status = find_outliers(exchange, sheet, *result);
    }
    analysis_helpers_give(helpers);
    return status;
}

static enum status solve_plain(struct exchange *exchange, struct efficiency_sheet *sheet)
{
    struct dea_result *result = NULL;
    struct dea_bootstrap *intervals = NULL;
    enum status status = compute_plain(exchange, sheet, &result, &intervals);
    if (status == STATUS_OK && exchange->wanted == GIVES_SVG) {
        efficiency_svg(exchange, sheet, result);
    } else if (status == STATUS_OK) {
        efficiency_write(&exchange->reply, sheet, result);
    }
    dea_bootstrap_free(intervals);
    dea_result_free(result);
    return status;
}

static enum status solve_model(struct exchange *exchange, struct efficiency_sheet *sheet)
{
    struct dea_model_result *result = NULL;
    struct analysis_watch watch = analysis_watch_begin(exchange, 1);
    size_t helpers = analysis_helpers_take(sheet->problem.unit_count);
    sheet->model.threads = 1 + helpers;
    sheet->model.is_cancelled = analysis_watch_is_cancelled;
    sheet->model.progress = analysis_watch_progress;
    sheet->model.cancel_context = &watch;
    analysis_watch_next(&watch, 1);
    enum status status = dea_model_solve(&sheet->problem, &sheet->model, &result);
    analysis_helpers_give(helpers);
    if (status == STATUS_OK && exchange->wanted == GIVES_SVG) {
        efficiency_model_svg(exchange, sheet, result);
    } else if (status == STATUS_OK) {
        efficiency_model_write(&exchange->reply, sheet, result);
    }
    if (status == STATUS_OK) {
        dea_model_result_free(result);
    }
    return status;
}

static bool answer(struct exchange *exchange, void *context)
{
    struct efficiency_sheet *sheet = context;
    enum status status = sheet->has_model ? solve_model(exchange, sheet) : solve_plain(exchange, sheet);
    dea_thread_end(); /* threads of the pool live long: what the solver keeps goes back now */
    if (status != STATUS_OK) {
        fail(exchange, sheet, status);
    }
    return status == STATUS_OK;
}

/* The model and what goes with it, into the sheet's options. */
static enum status settle_model(struct question *q, struct faults *faults)
{
    const char *inputs[DEA_INPUTS_MAX];
    const char *outputs[DEA_OUTPUTS_MAX];
    const struct efficiency_query *query = &q->query;
    const struct efficiency_wish wish = {
        query->model, query->orientation, query->slacks, query->frontier, query->goal, query->solver, query->outliers, query->weights,
        query->rts_tolerance,
        { query->fixed, NULL }, { query->undesirable, NULL }, { query->prices, NULL }, { query->restrictions, NULL } };
    analysis_ids_take(&q->sides.inputs, inputs);
    analysis_ids_take(&q->sides.outputs, outputs);
    enum status status = efficiency_model_settle(&wish, inputs, q->sides.inputs.count, outputs, q->sides.outputs.count, false, &q->sheet,
                                                 faults);
    if (status == STATUS_OK) {
        efficiency_bootstrap_settle(&(struct efficiency_bootstrap_wish){ query->bootstrap, query->seed, query->level, q->has_bootstrap }, false,
                                    &q->sheet, faults);
    }
    return status;
}

static enum status settle(struct exchange *exchange, void *question, struct faults *faults)
{
    struct question *q = question;
    q->query.by = q->query.by < 0 ? ANALYSIS_BY_NONE : q->query.by;
    q->query.weights = q->query.weights || efficiency_table_is_weights(exchange->table);
    q->has_bootstrap = exchange_query(exchange, "bootstrap") != NULL;
    enum status status = analysis_sides_split(exchange->arena, q->query.inputs, q->query.outputs, &q->sides, faults);
    return status == STATUS_OK ? settle_model(q, faults) : status;
}

static const char *text_or_nothing(const char *text)
{
    return text != NULL ? text : "";
}

static void distinguish(const struct exchange *exchange, const void *question, struct buffer *key)
{
    (void)exchange;
    const struct question *q = question;
    const struct efficiency_query *query = &q->query;
    const struct dea_options *options = &q->sheet.options;
    buffer_format(key, " by=%d frontier=%d inputs=%s orientation=%d outputs=%s slacks=%d solver=%d outliers=%d weights=%d year=%" PRId64, query->by,
                  (int)options->frontier, query->inputs, (int)options->orientation, query->outputs, (int)options->slacks,
                  (int)options->solver, query->outliers, query->weights, query->year);
    analysis_key_number(key, "rts_tolerance", options->rts_tolerance);
    if (q->sheet.has_model) {
        const struct dea_model_options *model = &q->sheet.model;
        buffer_format(key, ",model=%d,side=%d,returns=%d,goal=%d,normalised=%d,fixed=%s,undesirable=%s,prices=%s,restrictions=%s",
                      (int)model->model, (int)model->side, (int)model->frontier, model->is_aggressive, model->is_normalised,
                      text_or_nothing(query->fixed), text_or_nothing(query->undesirable), text_or_nothing(query->prices),
                      text_or_nothing(query->restrictions));
    }
    if (q->sheet.bootstrap.replications > 0) {
        buffer_format(key, ",bootstrap=%zu,seed=%" PRIu64, q->sheet.bootstrap.replications, q->sheet.bootstrap.seed);
        analysis_key_number(key, "level", q->sheet.bootstrap.level);
    }
}

static enum status look_up(struct exchange *exchange, void *question, struct faults *faults)
{
    struct question *q = question;
    return analysis_sides_look_up(exchange, &q->sides, faults);
}

/* Moves the rows of provinces that have all figures together; groups[unit] is each one's belt. Returns how many they are. */
static size_t take_whole(const struct question *q, struct analysis_panel *panel, size_t *groups)
{
    const struct analysis_basis *basis = &q->base.basis;
    size_t m = q->sides.inputs.count;
    size_t s = q->sides.outputs.count;
    size_t units = 0;
    for (size_t p = 0; p < basis->province_count; p++) {
        if (!panel->is_missing[p]) {
            panel->ids[units] = panel->ids[p];
            panel->labels[units] = panel->labels[p];
            panel->provinces[units] = panel->provinces[p];
            groups[units] = basis->belt_of[p];
            memmove(panel->input_values + units * m, panel->input_values + p * m, m * sizeof(double));
            memmove(panel->output_values + units * s, panel->output_values + p * s, s * sizeof(double));
            units++;
        }
    }
    for (size_t i = 0; i < panel->left_out_count; i++) {
        panel->left_out[i].year = 0; /* that of the answer */
    }
    return units;
}

/* Units and those left out. */
static enum status fill(struct exchange *exchange, const struct question *q, const struct analysis_figures *figures,
                        struct efficiency_sheet *sheet)
{
    const struct analysis_basis *basis = &q->base.basis;
    struct analysis_panel panel;
    size_t *groups = arena_array(exchange->arena, basis->province_count + 1, sizeof *groups);
    if (groups == NULL || analysis_panel_make(exchange->arena, basis, &q->sides, figures, &panel) != STATUS_OK) {
        return STATUS_EXHAUSTED;
    }
    sheet->inputs = panel.inputs;
    sheet->outputs = panel.outputs;
    sheet->ids = panel.ids;
    sheet->labels = panel.labels;
    sheet->provinces = panel.provinces;
    sheet->left_out = panel.left_out;
    sheet->left_out_count = panel.left_out_count;
    sheet->problem = (struct dea_problem){ .unit_count = take_whole(q, &panel, groups), .input_count = q->sides.inputs.count,
                                           .output_count = q->sides.outputs.count, .inputs = panel.input_values,
                                           .outputs = panel.output_values };
    if (q->query.by == ANALYSIS_BY_BELT) {
        sheet->problem.groups = groups;
        sheet->problem.group_count = basis->belt_count;
        sheet->groups = basis->belts;
        sheet->named_groups = basis->belt_count;
    }
    return STATUS_OK;
}

static enum status gather(struct exchange *exchange, void *question, void *context)
{
    struct question *q = question;
    struct efficiency_sheet *sheet = context;
    struct analysis_figures figures;
    const struct query_integers years = { &q->query.year, 1 };
    *sheet = q->sheet;
    sheet->year = q->query.year;
    sheet->revision = q->base.basis.revision;
    enum status status = analysis_figures_take(exchange, &q->base.basis, &q->sides.all, &years, &figures);
    if (status == STATUS_OK) {
        status = fill(exchange, q, &figures, sheet);
    }
    if (status == STATUS_OK && sheet->problem.unit_count == 0) {
        analysis_no_figures(exchange, &q->sides.all, &q->query.year, 1, true);
        status = STATUS_INVALID;
    }
    return status;
}

static enum status take(struct exchange *exchange, json_t *document, struct faults *faults, void *sheet)
{
    return efficiency_units_read(exchange->arena, document, efficiency_table_is_weights(exchange->table), faults, sheet);
}

static const struct analysis_kind kind = {
    .name = "efficiency", .question_bytes = sizeof(struct question), .sheet_bytes = sizeof(struct efficiency_sheet),
    .query = QUERY_TABLE(parameters), .query_offset = offsetof(struct question, query), .is_body_kept = true,
    .settle = settle, .distinguish = distinguish, .look_up = look_up, .gather = gather, .take = take, .answer = answer,
};

enum handled efficiency_get(struct exchange *exchange)
{
    return analysis_get(exchange, &kind);
}

enum handled efficiency_post(struct exchange *exchange)
{
    return analysis_post(exchange, &kind);
}
