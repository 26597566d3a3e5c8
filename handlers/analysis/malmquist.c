/*
 * /efficiency/malmquist: a panel is made from stored figures or from a body (malmquist_units.c), solved by
 * analytics/dea/malmquist.h and written by malmquist_write.c.
 */
#include "handlers/analysis/malmquist.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "handlers/analysis/analysis.h"
#include "handlers/analysis/efficiency_write.h"
#include "handlers/analysis/malmquist_svg.h"
#include "handlers/analysis/malmquist_units.h"
#include "handlers/analysis/malmquist_write.h"
#include "handlers/analysis/reply.h"
#include "handlers/problem.h"
#include "handlers/query.h"

#define INDICES \
    "from,to,period,status,effch,techch,pech,sech,tfpch,distances.from_by_from,distances.to_by_from,distances.from_by_to," \
    "distances.to_by_to,distances.vrs_from,distances.vrs_to"

const char malmquist_columns[] = "dmu,name,belt," INDICES;
const char malmquist_unit_columns[] = "dmu,group," INDICES;

enum by { BY_NONE, BY_BELT };

static const char *const by_choices[] = { "none", "belt", NULL };

struct malmquist_query {
    struct query_integers years;
    const char *inputs, *outputs;
    int orientation, by;
    bool distances;
};

static const struct query_parameter parameters[] = {
    QUERY_INTEGERS_ROW(struct malmquist_query, years, true, ANALYSIS_YEAR_MIN, ANALYSIS_YEAR_MAX),
    QUERY_TEXT_ROW(struct malmquist_query, inputs, true, ANALYSIS_LIST_BYTES),
    QUERY_TEXT_ROW(struct malmquist_query, outputs, true, ANALYSIS_LIST_BYTES),
    QUERY_CHOICE_ROW(struct malmquist_query, orientation, false, efficiency_orientations),
    QUERY_CHOICE_ROW(struct malmquist_query, by, false, by_choices),
    QUERY_BOOLEAN_ROW(struct malmquist_query, distances, false),
};

static const struct query_table query_table = QUERY_TABLE(parameters);

/* One GET on its way. */
struct question {
    struct malmquist_query query;
    struct analysis_basis basis;
    struct analysis_indicators inputs, outputs;
    struct analysis_indicators all; /* inputs, then outputs */
    const char *key;
    double **columns; /* [year * all.count + indicator], a value for each province */
};

static void fail(struct exchange *exchange, const struct malmquist_sheet *sheet, enum status status)
{
    const struct dea_panel *panel = &sheet->panel;
    const char *work = arena_format(exchange->arena, "%zu units in %zu periods with %zu inputs and %zu outputs",
                                    panel->unit_count, panel->period_count, panel->input_count, panel->output_count);
    analysis_reply_failed(exchange, status, work != NULL ? work : "So many units",
                          "fewer units or periods, or fewer inputs and outputs: the time grows with the square of the units "
                          "and with the rest");
}

/* Solves the sheet; the answer or a problem is the reply. */
static enum handled solve(struct exchange *exchange, const struct malmquist_sheet *sheet, const char *key)
{
    struct dea_changes *changes = NULL;
    const struct dea_panel_options options = { .orientation = sheet->orientation, .is_cancelled = exchange->is_cancelled,
                                               .progress = exchange->progress, .context = exchange };
    enum status status = dea_malmquist(&sheet->panel, &options, &changes);
    dea_thread_end(); /* as in efficiency.c */
    if (status != STATUS_OK) {
        fail(exchange, sheet, status);
        return HANDLED_REPLY;
    }
    if (exchange->wanted == GIVES_SVG) {
        malmquist_svg(exchange, sheet, changes);
    } else {
        malmquist_write(&exchange->reply, sheet, changes);
    }
    dea_changes_free(changes);
    analysis_reply_finish(exchange, key);
    return HANDLED_REPLY;
}

static int compare_years(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;
    return left < right ? -1 : left > right;
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

/* The query, its defaults filled in and its lists split; what is wrong is added to *faults. */
static enum status read_query(struct exchange *exchange, struct question *q, struct faults *faults)
{
    struct malmquist_query *query = &q->query;
    enum status status = query_gather(exchange, &query_table, query, faults);
    query->orientation = query->orientation < 0 ? DEA_OUTPUT : query->orientation;
    query->by = query->by < 0 ? BY_NONE : query->by;
    if (query->years.count == 1) {
        faults_add_parameter(faults, "years", "too_short", "a change needs two years at least: years=2014,2018");
    } else if (query->years.count > 1) {
        qsort(query->years.items, query->years.count, sizeof *query->years.items, compare_years);
    }
    if (status == STATUS_OK) {
        status = analysis_indicators_split(exchange->arena, "inputs", query->inputs, DEA_INPUTS_MAX, &q->inputs, faults);
    }
    if (status == STATUS_OK) {
        status = analysis_indicators_split(exchange->arena, "outputs", query->outputs, DEA_OUTPUTS_MAX, &q->outputs, faults);
    }
    complain_twice(q, faults);
    return status;
}

/* Looks the indicators up. False: a problem is the reply. */
static bool resolve(struct exchange *exchange, struct question *q, struct faults *faults)
{
    enum status status = analysis_indicators_resolve(exchange, "inputs", &q->inputs, faults);
    if (status == STATUS_OK) {
        status = analysis_indicators_resolve(exchange, "outputs", &q->outputs, faults);
    }
    if (status == STATUS_OK && faults->total > 0) {
        analysis_query_refuse(exchange, faults);
        return false;
    }
    q->all.count = q->inputs.count + q->outputs.count;
    q->all.items = arena_array(exchange->arena, q->all.count + 1, sizeof *q->all.items);
    if (status != STATUS_OK || q->all.items == NULL) {
        problem_status(exchange, status != STATUS_OK ? status : STATUS_EXHAUSTED);
        return false;
    }
    memcpy(q->all.items, q->inputs.items, q->inputs.count * sizeof *q->all.items);
    memcpy(q->all.items + q->inputs.count, q->outputs.items, q->outputs.count * sizeof *q->all.items);
    return true;
}

/* All that the answer depends on, in a fixed order. Ids hold no blanks, or are unknown. */
static bool make_key(struct exchange *exchange, struct question *q)
{
    const struct malmquist_query *query = &q->query;
    struct buffer key;
    buffer_init(&key);
    buffer_format(&key, "malmquist revision=%" PRId64 " provinces=%" PRId64 " by=%d distances=%d inputs=%s orientation=%d outputs=%s "
                  "years=", q->basis.revision, q->basis.provinces_seq, query->by, query->distances, query->inputs,
                  query->orientation, query->outputs);
    for (size_t i = 0; i < query->years.count; i++) {
        buffer_format(&key, "%" PRId64 ",", query->years.items[i]);
    }
    q->key = key.failed ? NULL : arena_copy(exchange->arena, key.bytes, key.length);
    buffer_fini(&key);
    if (q->key == NULL) {
        problem_status(exchange, STATUS_EXHAUSTED);
    }
    return q->key != NULL;
}

/* The figures of all years. False: a problem is the reply, for one that names the years without any. */
static bool read_columns(struct exchange *exchange, struct question *q)
{
    size_t years = q->query.years.count;
    int64_t *missing = arena_array(exchange->arena, years, sizeof *missing);
    size_t missing_count = 0;
    q->columns = arena_array(exchange->arena, years * q->all.count, sizeof *q->columns);
    if (missing == NULL || q->columns == NULL) {
        problem_status(exchange, STATUS_EXHAUSTED);
        return false;
    }
    for (size_t y = 0; y < years; y++) {
        bool is_there = true;
        for (size_t i = 0; i < q->all.count; i++) {
            size_t count = 0;
            double *column = arena_array(exchange->arena, q->basis.province_count + 1, sizeof *column);
            enum status status = column == NULL ? STATUS_EXHAUSTED
                                                : analysis_column_read(exchange, &q->basis, &q->all.items[i],
                                                                       q->query.years.items[y], column, &count);
            if (status != STATUS_OK) {
                problem_status(exchange, status);
                return false;
            }
            q->columns[y * q->all.count + i] = column;
            is_there = is_there && count > 0;
        }
        if (!is_there) {
            missing[missing_count++] = q->query.years.items[y];
        }
    }
    if (missing_count > 0) {
        analysis_no_figures(exchange, &q->all, missing, missing_count, false);
    }
    return missing_count == 0;
}

/* The arrays of a sheet while it is filled. */
struct filling {
    const char **inputs, **outputs, **ids, **labels;
    const struct province **provinces;
    double *input_values, *output_values;
    bool *is_missing;
    struct malmquist_left_out *left_out;
    size_t left_out_count;
};

static bool make_filling(struct arena *arena, const struct question *q, struct filling *f)
{
    size_t n = q->basis.province_count + 1;
    size_t rows = n * q->query.years.count;
    *f = (struct filling){ 0 };
    f->inputs = arena_array(arena, q->inputs.count, sizeof *f->inputs);
    f->outputs = arena_array(arena, q->outputs.count, sizeof *f->outputs);
    f->ids = arena_array(arena, n, sizeof *f->ids);
    f->labels = arena_array(arena, n, sizeof *f->labels);
    f->provinces = arena_array(arena, n, sizeof *f->provinces);
    f->input_values = arena_array(arena, rows * q->inputs.count, sizeof *f->input_values);
    f->output_values = arena_array(arena, rows * q->outputs.count, sizeof *f->output_values);
    f->is_missing = arena_array(arena, rows, sizeof *f->is_missing);
    f->left_out = arena_array(arena, rows, sizeof *f->left_out);
    return f->inputs != NULL && f->outputs != NULL && f->ids != NULL && f->labels != NULL && f->provinces != NULL &&
        f->input_values != NULL && f->output_values != NULL && f->is_missing != NULL && f->left_out != NULL;
}

/* One province in one year: its values, or what it lacks. */
static enum status fill_row(struct arena *arena, const struct question *q, size_t year, size_t province, struct filling *f)
{
    size_t m = q->inputs.count;
    size_t row = year * q->basis.province_count + province;
    struct malmquist_left_out *left_out = &f->left_out[f->left_out_count];
    *left_out = (struct malmquist_left_out){ q->basis.provinces[province].code, q->query.years.items[year], NULL, 0 };
    for (size_t i = 0; i < q->all.count; i++) {
        double value = q->columns[year * q->all.count + i][province];
        *(i < m ? &f->input_values[row * m + i] : &f->output_values[row * q->outputs.count + i - m]) = value;
        if (isnan(value)) {
            left_out->missing = left_out->missing != NULL
                ? left_out->missing
                : arena_array(arena, q->all.count, sizeof *left_out->missing);
            if (left_out->missing == NULL) {
                return STATUS_EXHAUSTED;
            }
            left_out->missing[left_out->missing_count++] = q->all.items[i].id;
        }
    }
    f->is_missing[row] = left_out->missing_count > 0;
    f->left_out_count += left_out->missing_count > 0;
    return STATUS_OK;
}

static void take_names(const struct analysis_indicators *indicators, const char **names)
{
    for (size_t i = 0; i < indicators->count; i++) {
        names[i] = indicators->items[i].id;
    }
}

/* All provinces in all years. */
static enum status fill(struct arena *arena, const struct question *q, struct malmquist_sheet *sheet)
{
    struct filling f;
    if (!make_filling(arena, q, &f)) {
        return STATUS_EXHAUSTED;
    }
    for (size_t i = 0; i < q->query.years.count * q->basis.province_count; i++) {
        enum status status = fill_row(arena, q, i / q->basis.province_count, i % q->basis.province_count, &f);
        if (status != STATUS_OK) {
            return status;
        }
    }
    for (size_t p = 0; p < q->basis.province_count; p++) {
        f.ids[p] = q->basis.provinces[p].code;
        f.labels[p] = q->basis.provinces[p].belt;
        f.provinces[p] = &q->basis.provinces[p];
    }
    take_names(&q->inputs, f.inputs);
    take_names(&q->outputs, f.outputs);
    *sheet = (struct malmquist_sheet){ .inputs = f.inputs, .outputs = f.outputs, .ids = f.ids, .labels = f.labels,
                                       .periods = q->query.years.items, .provinces = f.provinces,
                                       .revision = q->basis.revision, .left_out = f.left_out,
                                       .left_out_count = f.left_out_count, .has_distances = q->query.distances,
                                       .orientation = (enum dea_orientation)q->query.orientation };
    sheet->panel = (struct dea_panel){ .period_count = q->query.years.count, .unit_count = q->basis.province_count,
                                       .input_count = q->inputs.count, .output_count = q->outputs.count,
                                       .inputs = f.input_values, .outputs = f.output_values, .is_missing = f.is_missing };
    if (q->query.by == BY_BELT) {
        sheet->panel.groups = q->basis.belt_of;
        sheet->panel.group_count = q->basis.belt_count;
        sheet->groups = q->basis.belts;
        sheet->named_groups = q->basis.belt_count;
    }
    return STATUS_OK;
}

static enum handled compute(struct exchange *exchange, struct question *q)
{
    struct malmquist_sheet sheet;
    if (!read_columns(exchange, q)) {
        return HANDLED_REPLY;
    }
    enum status status = fill(exchange->arena, q, &sheet);
    if (status != STATUS_OK) {
        problem_status(exchange, status);
        return HANDLED_REPLY;
    }
    return solve(exchange, &sheet, q->key);
}

enum handled malmquist_get(struct exchange *exchange)
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

enum handled malmquist_post(struct exchange *exchange)
{
    json_t *document = NULL;
    struct malmquist_sheet sheet = { 0 };
    struct faults faults;
    if (!exchange->is_job) {
        return HANDLED_JOB;
    }
    if (!analysis_body_parse(exchange, &document, &faults)) {
        return HANDLED_REPLY;
    }
    if (malmquist_units_read(exchange, document, &faults, &sheet)) {
        solve(exchange, &sheet, NULL);
    }
    analysis_body_free(exchange, document);
    return HANDLED_REPLY;
}
