/*
 * /density: samples are made from stored figures, one for each group and year, or from a
 * body (density_sample.c, density_units.c), drawn by density_draw.c and written by density_write.c.
 */
#include "handlers/analysis/density.h"

#include <inttypes.h>
#include <stddef.h>
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "handlers/analysis/analysis.h"
#include "handlers/analysis/driver.h"
#include "handlers/analysis/density_draw.h"
#include "handlers/analysis/density_panel.h"
#include "handlers/analysis/density_sample.h"
#include "handlers/analysis/density_svg.h"
#include "handlers/analysis/density_units.h"
#include "handlers/analysis/density_write.h"
#include "handlers/analysis/figures.h"
#include "handlers/analysis/unit_panel.h"
#include "handlers/query.h"

struct density_query {
    const char *indicator, *weights;
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
    QUERY_CHOICE_ROW(struct density_query, by, false, analysis_by_choices),
    QUERY_CHOICE_ROW(struct density_query, relative_to, false, analysis_relative_choices),
    QUERY_TEXT_ROW(struct density_query, weights, false, ANALYSIS_LIST_BYTES),
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

/* One GET on its way. */
struct question {
    struct analysis_question base;
    struct density_query query;
    struct density_settings settings;
    struct analysis_indicators indicator; /* one */
    struct analysis_indicators weights;   /* one or none */
    struct analysis_figures figures;
    double **weighed; /* of each year, NULL without weights */
};

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

static enum status settle(struct exchange *exchange, void *question, struct faults *faults)
{
    struct question *q = question;
    struct density_query *query = &q->query;
    query->by = query->by < 0 ? ANALYSIS_BY_NONE : query->by;
    query->relative_to = query->relative_to < 0 ? ANALYSIS_RELATIVE_NONE : query->relative_to;
    analysis_years_sort(&query->years);
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
    enum status status = analysis_indicators_split(exchange->arena, "indicator", query->indicator, 1, &q->indicator, faults);
    if (status == STATUS_OK && query->weights != NULL) {
        status = analysis_indicators_split(exchange->arena, "weights", query->weights, 1, &q->weights, faults);
    }
    return status;
}

static size_t group_count(const struct question *q)
{
    return q->query.by == ANALYSIS_BY_BELT ? q->base.basis.belt_count : 1;
}

/* Bounds the answer's size, now that the number of groups is known. A number of points that could not be read
 * says nothing of it. */
static void check_size(const struct exchange *exchange, const struct question *q, struct faults *faults)
{
    bool is_known = q->query.points != QUERY_ABSENT || exchange_query(exchange, "points") == NULL;
    const char *detail = density_size_fault(exchange->arena, q->query.years.count * group_count(q), q->settings.points);
    if (is_known && detail != NULL) {
        faults_add_parameter(faults, "points", "out_of_range", "%s", detail);
    }
}

static void append_wishes(struct buffer *out, const struct density_wishes *wishes)
{
    buffer_format(out, " tests=%d%d%d%d", wishes->is_chosen, wishes->wants_dip, wishes->wants_critical,
                  wishes->wants_permutation);
    for (size_t i = 0; i < wishes->threshold_count; i++) {
        analysis_key_number(out, "threshold", wishes->thresholds[i]);
    }
}

static void distinguish(const struct exchange *exchange, const void *question, struct buffer *key)
{
    const struct question *q = question;
    const struct kde_options *options = &q->settings.options;
    buffer_format(key, " by=%d convention=%d", q->query.by, (int)options->convention);
    if (q->settings.has_bounds) {
        analysis_key_number(key, "from", q->settings.from);
        analysis_key_number(key, "to", q->settings.to);
    } else {
        analysis_key_number(key, "cut", q->settings.cut);
    }
    buffer_format(key, " indicator=%s weights=%s kernel=%d points=%zu relative_to=%d rule=%d", q->query.indicator,
                  q->query.weights != NULL ? q->query.weights : "", (int)options->kernel, q->settings.points, q->query.relative_to,
                  (int)options->rule);
    if (options->rule == KDE_RULE_NUMBER) {
        analysis_key_number(key, "bandwidth", options->bandwidth);
    }
    analysis_key_number(key, "adjust", options->adjust);
    buffer_format(key, " boundary=%d", (int)options->boundary);
    analysis_key_number(key, "lower", options->lower);
    append_wishes(key, &q->settings.wishes);
    buffer_format(key, " chinese=%d", exchange->is_chinese);
    analysis_key_years(key, &q->query.years);
}

static enum status look_up(struct exchange *exchange, void *question, struct faults *faults)
{
    struct question *q = question;
    enum status status = analysis_indicators_resolve(exchange, "indicator", &q->indicator, faults);
    if (status == STATUS_OK && q->weights.count > 0) {
        status = analysis_indicators_resolve(exchange, "weights", &q->weights, faults);
    }
    if (status == STATUS_OK) {
        check_size(exchange, q, faults);
    }
    return status;
}

/* An indicator's figures of a year, to weigh by. *is_short where a province that has a figure has none of it. */
static enum status read_weights(struct exchange *exchange, const struct question *q, const struct analysis_indicator *indicator,
                                size_t year, double **weights, bool *is_short)
{
    *weights = arena_array(exchange->arena, q->base.basis.province_count + 1, sizeof **weights);
    enum status status = *weights == NULL ? STATUS_EXHAUSTED
                                          : analysis_column_read(exchange, &q->base.basis, indicator, q->query.years.items[year],
                                                                 *weights);
    for (size_t p = 0; p < q->base.basis.province_count && status == STATUS_OK; p++) {
        *is_short = *is_short || (!isnan(q->figures.columns[year][p]) && isnan((*weights)[p]));
    }
    return status;
}

/* The weights of all years. STATUS_INVALID: a problem that names each year in which a province lacks one is the reply. */
static enum status weigh(struct exchange *exchange, struct question *q)
{
    const size_t years = q->query.years.count;
    struct analysis_indicator items[2] = { *q->indicator.items, *q->weights.items };
    const struct analysis_indicators both = { items, 2 };
    int64_t *without = arena_array(exchange->arena, years, sizeof *without);
    size_t without_count = 0;
    q->weighed = arena_array(exchange->arena, years, sizeof *q->weighed);
    enum status status = without == NULL || q->weighed == NULL ? STATUS_EXHAUSTED : STATUS_OK;
    for (size_t y = 0; y < years && status == STATUS_OK; y++) {
        bool is_short = false;
        status = read_weights(exchange, q, q->weights.items, y, &q->weighed[y], &is_short);
        if (is_short) {
            without[without_count++] = q->query.years.items[y];
        }
    }
    if (status == STATUS_OK && without_count > 0) {
        analysis_no_figures(exchange, &both, without, without_count, false);
        return STATUS_INVALID;
    }
    return status;
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
    const struct analysis_indicator population = { ANALYSIS_POPULATION, ANALYSIS_POPULATION, false };
    double *column = q->figures.columns[year];
    double *weights = NULL;
    bool is_short = false;
    if (q->query.relative_to == ANALYSIS_RELATIVE_POPULATION) {
        enum status status = read_weights(exchange, q, &population, year, &weights, &is_short);
        if (status != STATUS_OK) {
            return status;
        }
    }
    if (is_short) {
        lame->without_weights[lame->without_weights_count++] = q->query.years.items[year];
        return STATUS_OK;
    }
    double mean = analysis_mean(column, weights, q->base.basis.province_count);
    if (!(mean > 0)) {
        analysis_zero_mean_add(&lame->without_mean, q->indicator.items->id, q->query.years.items[year]);
        return STATUS_OK;
    }
    for (size_t p = 0; p < q->base.basis.province_count; p++) {
        column[p] /= mean;
    }
    return STATUS_OK;
}

/* Makes all years relative. STATUS_INVALID: a problem that names each year that cannot be is the reply. */
static enum status make_all_relative(struct exchange *exchange, struct question *q)
{
    struct analysis_indicator items[2] = { *q->indicator.items, { ANALYSIS_POPULATION, ANALYSIS_POPULATION, false } };
    const struct analysis_indicators both = { items, 2 };
    struct lame_years lame = { .without_weights = arena_array(exchange->arena, q->query.years.count,
                                                              sizeof *lame.without_weights) };
    enum status status = lame.without_weights == NULL ? STATUS_EXHAUSTED : STATUS_OK;
    faults_init(&lame.without_mean, exchange->arena);
    for (size_t y = 0; y < q->query.years.count && status == STATUS_OK; y++) {
        status = make_relative(exchange, q, y, &lame);
    }
    if (status == STATUS_OK && lame.without_weights_count > 0) {
        analysis_no_figures(exchange, &both, lame.without_weights, lame.without_weights_count, false);
        return STATUS_INVALID;
    }
    return status == STATUS_OK ? analysis_zero_mean_check(exchange, &lame.without_mean) : status;
}

/* The provinces are units. */
static enum status fill_drawing(struct arena *arena, const struct question *q, struct density_drawing *drawing)
{
    const struct analysis_basis *basis = &q->base.basis;
    const char **codes = arena_array(arena, basis->province_count + 1, sizeof *codes);
    if (codes == NULL) {
        return STATUS_EXHAUSTED;
    }
    for (size_t p = 0; p < basis->province_count; p++) {
        codes[p] = basis->provinces[p].code;
    }
    const struct unit_panel panel = {
        .ids = codes, .unit_count = basis->province_count, .groups = basis->belts, .group_of = basis->belt_of,
        .group_count = q->query.by == ANALYSIS_BY_BELT ? basis->belt_count : 0, .years = q->query.years.items,
        .year_count = q->query.years.count, .columns = q->figures.columns, .weights = q->weighed,
    };
    return density_panel_fill(arena, &panel, drawing);
}

static enum status fill_sheet(struct arena *arena, const struct question *q, struct density_sheet *sheet)
{
    enum status status = analysis_left_out_list(arena, &q->base.basis, &q->figures, &sheet->left_out, &sheet->left_out_count);
    sheet->drawing.settings = q->settings;
    sheet->indicator = q->indicator.items->id;
    sheet->relative_to = analysis_relative_choices[q->query.relative_to];
    sheet->weights = q->weights.count > 0 ? q->weights.items->id : NULL;
    sheet->revision = q->base.basis.revision;
    return status == STATUS_OK ? fill_drawing(arena, q, &sheet->drawing) : status;
}

/* Of the drawn curves. False: the problem is the reply. */
static bool find_changes(struct exchange *exchange, struct density_sheet *sheet)
{
    enum status status = density_changes_find(exchange->arena, &sheet->drawing, &sheet->changes, &sheet->change_count);
    return status == STATUS_OK ? true : density_draw_failed(exchange, &sheet->drawing, status);
}

static bool answer(struct exchange *exchange, void *context)
{
    struct density_sheet *sheet = context;
    sheet->is_chinese = exchange->is_chinese;
    bool is_picture = exchange->wanted == GIVES_SVG;
    sheet->drawing.later_share = is_picture ? 0 : density_changes_share(&sheet->drawing);
    bool is_drawn = density_draw(exchange, &sheet->drawing) && (is_picture || find_changes(exchange, sheet));
    if (is_drawn && is_picture) {
        density_svg(exchange, sheet);
    } else if (is_drawn) {
        density_write(&exchange->reply, sheet);
    }
    density_drawing_fini(&sheet->drawing);
    return is_drawn;
}

static enum status gather(struct exchange *exchange, void *question, void *sheet)
{
    struct question *q = question;
    enum status status = analysis_figures_take(exchange, &q->base.basis, &q->indicator, &q->query.years, &q->figures);
    if (status == STATUS_OK && q->weights.count > 0) {
        status = weigh(exchange, q);
    }
    if (status == STATUS_OK && q->query.relative_to != ANALYSIS_RELATIVE_NONE) {
        status = make_all_relative(exchange, q);
    }
    return status == STATUS_OK ? fill_sheet(exchange->arena, q, sheet) : status;
}

static enum status take(struct exchange *exchange, json_t *document, struct faults *faults, void *sheet)
{
    return unit_panel_is(document)
        ? density_units_read(exchange->arena, document, faults, sheet)
        : density_sample_read(exchange->arena, document, faults, &((struct density_sheet *)sheet)->drawing);
}

static const struct analysis_kind kind = {
    .name = "density", .question_bytes = sizeof(struct question), .sheet_bytes = sizeof(struct density_sheet),
    .query = QUERY_TABLE(parameters), .query_offset = offsetof(struct question, query), .is_worded = true,
    .settle = settle, .distinguish = distinguish, .look_up = look_up, .gather = gather, .take = take, .answer = answer,
};

enum handled density_get(struct exchange *exchange)
{
    return analysis_get(exchange, &kind);
}

enum handled density_post(struct exchange *exchange)
{
    return analysis_post(exchange, &kind);
}
