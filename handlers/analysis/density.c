/*
 * /density: samples are made from stored figures, one for each group and year, or from a
 * body (density_sample.c), drawn by density_draw.c and written by density_write.c.
 */
#include "handlers/analysis/density.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "handlers/analysis/analysis.h"
#include "handlers/analysis/reply.h"
#include "handlers/analysis/density_draw.h"
#include "handlers/analysis/density_sample.h"
#include "handlers/analysis/density_svg.h"
#include "handlers/analysis/density_write.h"
#include "handlers/problem.h"
#include "handlers/query.h"

enum by { BY_NONE, BY_BELT };
enum relative { RELATIVE_NONE, RELATIVE_MEAN, RELATIVE_POPULATION };

static const char *const by_choices[] = { "none", "belt", NULL };
static const char *const relative_choices[] = { "none", "mean", "population", NULL };

struct density_query {
    const char *indicator;
    struct query_integers years;
    int by, relative_to, kernel, convention, boundary;
    const char *bandwidth, *thresholds;
    struct query_words tests;
    int64_t points;
    double adjust, cut, from, to, lower;
};

#define BANDWIDTH_BYTES_MAX 40

static const struct query_parameter parameters[] = {
    QUERY_TEXT_ROW(struct density_query, indicator, true, ANALYSIS_LIST_BYTES),
    QUERY_INTEGERS_ROW(struct density_query, years, true, ANALYSIS_YEAR_MIN, ANALYSIS_YEAR_MAX),
    QUERY_CHOICE_ROW(struct density_query, by, false, by_choices),
    QUERY_CHOICE_ROW(struct density_query, relative_to, false, relative_choices),
    QUERY_CHOICE_ROW(struct density_query, kernel, false, density_kernels),
    QUERY_TEXT_ROW(struct density_query, bandwidth, false, BANDWIDTH_BYTES_MAX),
    QUERY_ROW(struct density_query, adjust, QUERY_NUMBER, double, false, 0, DENSITY_ADJUST_MAX, NULL),
    QUERY_INTEGER_ROW(struct density_query, points, false, DENSITY_POINTS_MIN, DENSITY_POINTS_MAX),
    QUERY_ROW(struct density_query, cut, QUERY_NUMBER, double, false, 0, DENSITY_CUT_MAX, NULL),
    QUERY_ROW(struct density_query, from, QUERY_NUMBER, double, false, -ANALYSIS_NUMBER_MAX, ANALYSIS_NUMBER_MAX,
               NULL),
    QUERY_ROW(struct density_query, to, QUERY_NUMBER, double, false, -ANALYSIS_NUMBER_MAX, ANALYSIS_NUMBER_MAX, NULL),
    QUERY_CHOICE_ROW(struct density_query, convention, false, density_conventions),
    QUERY_CHOICE_ROW(struct density_query, boundary, false, density_boundaries),
    QUERY_ROW(struct density_query, lower, QUERY_NUMBER, double, false, -ANALYSIS_NUMBER_MAX, ANALYSIS_NUMBER_MAX, NULL),
    QUERY_WORDS_ROW(struct density_query, tests, false, 1, 4, density_tests),
    QUERY_TEXT_ROW(struct density_query, thresholds, false, DENSITY_THRESHOLDS_BYTES),
};

static const struct query_table query_table = QUERY_TABLE(parameters);

/* One GET on its way. */
struct question {
    struct density_query query;
    struct density_settings settings;
    struct analysis_basis basis;
    struct analysis_indicators indicator; /* one */
    double **columns; /* of each year, a value for each province */
    const char *key;
};

static bool fail(struct exchange *exchange, enum status status)
{
    problem_status(exchange, status);
    return false;
}

static void read_bandwidth(struct arena *arena, const char *text, struct kde_options *options, struct faults *faults)
{
    double number = 0;
    if (density_rule_find(text, options)) {
        return;
    }
    bool is_number = text_to_double(text, &number) == STATUS_OK;
    if (!is_number || !density_bandwidth_set(number, options)) {
        faults_add_parameter(faults, "bandwidth", is_number ? "out_of_range" : "not_a_choice",
                             "bandwidth is %s; %s is wanted", faults_quote(faults, text, strlen(text)),
                             density_bandwidth_wanted(arena));
    }
}

static int compare_years(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;
    return left < right ? -1 : left > right;
}

static void read_bounds(const struct exchange *exchange, struct question *q, struct faults *faults)
{
    const struct density_query *query = &q->query;
    const struct density_bounds bounds = { query->from, query->to, query->cut, exchange_query(exchange, "from") != NULL,
                                           exchange_query(exchange, "to") != NULL,
                                           exchange_query(exchange, "cut") != NULL };
    struct density_fault found[DENSITY_BOUND_FAULTS_MAX];
    size_t count = density_bounds_set(&bounds, &q->settings, found);
    for (size_t i = 0; i < count; i++) {
        faults_add_parameter(faults, found[i].name, found[i].code != NULL ? found[i].code : "missing_parameter", "%s",
                             found[i].detail);
    }
}

static void read_wishes(const struct density_query *query, struct density_wishes *wishes, struct faults *faults)
{
    bool is_sound = true;
    for (size_t i = 0; i < query->tests.count; i++) {
        is_sound = density_test_take(query->tests.items[i], wishes) && is_sound;
    }
    if (!is_sound) {
        faults_add_parameter(faults, "tests", "conflicting_values", "%s", "none goes without another test");
    }
    if (query->thresholds != NULL && !density_thresholds_read(query->thresholds, wishes)) {
        faults_add_parameter(faults, "thresholds", "bad_format", "thresholds is %s; 1 to %d numbers of -1e15 to 1e15 are wanted",
                             faults_quote(faults, query->thresholds, strlen(query->thresholds)), DENSITY_THRESHOLDS_MAX);
    }
}

/* Fills in the defaults. */
static void settle(struct exchange *exchange, struct question *q, struct faults *faults)
{
    struct density_query *query = &q->query;
    query->by = query->by < 0 ? BY_NONE : query->by;
    query->relative_to = query->relative_to < 0 ? RELATIVE_NONE : query->relative_to;
    if (query->years.count > 0) {
        qsort(query->years.items, query->years.count, sizeof *query->years.items, compare_years);
    }
    q->settings.options = kde_options_default();
    if (query->kernel >= 0) {
        q->settings.options.kernel = (enum kde_kernel)query->kernel;
    }
    if (query->convention >= 0) {
        q->settings.options.convention = (enum kde_convention)query->convention;
    }
    if (query->bandwidth != NULL) {
        read_bandwidth(exchange->arena, query->bandwidth, &q->settings.options, faults);
    }
    if (exchange_query(exchange, "adjust") != NULL && !isnan(query->adjust)) {
        q->settings.options.adjust = query->adjust;
    }
    struct density_fault fault;
    if (!density_boundary_set(query->boundary, query->lower, exchange_query(exchange, "lower") != NULL,
                              &q->settings.options, &fault)) {
        faults_add_parameter(faults, fault.name, fault.code, "%s", fault.detail);
    }
    q->settings.points = query->points == QUERY_ABSENT ? DENSITY_POINTS_DEFAULT : (size_t)query->points;
    read_bounds(exchange, q, faults);
    read_wishes(query, &q->settings.wishes, faults);
}

/* The query, its defaults filled in and its indicator taken; what is wrong is added to *faults. */
static enum status read_query(struct exchange *exchange, struct question *q, struct faults *faults)
{
    enum status status = query_gather(exchange, &query_table, &q->query, faults);
    settle(exchange, q, faults);
    if (status == STATUS_OK) {
        status = analysis_indicators_split(exchange->arena, "indicator", q->query.indicator, 1, &q->indicator, faults);
    }
    return status;
}

static size_t group_count(const struct question *q)
{
    return q->query.by == BY_BELT ? q->basis.belt_count : 1;
}

/* Bounds the answer's size, now that the number of groups is known. A number of points that could not be read
 * says nothing of it. */
static void check_size(const struct exchange *exchange, const struct question *q, struct faults *faults)
{
    size_t series = q->query.years.count * group_count(q);
    bool is_known = q->query.points != QUERY_ABSENT || exchange_query(exchange, "points") == NULL;
    if (is_known && series * q->settings.points > DENSITY_TOTAL_POINTS_MAX) {
        faults_add_parameter(faults, "points", "out_of_range",
                             "%zu series of %zu points each are more than %d points in all: ask for fewer years or "
                             "points", series, q->settings.points, DENSITY_TOTAL_POINTS_MAX);
    }
}

static void append_number(struct buffer *out, const char *name, double number)
{
    char text[TEXT_DOUBLE_BYTES];
    text_from_double(text, number);
    buffer_format(out, " %s=%s", name, text);
}

static void append_wishes(struct buffer *out, const struct density_wishes *wishes)
{
    buffer_format(out, " tests=%d%d%d%d", wishes->is_chosen, wishes->wants_dip, wishes->wants_critical,
                  wishes->wants_permutation);
    for (size_t i = 0; i < wishes->threshold_count; i++) {
        append_number(out, "threshold", wishes->thresholds[i]);
    }
}

/* All that the answer depends on, in a fixed order. An id that holds a blank is unknown. */
static bool make_key(struct exchange *exchange, struct question *q)
{
    const struct kde_options *options = &q->settings.options;
    struct buffer key;
    buffer_init(&key);
    buffer_format(&key, "density revision=%" PRId64 " provinces=%" PRId64 " by=%d convention=%d", q->basis.revision,
                  q->basis.provinces_seq, q->query.by, (int)options->convention);
    if (q->settings.has_bounds) {
        append_number(&key, "from", q->settings.from);
        append_number(&key, "to", q->settings.to);
    } else {
        append_number(&key, "cut", q->settings.cut);
    }
    buffer_format(&key, " indicator=%s kernel=%d points=%zu relative_to=%d rule=%d", q->query.indicator,
                  (int)options->kernel, q->settings.points, q->query.relative_to, (int)options->rule);
    if (options->rule == KDE_RULE_NUMBER) {
        append_number(&key, "bandwidth", options->bandwidth);
    }
    append_number(&key, "adjust", options->adjust);
    buffer_format(&key, " boundary=%d", (int)options->boundary);
    append_number(&key, "lower", options->lower);
    append_wishes(&key, &q->settings.wishes);
    buffer_format(&key, " chinese=%d", exchange->is_chinese);
    buffer_text(&key, " years=");
    for (size_t i = 0; i < q->query.years.count; i++) {
        buffer_format(&key, "%" PRId64 ",", q->query.years.items[i]);
    }
    q->key = key.failed ? NULL : arena_copy(exchange->arena, key.bytes, key.length);
    buffer_fini(&key);
    return q->key != NULL ? true : fail(exchange, STATUS_EXHAUSTED);
}

/* Looks the indicator up. False: there is none that is meant, or another fault; all of them are the reply. */
static bool resolve(struct exchange *exchange, struct question *q, struct faults *faults)
{
    enum status status = analysis_indicators_resolve(exchange, "indicator", &q->indicator, faults);
    if (status != STATUS_OK) {
        return fail(exchange, status);
    }
    check_size(exchange, q, faults);
    if (faults->total > 0) {
        analysis_query_refuse(exchange, faults);
    }
    return faults->total == 0;
}

/* The figures of all years. */
static bool read_columns(struct exchange *exchange, struct question *q)
{
    size_t years = q->query.years.count;
    int64_t *missing = arena_array(exchange->arena, years, sizeof *missing);
    size_t missing_count = 0;
    q->columns = arena_array(exchange->arena, years, sizeof *q->columns);
    if (missing == NULL || q->columns == NULL) {
        return fail(exchange, STATUS_EXHAUSTED);
    }
    for (size_t y = 0; y < years; y++) {
        size_t count = 0;
        q->columns[y] = arena_array(exchange->arena, q->basis.province_count + 1, sizeof **q->columns);
        enum status status = q->columns[y] == NULL
            ? STATUS_EXHAUSTED
            : analysis_column_read(exchange, &q->basis, q->indicator.items, q->query.years.items[y], q->columns[y],
                                   &count);
        if (status != STATUS_OK) {
            return fail(exchange, status);
        }
        if (count == 0) {
            missing[missing_count++] = q->query.years.items[y];
        }
    }
    if (missing_count > 0) {
        analysis_no_figures(exchange, &q->indicator, missing, missing_count, false);
        return false;
    }
    return true;
}

/* The populations of a year. *is_short where a province that has a figure has none. */
static enum status read_weights(struct exchange *exchange, const struct question *q, size_t year, double **weights,
                                bool *is_short)
{
    const struct analysis_indicator population = { ANALYSIS_POPULATION, ANALYSIS_POPULATION, false };
    size_t count = 0;
    *weights = arena_array(exchange->arena, q->basis.province_count, sizeof **weights);
    enum status status = *weights == NULL ? STATUS_EXHAUSTED
                                          : analysis_column_read(exchange, &q->basis, &population,
                                                                 q->query.years.items[year], *weights, &count);
    for (size_t p = 0; p < q->basis.province_count && status == STATUS_OK; p++) {
        *is_short = *is_short || (!isnan(q->columns[year][p]) && isnan((*weights)[p]));
    }
    return status;
}

/* The mean of a column, weighed where weights is not NULL. */
static double mean_of(const double *column, const double *weights, size_t count)
{
    double sum = 0;
    double total = 0;
    for (size_t p = 0; p < count; p++) {
        if (!isnan(column[p])) {
            double weight = weights != NULL ? weights[p] : 1;
            sum += weight * column[p];
            total += weight;
        }
    }
    return sum / total;
}

/* Years that cannot be made relative. */
struct lame_years {
    int64_t *without_weights;
    size_t without_weights_count;
    struct faults without_mean;
};

/* Divides a year's figures by their mean, or notes why that cannot be. */
static enum status make_relative(struct exchange *exchange, struct question *q, size_t year, struct lame_years *lame)
{
    double *column = q->columns[year];
    double *weights = NULL;
    bool is_short = false;
    if (q->query.relative_to == RELATIVE_POPULATION) {
        enum status status = read_weights(exchange, q, year, &weights, &is_short);
        if (status != STATUS_OK) {
            return status;
        }
    }
    if (is_short) {
        lame->without_weights[lame->without_weights_count++] = q->query.years.items[year];
        return STATUS_OK;
    }
    double mean = mean_of(column, weights, q->basis.province_count);
    if (!(mean > 0)) {
        faults_add_parameter(&lame->without_mean, "years", "zero_mean",
                             "The mean of %s in %" PRId64 " is 0, so that nothing can be relative to it.",
                             q->indicator.items->id, q->query.years.items[year]);
        return STATUS_OK;
    }
    for (size_t p = 0; p < q->basis.province_count; p++) {
        column[p] /= mean;
    }
    return STATUS_OK;
}

/* Makes all years relative. False: a problem that names each year that cannot be is the reply. */
static bool make_all_relative(struct exchange *exchange, struct question *q)
{
    struct analysis_indicator items[2] = { *q->indicator.items, { ANALYSIS_POPULATION, ANALYSIS_POPULATION, false } };
    const struct analysis_indicators both = { items, 2 };
    struct lame_years lame = { .without_weights = arena_array(exchange->arena, q->query.years.count,
                                                              sizeof *lame.without_weights) };
    if (lame.without_weights == NULL) {
        return fail(exchange, STATUS_EXHAUSTED);
    }
    faults_init(&lame.without_mean, exchange->arena);
    for (size_t y = 0; y < q->query.years.count; y++) {
        enum status status = make_relative(exchange, q, y, &lame);
        if (status != STATUS_OK) {
            return fail(exchange, status);
        }
    }
    if (lame.without_weights_count > 0) {
        analysis_no_figures(exchange, &both, lame.without_weights, lame.without_weights_count, false);
        return false;
    }
    const struct faults *faults = &lame.without_mean;
    if (faults->total == 1 && faults->count == 1) {
        problem_faults(exchange, "zero_mean", faults, "%s", faults->items[0].detail);
    } else if (faults->total > 0) {
        problem_faults(exchange, "zero_mean", faults, "The mean is 0 in %zu years; errors names them.", faults->total);
    }
    return faults->total == 0;
}

/* The series of one group and year. */
static enum status fill_series(struct arena *arena, const struct question *q, size_t group, size_t year,
                               struct density_series *series)
{
    size_t n = 0;
    double *values = arena_array(arena, q->basis.province_count, sizeof *values);
    const char **members = arena_array(arena, q->basis.province_count, sizeof *members);
    if (values == NULL || members == NULL) {
        return STATUS_EXHAUSTED;
    }
    for (size_t p = 0; p < q->basis.province_count; p++) {
        bool is_ours = q->query.by != BY_BELT || q->basis.belt_of[p] == group;
        if (is_ours && !isnan(q->columns[year][p])) {
            values[n] = q->columns[year][p];
            members[n++] = q->basis.provinces[p].code;
        }
    }
    series->group = q->query.by == BY_BELT ? q->basis.belts[group] : NULL;
    series->year = q->query.years.items[year];
    series->sample = (struct kde_sample){ values, NULL, n };
    series->members = members;
    return STATUS_OK;
}

static enum status fill_left_out(struct arena *arena, const struct question *q, struct density_sheet *sheet)
{
    size_t cells = q->basis.province_count * q->query.years.count;
    struct density_left_out *left_out = arena_array(arena, cells, sizeof *left_out);
    if (left_out == NULL) {
        return STATUS_EXHAUSTED;
    }
    for (size_t y = 0; y < q->query.years.count; y++) {
        for (size_t p = 0; p < q->basis.province_count; p++) {
            if (isnan(q->columns[y][p])) {
                left_out[sheet->left_out_count++] = (struct density_left_out){ q->query.years.items[y],
                                                                               q->basis.provinces[p].code };
            }
        }
    }
    sheet->left_out = left_out;
    return STATUS_OK;
}

static enum status fill_sheet(struct arena *arena, const struct question *q, struct density_sheet *sheet)
{
    struct density_drawing *drawing = &sheet->drawing;
    size_t years = q->query.years.count;
    size_t count = years * group_count(q);
    enum status status = fill_left_out(arena, q, sheet);
    drawing->series = arena_array(arena, count, sizeof *drawing->series);
    if (status != STATUS_OK || drawing->series == NULL) {
        return STATUS_EXHAUSTED;
    }
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = fill_series(arena, q, i / years, i % years, &drawing->series[i]);
    }
    drawing->series_count = count;
    drawing->settings = q->settings;
    sheet->indicator = q->indicator.items->id;
    sheet->relative_to = relative_choices[q->query.relative_to];
    sheet->revision = q->basis.revision;
    sheet->years = years;
    return status;
}

/* Readings and warnings are told in a language: says in which, where the reply is an answer. */
static enum handled tell_language(struct exchange *exchange)
{
    if (exchange->status == 200) {
        exchange_header(exchange, "Content-Language", exchange->is_chinese ? "zh" : "en");
        exchange_header(exchange, "Vary", "Accept, Accept-Encoding, Accept-Language");
    }
    return HANDLED_REPLY;
}

/* Of the drawn curves. False: the problem is the reply. */
static bool find_changes(struct exchange *exchange, struct density_sheet *sheet)
{
    enum status status = density_changes_find(exchange->arena, &sheet->drawing, sheet->years, &sheet->changes,
                                              &sheet->change_count);
    return status == STATUS_OK ? true : density_draw_failed(exchange, &sheet->drawing, status);
}

/* Draws and writes; the answer or a problem is the reply. */
static enum handled draw(struct exchange *exchange, struct density_sheet *sheet, const char *key)
{
    bool is_picture = exchange->wanted == GIVES_SVG;
    sheet->is_chinese = exchange->is_chinese;
    if (density_draw(exchange, &sheet->drawing) && (is_picture || find_changes(exchange, sheet))) {
        if (is_picture) {
            density_svg(exchange, sheet);
        } else {
            density_write(&exchange->reply, sheet);
        }
        analysis_reply_finish(exchange, key);
    }
    density_drawing_fini(&sheet->drawing);
    return tell_language(exchange);
}

static enum handled compute(struct exchange *exchange, struct question *q)
{
    struct density_sheet sheet = { 0 };
    if (!read_columns(exchange, q)) {
        return HANDLED_REPLY;
    }
    if (q->query.relative_to != RELATIVE_NONE && !make_all_relative(exchange, q)) {
        return HANDLED_REPLY;
    }
    enum status status = fill_sheet(exchange->arena, q, &sheet);
    if (status != STATUS_OK) {
        problem_status(exchange, status);
        return HANDLED_REPLY;
    }
    return draw(exchange, &sheet, q->key);
}

enum handled density_get(struct exchange *exchange)
{
    struct question q = { 0 };
    struct faults faults;
    faults_init(&faults, exchange->arena);
    enum status status = read_query(exchange, &q, &faults);
    if (status != STATUS_OK) {
        problem_status(exchange, status);
        return HANDLED_REPLY;
    }
    if (!analysis_basis_read(exchange, &q.basis)) {
        return HANDLED_REPLY;
    }
    if (faults.total == 0 && (!make_key(exchange, &q) || analysis_reply_cached(exchange, q.key))) {
        return tell_language(exchange);
    }
    if (!resolve(exchange, &q, &faults)) {
        return HANDLED_REPLY;
    }
    return exchange->is_job ? compute(exchange, &q) : HANDLED_JOB;
}

enum handled density_post(struct exchange *exchange)
{
    json_t *document = NULL;
    struct density_sheet sheet = { 0 };
    struct faults faults;
    if (!exchange->is_job) {
        return HANDLED_JOB;
    }
    if (!analysis_body_parse(exchange, &document, &faults)) {
        return HANDLED_REPLY;
    }
    bool is_sound = density_sample_read(exchange, document, &faults, &sheet.drawing);
    analysis_body_free(exchange, document); /* the numbers were copied; a large document goes before the work begins */
    return is_sound ? draw(exchange, &sheet, NULL) : HANDLED_REPLY;
}
