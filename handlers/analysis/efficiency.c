/*
 * /efficiency: a sheet of units is made from stored figures or from a body
 * (efficiency_units.c), solved by analytics/dea/dea.h and written by efficiency_write.c.
 */
#include "handlers/analysis/efficiency.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "handlers/analysis/analysis.h"
#include "handlers/analysis/efficiency_model.h"
#include "handlers/analysis/efficiency_model_write.h"
#include "handlers/analysis/reply.h"
#include "handlers/analysis/efficiency_bootstrap.h"
#include "handlers/analysis/efficiency_units.h"
#include "handlers/analysis/efficiency_svg.h"
#include "handlers/analysis/efficiency_write.h"
#include "handlers/analysis/helpers.h"
#include "handlers/problem.h"
#include "handlers/query.h"

#define SCORES \
    "status,crste,vrste,scale,rts,input_slacks.*,output_slacks.*,input_targets.*,output_targets.*,peers,peer_count,efficient," \
    "score,nirste,ndrste,rts_margin,input_radial.*,output_radial.*,cost,cost_minimum,technical,allocative,own,maverick,leverage,outlier," \
    "bootstrap.corrected,bootstrap.bias,bootstrap.low,bootstrap.high"

const char efficiency_columns[] = "dmu,name,belt," SCORES;
const char efficiency_unit_columns[] = "dmu,group," SCORES;

enum by { BY_NONE, BY_BELT };

static const char *const by_choices[] = { "none", "belt", NULL };

struct efficiency_query {
    int64_t year;
    const char *inputs, *outputs;
    const char *fixed, *undesirable, *prices, *restrictions;
    int model, orientation, slacks, frontier, goal, solver, by;
    bool outliers;
    int64_t bootstrap, seed;
    double level;
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
    QUERY_CHOICE_ROW(struct efficiency_query, by, false, by_choices),
    QUERY_INTEGER_ROW(struct efficiency_query, bootstrap, false, DEA_REPLICATIONS_MIN, DEA_REPLICATIONS_MAX),
    QUERY_INTEGER_ROW(struct efficiency_query, seed, false, 0, EFFICIENCY_SEED_MAX),
    QUERY_NUMBER_ROW(struct efficiency_query, level, false),
};

static const struct query_table query_table = QUERY_TABLE(parameters);

/* One GET on its way. */
struct question {
    struct efficiency_query query;
    struct analysis_basis basis;
    struct analysis_indicators inputs, outputs;
    struct analysis_indicators all; /* inputs, then outputs */
    const char *key;
    bool has_bootstrap;
    struct efficiency_sheet sheet; /* at first its options alone */
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

static enum status solve_plain(struct exchange *exchange, struct efficiency_sheet *sheet)
{
    struct dea_result *result = NULL;
    sheet->options.is_cancelled = exchange->is_cancelled;
    sheet->options.progress = sheet->bootstrap.replications == 0 ? exchange->progress : NULL; /* else it tells of the replications */
    sheet->options.cancel_context = exchange;
    struct dea_bootstrap *intervals = NULL;
    size_t programs = sheet->problem.unit_count * (sheet->bootstrap.replications > 0 ? sheet->bootstrap.replications : 1);
    size_t helpers = analysis_helpers_take(programs);
    sheet->options.threads = 1 + helpers;
    enum status status = dea_solve(&sheet->problem, &sheet->options, &result);
    if (status == STATUS_OK && sheet->bootstrap.replications > 0) {
        status = efficiency_bootstrap_run(exchange, sheet, result, 1 + helpers, &intervals);
        sheet->intervals = intervals;
    }
    analysis_helpers_give(helpers);
    if (status == STATUS_OK && sheet->wants_outliers) {
        status = find_outliers(exchange, sheet, result);
    }
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
    sheet->model.is_cancelled = exchange->is_cancelled;
    sheet->model.cancel_context = exchange;
    enum status status = dea_model_solve(&sheet->problem, &sheet->model, &result);
    if (status == STATUS_OK) {
        efficiency_model_write(&exchange->reply, sheet, result);
        dea_model_result_free(result);
    }
    return status;
}

static void write_without_pictures(struct json_writer *w, const void *context)
{
    (void)context;
    json_key(w, "representations");
    json_array_begin(w);
    json_text(w, "application/json");
    json_text(w, "text/csv");
    json_array_end(w);
}

/* Solves the sheet; the answer or a problem is the reply. */
static enum handled solve(struct exchange *exchange, struct efficiency_sheet *sheet, const char *key)
{
    if (sheet->has_model && exchange->wanted == GIVES_SVG) {
        problem_members(exchange, "not_acceptable", write_without_pictures, NULL,
                        "Of this model there is no picture; there are application/json and text/csv.");
        return HANDLED_REPLY;
    }
    enum status status = sheet->has_model ? solve_model(exchange, sheet) : solve_plain(exchange, sheet);
    dea_thread_end(); /* threads of the pool live long: what the solver keeps goes back now */
    if (status != STATUS_OK) {
        fail(exchange, sheet, status);
        return HANDLED_REPLY;
    }
    analysis_reply_finish(exchange, key);
    return HANDLED_REPLY;
}

/* Both lists one after the other. */
static bool join(struct exchange *exchange, struct question *q)
{
    size_t count = q->inputs.count + q->outputs.count;
    q->all.items = arena_array(exchange->arena, count, sizeof *q->all.items);
    if (q->all.items == NULL) {
        problem_status(exchange, STATUS_EXHAUSTED);
        return false;
    }
    memcpy(q->all.items, q->inputs.items, q->inputs.count * sizeof *q->all.items);
    memcpy(q->all.items + q->inputs.count, q->outputs.items, q->outputs.count * sizeof *q->all.items);
    q->all.count = count;
    return true;
}

static void complain_twice(const struct question *q, struct faults *faults)
{
    for (size_t i = 0; i < q->inputs.count; i++) {
        for (size_t j = 0; j < q->outputs.count; j++) {
            if (strcmp(q->inputs.items[i].id, q->outputs.items[j].id) == 0) {
                faults_add_parameter(faults, "outputs", "bad_format", "%s stands among the inputs already",
                                     faults_quote(faults, q->inputs.items[i].id, strlen(q->inputs.items[i].id)));
            }
        }
    }
}

static void take_names(const struct analysis_indicators *indicators, const char **names)
{
    for (size_t i = 0; i < indicators->count; i++) {
        names[i] = indicators->items[i].id;
    }
}

/* The model and what goes with it, into the sheet's options. */
static enum status settle(struct question *q, struct faults *faults)
{
    const char *inputs[DEA_INPUTS_MAX];
    const char *outputs[DEA_OUTPUTS_MAX];
    const struct efficiency_query *query = &q->query;
    const struct efficiency_wish wish = {
        query->model, query->orientation, query->slacks, query->frontier, query->goal, query->solver, query->outliers,
        { query->fixed, NULL }, { query->undesirable, NULL }, { query->prices, NULL }, { query->restrictions, NULL } };
    take_names(&q->inputs, inputs);
    take_names(&q->outputs, outputs);
    enum status status = efficiency_model_settle(&wish, inputs, q->inputs.count, outputs, q->outputs.count, false, &q->sheet, faults);
    if (status == STATUS_OK) {
        efficiency_bootstrap_settle(&(struct efficiency_bootstrap_wish){ query->bootstrap, query->seed, query->level, q->has_bootstrap }, false,
                                    &q->sheet, faults);
    }
    return status;
}

/* The query, its defaults filled in and its lists split; what is wrong is added to *faults. */
static enum status read_query(struct exchange *exchange, struct question *q, struct faults *faults)
{
    enum status status = query_gather(exchange, &query_table, &q->query, faults);
    q->query.by = q->query.by < 0 ? BY_NONE : q->query.by;
    q->has_bootstrap = exchange_query(exchange, "bootstrap") != NULL;
    if (status == STATUS_OK) {
        status = analysis_indicators_split(exchange->arena, "inputs", q->query.inputs, DEA_INPUTS_MAX, &q->inputs,
                                           faults);
    }
    if (status == STATUS_OK) {
        status = analysis_indicators_split(exchange->arena, "outputs", q->query.outputs, DEA_OUTPUTS_MAX, &q->outputs,
                                           faults);
    }
    complain_twice(q, faults);
    return status == STATUS_OK ? settle(q, faults) : status;
}

/* Looks the indicators up. False: there is none that is meant, or another fault; all of them are the reply. */
static bool resolve(struct exchange *exchange, struct question *q, struct faults *faults)
{
    enum status status = analysis_indicators_resolve(exchange, "inputs", &q->inputs, faults);
    if (status == STATUS_OK) {
        status = analysis_indicators_resolve(exchange, "outputs", &q->outputs, faults);
    }
    if (status != STATUS_OK) {
        problem_status(exchange, status);
        return false;
    }
    if (faults->total > 0) {
        analysis_query_refuse(exchange, faults);
        return false;
    }
    return join(exchange, q);
}

/* All that the answer depends on, in a fixed order. Ids hold no blanks, or are unknown. */
static bool make_key(struct exchange *exchange, struct question *q)
{
    const struct efficiency_query *query = &q->query;
    const struct dea_options *options = &q->sheet.options;
    q->key = arena_format(exchange->arena,
                          "efficiency revision=%" PRId64 " provinces=%" PRId64 " by=%d frontier=%d inputs=%s "
                          "orientation=%d outputs=%s slacks=%d solver=%d outliers=%d year=%" PRId64, q->basis.revision,
                          q->basis.provinces_seq, query->by, (int)options->frontier, query->inputs,
                          (int)options->orientation, query->outputs, (int)options->slacks, (int)options->solver, query->outliers, query->year);
    if (q->key != NULL && q->sheet.has_model) {
        const struct dea_model_options *model = &q->sheet.model;
        q->key = arena_format(exchange->arena, "%s,model=%d,side=%d,returns=%d,goal=%d,normalised=%d,fixed=%s,undesirable=%s,"
                              "prices=%s,restrictions=%s", q->key, (int)model->model, (int)model->side, (int)model->frontier,
                              model->is_aggressive, model->is_normalised, query->fixed != NULL ? query->fixed : "",
                              query->undesirable != NULL ? query->undesirable : "", query->prices != NULL ? query->prices : "",
                              query->restrictions != NULL ? query->restrictions : "");
    }
    if (q->key != NULL && q->sheet.bootstrap.replications > 0) {
        char level[TEXT_DOUBLE_BYTES];
        text_from_double(level, q->sheet.bootstrap.level);
        q->key = arena_format(exchange->arena, "%s,bootstrap=%zu,seed=%" PRIu64 ",level=%s", q->key, q->sheet.bootstrap.replications,
                              q->sheet.bootstrap.seed, level);
    }
    if (q->key == NULL) {
        problem_status(exchange, STATUS_EXHAUSTED);
    }
    return q->key != NULL;
}

/* The figures of all indicators, columns[i] being that of q->all.items[i]. */
static bool read_columns(struct exchange *exchange, const struct question *q, double **columns)
{
    bool is_there = true;
    for (size_t i = 0; i < q->all.count; i++) {
        size_t count = 0;
        columns[i] = arena_array(exchange->arena, q->basis.province_count + 1, sizeof **columns);
        enum status status = columns[i] == NULL
            ? STATUS_EXHAUSTED
            : analysis_column_read(exchange, &q->basis, &q->all.items[i], q->query.year, columns[i], &count);
        if (status != STATUS_OK) {
            problem_status(exchange, status);
            return false;
        }
        is_there = is_there && count > 0;
    }
    if (!is_there) {
        analysis_no_figures(exchange, &q->all, &q->query.year, 1, false);
    }
    return is_there;
}

/* The arrays of a sheet while it is filled. */
struct filling {
    const char **inputs, **outputs, **ids, **labels;
    const struct province **provinces;
    double *input_values, *output_values;
    size_t *groups;
    struct efficiency_left_out *left_out;
};

static bool make_filling(struct arena *arena, const struct question *q, struct filling *f)
{
    size_t n = q->basis.province_count + 1;
    f->inputs = arena_array(arena, q->inputs.count, sizeof *f->inputs);
    f->outputs = arena_array(arena, q->outputs.count, sizeof *f->outputs);
    f->ids = arena_array(arena, n, sizeof *f->ids);
    f->labels = arena_array(arena, n, sizeof *f->labels);
    f->provinces = arena_array(arena, n, sizeof *f->provinces);
    f->input_values = arena_array(arena, n * q->inputs.count, sizeof *f->input_values);
    f->output_values = arena_array(arena, n * q->outputs.count, sizeof *f->output_values);
    f->groups = arena_array(arena, n, sizeof *f->groups);
    f->left_out = arena_array(arena, n, sizeof *f->left_out);
    return f->inputs != NULL && f->outputs != NULL && f->ids != NULL && f->labels != NULL && f->provinces != NULL &&
        f->input_values != NULL && f->output_values != NULL && f->groups != NULL && f->left_out != NULL;
}

/* The indicators that a province lacks figures of; none is not a failure. */
static enum status find_missing(struct arena *arena, const struct question *q, double *const *columns, size_t province,
                                struct efficiency_left_out *left_out)
{
    *left_out = (struct efficiency_left_out){ q->basis.provinces[province].code, NULL, 0 };
    for (size_t i = 0; i < q->all.count; i++) {
        if (!isnan(columns[i][province])) {
            continue;
        }
        if (left_out->missing == NULL) {
            left_out->missing = arena_array(arena, q->all.count, sizeof *left_out->missing);
        }
        if (left_out->missing == NULL) {
            return STATUS_EXHAUSTED;
        }
        left_out->missing[left_out->missing_count++] = q->all.items[i].id;
    }
    return STATUS_OK;
}

/* Adds a province that has all figures. */
static void add_unit(const struct question *q, double *const *columns, size_t p, struct filling *f, size_t unit)
{
    size_t m = q->inputs.count;
    size_t s = q->outputs.count;
    f->ids[unit] = q->basis.provinces[p].code;
    f->labels[unit] = q->basis.provinces[p].belt;
    f->provinces[unit] = &q->basis.provinces[p];
    f->groups[unit] = q->basis.belt_of[p];
    for (size_t i = 0; i < m; i++) {
        f->input_values[unit * m + i] = columns[i][p];
    }
    for (size_t i = 0; i < s; i++) {
        f->output_values[unit * s + i] = columns[m + i][p];
    }
}

/* Units and those left out. */
static enum status fill(struct exchange *exchange, const struct question *q, double *const *columns,
                        struct efficiency_sheet *sheet)
{
    struct filling f;
    size_t units = 0;
    if (!make_filling(exchange->arena, q, &f)) {
        return STATUS_EXHAUSTED;
    }
    for (size_t p = 0; p < q->basis.province_count; p++) {
        struct efficiency_left_out *left_out = &f.left_out[sheet->left_out_count];
        enum status status = find_missing(exchange->arena, q, columns, p, left_out);
        if (status != STATUS_OK) {
            return status;
        }
        if (left_out->missing_count > 0) {
            sheet->left_out_count++;
        } else {
            add_unit(q, columns, p, &f, units++);
        }
    }
    take_names(&q->inputs, f.inputs);
    take_names(&q->outputs, f.outputs);
    sheet->inputs = f.inputs;
    sheet->outputs = f.outputs;
    sheet->ids = f.ids;
    sheet->labels = f.labels;
    sheet->provinces = f.provinces;
    sheet->left_out = f.left_out;
    sheet->problem = (struct dea_problem){ .unit_count = units, .input_count = q->inputs.count,
                                           .output_count = q->outputs.count, .inputs = f.input_values,
                                           .outputs = f.output_values };
    if (q->query.by == BY_BELT) {
        sheet->problem.groups = f.groups;
        sheet->problem.group_count = q->basis.belt_count;
        sheet->groups = q->basis.belts;
        sheet->named_groups = q->basis.belt_count;
    }
    return STATUS_OK;
}

static enum handled compute(struct exchange *exchange, const struct question *q)
{
    double *columns[DEA_INPUTS_MAX + DEA_OUTPUTS_MAX];
    struct efficiency_sheet sheet = q->sheet;
    sheet.year = q->query.year;
    sheet.revision = q->basis.revision;
    if (!read_columns(exchange, q, columns)) {
        return HANDLED_REPLY;
    }
    enum status status = fill(exchange, q, columns, &sheet);
    if (status != STATUS_OK) {
        problem_status(exchange, status);
        return HANDLED_REPLY;
    }
    if (sheet.problem.unit_count == 0) {
        analysis_no_figures(exchange, &q->all, &q->query.year, 1, true);
        return HANDLED_REPLY;
    }
    return solve(exchange, &sheet, q->key);
}

enum handled efficiency_get(struct exchange *exchange)
{
    struct question q = { 0 };
    struct faults faults;
    faults_init(&faults, exchange->arena);
    enum status status = read_query(exchange, &q, &faults);
    if (status != STATUS_OK) {
        problem_status(exchange, status);
        return HANDLED_REPLY;
    }
    if (faults.total == 0 && (!analysis_basis_read(exchange, &q.basis) || !make_key(exchange, &q) ||
                              analysis_reply_cached(exchange, q.key))) {
        return HANDLED_REPLY;
    }
    if (!resolve(exchange, &q, &faults)) {
        return HANDLED_REPLY;
    }
    return exchange->is_job ? compute(exchange, &q) : HANDLED_JOB;
}

enum handled efficiency_post(struct exchange *exchange)
{
    json_t *document = NULL;
    struct efficiency_sheet sheet = { 0 };
    struct faults faults;
    if (!exchange->is_job) {
        return HANDLED_JOB;
    }
    if (!analysis_body_parse(exchange, &document, &faults)) {
        return HANDLED_REPLY;
    }
    if (efficiency_units_read(exchange, document, &faults, &sheet)) {
        solve(exchange, &sheet, NULL);
    }
    analysis_body_free(exchange, document);
    return HANDLED_REPLY;
}
