/*
 * /inequality: samples are made from stored figures, one for each year and group, or from a body
 * (inequality_sample.c, inequality_units.c), worked out by inequality_work.c and written by inequality_write.c.
 */
#include "handlers/analysis/inequality.h"

#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "base/text.h"
#include "handlers/analysis/analysis.h"
#include "handlers/analysis/driver.h"
#include "handlers/analysis/figures.h"
#include "handlers/analysis/inequality_panel.h"
#include "handlers/analysis/inequality_sample.h"
#include "handlers/analysis/inequality_svg.h"
#include "handlers/analysis/inequality_units.h"
#include "handlers/analysis/inequality_write.h"
#include "handlers/analysis/unit_panel.h"
#include "handlers/query.h"

enum { BOUNDS_BYTES_MAX = 300 };

struct inequality_query {
    const char *indicator, *per, *bounds;
    struct query_integers years;
    int by, relative_to;
    int64_t states;
    double epsilon, alpha;
};

static const struct query_parameter parameters[] = {
    QUERY_TEXT_ROW(struct inequality_query, indicator, true, ANALYSIS_LIST_BYTES),
    QUERY_INTEGERS_ROW(struct inequality_query, years, true, ANALYSIS_YEAR_MIN, ANALYSIS_YEAR_MAX),
    QUERY_CHOICE_ROW(struct inequality_query, by, false, analysis_by_choices),
    QUERY_TEXT_ROW(struct inequality_query, per, false, ANALYSIS_LIST_BYTES),
    QUERY_CHOICE_ROW(struct inequality_query, relative_to, false, analysis_relative_choices),
    QUERY_ROW(struct inequality_query, epsilon, QUERY_NUMBER, double, false, 0, INEQUALITY_EPSILON_MAX, NULL),
    QUERY_NUMBER_ROW(struct inequality_query, alpha, false),
    QUERY_INTEGER_ROW(struct inequality_query, states, false, MARKOV_STATES_MIN, MARKOV_STATES_MAX),
    QUERY_TEXT_ROW(struct inequality_query, bounds, false, BOUNDS_BYTES_MAX),
};

/* One GET on its way. */
struct question {
    struct analysis_question base;
    struct inequality_query query;
    struct inequality_options options;
    struct inequality_cuts cuts;
    struct analysis_indicators indicator; /* one */
    struct analysis_indicators per;       /* one or none */
    struct analysis_figures figures;      /* of the indicator or, with per, over those of per, which then are the weights */
    double **weights;                     /* of each year, NULL without per */
    double *means;                        /* of each year */
};

/* "0.75,1,1.25" into multiples of the mean. False: it is none. */
static bool read_multiples(struct arena *arena, const char *text, struct inequality_cuts *cuts)
{
    char *at = arena_text(arena, text);
    size_t count = 0;
    while (at != NULL) {
        char *comma = strchr(at, ',');
        if (comma != NULL) {
            *comma++ = 0;
        }
        double number = 0;
        if (count == MARKOV_STATES_MAX - 1 || text_to_double(at, &number) != STATUS_OK || !(number > 0 && number <= (double)ANALYSIS_NUMBER_MAX) ||
            (count > 0 && number <= cuts->multiples[count - 1])) {
            return false;
        }
        cuts->multiples[count++] = number;
        at = comma;
    }
    cuts->states = count + 1;
    cuts->is_by_mean = true;
    return count > 0;
}

static void read_cuts(const struct exchange *exchange, struct question *q, struct faults *faults)
{
    const struct inequality_query *query = &q->query;
    q->cuts.states = query->states == QUERY_ABSENT ? INEQUALITY_STATES_DEFAULT : (size_t)query->states;
    if (query->bounds == NULL) {
        return;
    }
    if (exchange_query(exchange, "states") != NULL) {
        faults_add_parameter(faults, "bounds", "conflicting_values", "bounds and states exclude each other");
    }
    if (!read_multiples(exchange->arena, query->bounds, &q->cuts)) {
        faults_add_parameter(faults, "bounds", "bad_format",
                             "bounds is %s; 1 to 9 numbers above 0 that ascend are wanted, with commas between: multiples of the mean",
                             faults_quote(faults, query->bounds, strlen(query->bounds)));
    }
}

static enum status settle(struct exchange *exchange, void *question, struct faults *faults)
{
    struct question *q = question;
    struct inequality_query *query = &q->query;
    const char *detail = NULL;
    query->by = query->by < 0 ? ANALYSIS_BY_NONE : query->by;
    query->relative_to = query->relative_to < 0 ? ANALYSIS_RELATIVE_NONE : query->relative_to;
    analysis_years_sort(&query->years);
    if (inequality_options_set(exchange->arena, query->epsilon, query->alpha, &q->options, &detail)) {
        faults_add_parameter(faults, "alpha", "out_of_range", "%s", detail);
    }
    read_cuts(exchange, q, faults);
    enum status status = analysis_indicators_split(exchange->arena, "indicator", query->indicator, 1, &q->indicator, faults);
    return status == STATUS_OK ? analysis_indicators_split(exchange->arena, "per", query->per, 1, &q->per, faults) : status;
}

static void distinguish(const struct exchange *exchange, const void *question, struct buffer *key)
{
    (void)exchange;
    const struct question *q = question;
    buffer_format(key, " by=%d", q->query.by);
    analysis_key_number(key, "epsilon", q->options.epsilon);
    analysis_key_number(key, "alpha", q->options.alpha);
    buffer_format(key, " indicator=%s per=%s relative_to=%d states=%zu", q->query.indicator, q->query.per != NULL ? q->query.per : "",
                  q->query.relative_to, q->cuts.states);
    for (size_t s = 0; q->cuts.is_by_mean && s + 1 < q->cuts.states; s++) {
        analysis_key_number(key, "bound", q->cuts.multiples[s]);
    }
    analysis_key_years(key, &q->query.years);
}

static enum status look_up(struct exchange *exchange, void *question, struct faults *faults)
{
    struct question *q = question;
    enum status status = analysis_indicators_resolve(exchange, "indicator", &q->indicator, faults);
    if (status == STATUS_OK) {
        status = analysis_indicators_resolve(exchange, "per", &q->per, faults);
    }
    if (status == STATUS_OK && q->per.count > 0 && q->indicator.count > 0 && q->indicator.items->is_derived &&
        q->indicator.items->stored != NULL) {
        faults_add_parameter(faults, "per", "conflicting_values", "%s is per 10,000 people already; with per, ask for %s",
                             q->indicator.items->id, q->indicator.items->stored);
    }
    return status;
}

/* Each figure over that of per, which becomes its weight. */
static enum status divide(struct exchange *exchange, struct question *q)
{
    struct analysis_figures weights;
    struct faults without_mean;
    faults_init(&without_mean, exchange->arena);
    enum status status = analysis_figures_read(exchange, &q->base.basis, &q->per, q->query.years.items, q->query.years.count, &weights);
    if (status != STATUS_OK) {
        return status;
    }
    for (size_t y = 0; y < q->query.years.count; y++) {
        double *column = q->figures.columns[y];
        const double *weight = weights.columns[y];
        bool is_zero = false;
        bool is_any = false;
        for (size_t p = 0; p < q->base.basis.province_count; p++) {
            is_zero = is_zero || (!isnan(column[p]) && weight[p] <= 0);
            is_any = is_any || (!isnan(column[p]) && weight[p] > 0);
            column[p] = weight[p] > 0 && isfinite(column[p] / weight[p]) ? column[p] / weight[p] : NAN;
        }
        if (is_zero && !is_any) {
            faults_add_parameter(&without_mean, "per", "zero_mean",
                                 "No province has a figure of %s above 0 in %" PRId64 ", so that nothing can be relative to it.",
                                 q->per.items->id, q->query.years.items[y]);
        }
    }
    q->weights = weights.columns;
    return analysis_zero_mean_check(exchange, &without_mean);
}

/* The figures of all years, and weights where there are some. STATUS_INVALID: a problem is the reply. */
static enum status read_figures(struct exchange *exchange, struct question *q)
{
    size_t years = q->query.years.count;
    const struct analysis_basis *basis = &q->base.basis;
    struct analysis_indicator items[2] = { *q->indicator.items, q->per.count > 0 ? *q->per.items : *q->indicator.items };
    const struct analysis_indicators both = { items, 1 + q->per.count };
    q->weights = arena_array(exchange->arena, years, sizeof *q->weights);
    q->means = arena_array(exchange->arena, years, sizeof *q->means);
    enum status status = q->weights == NULL || q->means == NULL
        ? STATUS_EXHAUSTED
        : analysis_figures_read(exchange, basis, &q->indicator, q->query.years.items, years, &q->figures);
    if (status == STATUS_OK && q->per.count > 0) {
        status = divide(exchange, q);
    }
    return status == STATUS_OK ? analysis_figures_check(exchange, basis, &q->figures, &both, q->per.count > 0) : status;
}

/* The populations of a year where the values are to be relative to the mean of all people; *people stays NULL otherwise. */
static enum status read_people(struct exchange *exchange, const struct question *q, size_t year, double **people)
{
    const struct analysis_indicator population = { ANALYSIS_POPULATION, ANALYSIS_POPULATION, false };
    if (q->query.relative_to != ANALYSIS_RELATIVE_POPULATION) {
        return STATUS_OK;
    }
    *people = arena_array(exchange->arena, q->base.basis.province_count + 1, sizeof **people);
    return *people == NULL ? STATUS_EXHAUSTED
                           : analysis_column_read(exchange, &q->base.basis, &population, q->query.years.items[year], *people);
}

/* Means of all years, and the values over them where that was asked for. STATUS_INVALID: the problem names each year that has
 * none. */
static enum status make_relative(struct exchange *exchange, struct question *q)
{
    const size_t provinces = q->base.basis.province_count;
    struct faults faults;
    faults_init(&faults, exchange->arena);
    for (size_t y = 0; y < q->query.years.count; y++) {
        double *column = q->figures.columns[y];
        double *people = NULL;
        q->means[y] = analysis_mean(column, q->weights[y], provinces);
        enum status status = read_people(exchange, q, y, &people);
        if (status != STATUS_OK) {
            return status;
        }
        if (q->query.relative_to == ANALYSIS_RELATIVE_NONE) {
            continue;
        }
        double mean = analysis_mean(column, people != NULL ? people : q->weights[y], provinces);
        if (!(mean > 0)) {
            analysis_zero_mean_add(&faults, q->indicator.items->id, q->query.years.items[y]);
        }
        for (size_t p = 0; p < provinces; p++) {
            column[p] /= mean;
        }
        q->means[y] /= mean;
    }
    return analysis_zero_mean_check(exchange, &faults);
}

static enum status fill_sheet(struct exchange *exchange, const struct question *q, struct inequality_sheet *sheet)
{
    struct arena *arena = exchange->arena;
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
        .year_count = q->query.years.count, .columns = q->figures.columns, .weights = q->weights,
    };
    sheet->indicator = q->indicator.items->id;
    sheet->per = q->per.count > 0 ? q->per.items->id : NULL;
    sheet->relative_to = analysis_relative_choices[q->query.relative_to];
    sheet->revision = basis->revision;
    sheet->drawing.options = q->options;
    enum status status = inequality_panel_fill(arena, &panel, q->means, &q->cuts, sheet);
    return status == STATUS_OK ? analysis_left_out_list(arena, basis, &q->figures, &sheet->left_out, &sheet->left_out_count) : status;
}

static enum status gather(struct exchange *exchange, void *question, void *sheet)
{
    struct question *q = question;
    enum status status = read_figures(exchange, q);
    if (status == STATUS_OK) {
        status = make_relative(exchange, q);
    }
    return status == STATUS_OK ? fill_sheet(exchange, q, sheet) : status;
}

static bool answer(struct exchange *exchange, void *context)
{
    struct inequality_sheet *sheet = context;
    bool is_worked_out = inequality_work(exchange, &sheet->drawing);
    if (is_worked_out && exchange->wanted == GIVES_SVG) {
        inequality_svg(exchange, sheet);
    } else if (is_worked_out) {
        inequality_write(&exchange->reply, sheet);
    }
    inequality_drawing_fini(&sheet->drawing);
    return is_worked_out;
}

static enum status take(struct exchange *exchange, json_t *document, struct faults *faults, void *context)
{
    struct inequality_sheet *sheet = context;
    return unit_panel_is(document) ? inequality_units_read(exchange->arena, document, faults, sheet)
                                          : inequality_sample_read(exchange->arena, document, faults, &sheet->drawing);
}

static const struct analysis_kind kind = {
    .name = "inequality", .question_bytes = sizeof(struct question), .sheet_bytes = sizeof(struct inequality_sheet),
    .query = QUERY_TABLE(parameters), .query_offset = offsetof(struct question, query),
    .settle = settle, .distinguish = distinguish, .look_up = look_up, .gather = gather, .take = take, .answer = answer,
};

enum handled inequality_get(struct exchange *exchange)
{
    return analysis_get(exchange, &kind);
}

enum handled inequality_post(struct exchange *exchange)
{
    return analysis_post(exchange, &kind);
}
