/*
 * /inequality: samples are made from stored figures, one for each year and group, or from a body
 * (inequality_sample.c), worked out by inequality_work.c and written by inequality_write.c.
 */
#include "handlers/analysis/inequality.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "handlers/analysis/analysis.h"
#include "handlers/analysis/inequality_moves.h"
#include "handlers/analysis/inequality_sample.h"
#include "handlers/analysis/inequality_svg.h"
#include "handlers/analysis/inequality_write.h"
#include "handlers/analysis/reply.h"
#include "handlers/problem.h"
#include "handlers/query.h"

enum by { BY_NONE, BY_BELT };
enum relative { RELATIVE_NONE, RELATIVE_MEAN, RELATIVE_POPULATION };

static const char *const by_choices[] = { "none", "belt", NULL };
static const char *const relative_choices[] = { "none", "mean", "population", NULL };

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
    QUERY_CHOICE_ROW(struct inequality_query, by, false, by_choices),
    QUERY_TEXT_ROW(struct inequality_query, per, false, ANALYSIS_LIST_BYTES),
    QUERY_CHOICE_ROW(struct inequality_query, relative_to, false, relative_choices),
    QUERY_ROW(struct inequality_query, epsilon, QUERY_NUMBER, double, false, 0, INEQUALITY_EPSILON_MAX, NULL),
    QUERY_NUMBER_ROW(struct inequality_query, alpha, false),
    QUERY_INTEGER_ROW(struct inequality_query, states, false, MARKOV_STATES_MIN, MARKOV_STATES_MAX),
    QUERY_TEXT_ROW(struct inequality_query, bounds, false, BOUNDS_BYTES_MAX),
};

static const struct query_table query_table = QUERY_TABLE(parameters);

/* One GET on its way. */
struct question {
    struct inequality_query query;
    struct inequality_options options;
    struct inequality_cuts cuts;
    struct analysis_basis basis;
    struct analysis_indicators indicator; /* one */
    struct analysis_indicators per;       /* one or none */
    double **columns; /* of each year, a value for each province */
    double **weights; /* the same of per; NULL without */
    double *means;    /* of each year */
    const char *key;
};

static bool fail(struct exchange *exchange, enum status status)
{
    problem_status(exchange, status);
    return false;
}

static int compare_years(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;
    return left < right ? -1 : left > right;
}

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

/* Fills in the defaults. */
static void settle(struct exchange *exchange, struct question *q, struct faults *faults)
{
    struct inequality_query *query = &q->query;
    const char *detail = NULL;
    query->by = query->by < 0 ? BY_NONE : query->by;
    query->relative_to = query->relative_to < 0 ? RELATIVE_NONE : query->relative_to;
    if (query->years.count > 0) {
        qsort(query->years.items, query->years.count, sizeof *query->years.items, compare_years);
    }
    if (inequality_options_set(exchange->arena, query->epsilon, query->alpha, &q->options, &detail)) {
        faults_add_parameter(faults, "alpha", "out_of_range", "%s", detail);
    }
    read_cuts(exchange, q, faults);
}

/* The query, its defaults filled in and its indicators taken; what is wrong is added to *faults. */
static enum status read_query(struct exchange *exchange, struct question *q, struct faults *faults)
{
    enum status status = query_gather(exchange, &query_table, &q->query, faults);
    settle(exchange, q, faults);
    if (status == STATUS_OK) {
        status = analysis_indicators_split(exchange->arena, "indicator", q->query.indicator, 1, &q->indicator, faults);
    }
    if (status == STATUS_OK) {
        status = analysis_indicators_split(exchange->arena, "per", q->query.per, 1, &q->per, faults);
    }
    return status;
}

static void append_number(struct buffer *out, const char *name, double number)
{
    char text[TEXT_DOUBLE_BYTES];
    text_from_double(text, number);
    buffer_format(out, " %s=%s", name, text);
}

/* All that the answer depends on, in a fixed order. An id that holds a blank is unknown. */
static bool make_key(struct exchange *exchange, struct question *q)
{
    struct buffer key;
    buffer_init(&key);
    buffer_format(&key, "inequality revision=%" PRId64 " provinces=%" PRId64 " by=%d", q->basis.revision, q->basis.provinces_seq, q->query.by);
    append_number(&key, "epsilon", q->options.epsilon);
    append_number(&key, "alpha", q->options.alpha);
    buffer_format(&key, " indicator=%s per=%s relative_to=%d states=%zu", q->query.indicator, q->query.per != NULL ? q->query.per : "",
                  q->query.relative_to, q->cuts.states);
    for (size_t s = 0; q->cuts.is_by_mean && s + 1 < q->cuts.states; s++) {
        append_number(&key, "bound", q->cuts.multiples[s]);
    }
    buffer_text(&key, " years=");
    for (size_t i = 0; i < q->query.years.count; i++) {
        buffer_format(&key, "%" PRId64 ",", q->query.years.items[i]);
    }
    q->key = key.failed ? NULL : arena_copy(exchange->arena, key.bytes, key.length);
    buffer_fini(&key);
    return q->key != NULL ? true : fail(exchange, STATUS_EXHAUSTED);
}

/* Looks the indicators up. False: there is none that is meant, or another fault; all of them are the reply. */
static bool resolve(struct exchange *exchange, struct question *q, struct faults *faults)
{
    enum status status = analysis_indicators_resolve(exchange, "indicator", &q->indicator, faults);
    if (status == STATUS_OK) {
        status = analysis_indicators_resolve(exchange, "per", &q->per, faults);
    }
    if (status != STATUS_OK) {
        return fail(exchange, status);
    }
    if (q->per.count > 0 && q->indicator.count > 0 && q->indicator.items->is_derived && q->indicator.items->stored != NULL) {
        faults_add_parameter(faults, "per", "conflicting_values", "%s is per 10,000 people already; with per, ask for %s", q->indicator.items->id,
                             q->indicator.items->stored);
    }
    if (faults->total > 0) {
        analysis_query_refuse(exchange, faults);
    }
    return faults->total == 0;
}

static double *room(struct exchange *exchange, const struct question *q)
{
    return arena_array(exchange->arena, q->basis.province_count + 1, sizeof(double));
}

/* A year's figures: those of the indicator or, with per, over those of per, which then are the weights. *is_zero where
 * there are both of a province, but nothing to divide by. */
static enum status read_year(struct exchange *exchange, struct question *q, size_t year, size_t *count, bool *is_zero)
{
    int64_t when = q->query.years.items[year];
    double *column = room(exchange, q);
    q->columns[year] = column;
    enum status status = column == NULL ? STATUS_EXHAUSTED : analysis_column_read(exchange, &q->basis, q->indicator.items, when, column, count);
    if (status != STATUS_OK || q->per.count == 0) {
        return status;
    }
    double *weights = room(exchange, q);
    q->weights[year] = weights;
    status = weights == NULL ? STATUS_EXHAUSTED : analysis_column_read(exchange, &q->basis, q->per.items, when, weights, count);
    *count = 0;
    for (size_t p = 0; p < q->basis.province_count && status == STATUS_OK; p++) {
        *is_zero = *is_zero || (!isnan(column[p]) && weights[p] <= 0);
        column[p] = weights[p] > 0 && isfinite(column[p] / weights[p]) ? column[p] / weights[p] : NAN;
        *count += isnan(column[p]) ? 0 : 1;
    }
    return status;
}

/* The figures of all years. */
static bool read_columns(struct exchange *exchange, struct question *q)
{
    size_t years = q->query.years.count;
    int64_t *missing = arena_array(exchange->arena, years, sizeof *missing);
    size_t missing_count = 0;
    struct faults without_mean;
    faults_init(&without_mean, exchange->arena);
    q->columns = arena_array(exchange->arena, years, sizeof *q->columns);
    q->weights = arena_array(exchange->arena, years, sizeof *q->weights);
    q->means = arena_array(exchange->arena, years, sizeof *q->means);
    if (missing == NULL || q->columns == NULL || q->weights == NULL || q->means == NULL) {
        return fail(exchange, STATUS_EXHAUSTED);
    }
    for (size_t y = 0; y < years; y++) {
        size_t count = 0;
        bool is_zero = false;
        enum status status = read_year(exchange, q, y, &count, &is_zero);
        if (status != STATUS_OK) {
            return fail(exchange, status);
        }
        if (count == 0 && is_zero) {
            faults_add_parameter(&without_mean, "per", "zero_mean",
                                 "No province has a figure of %s above 0 in %" PRId64 ", so that nothing can be relative to it.",
                                 q->per.items->id, q->query.years.items[y]);
        } else if (count == 0) {
            missing[missing_count++] = q->query.years.items[y];
        }
    }
    if (missing_count > 0) {
        struct analysis_indicator items[2] = { *q->indicator.items, q->per.count > 0 ? *q->per.items : *q->indicator.items };
        const struct analysis_indicators both = { items, 1 + q->per.count };
        analysis_no_figures(exchange, &both, missing, missing_count, q->per.count > 0);
        return false;
    }
    if (without_mean.total > 0) {
        problem_faults(exchange, "zero_mean", &without_mean, "%s", without_mean.items[0].detail);
    }
    return without_mean.total == 0;
}

/* The mean of a column, weighed where weights is not NULL; a province without weight does not count. */
static double mean_of(const double *column, const double *weights, size_t count)
{
    double sum = 0;
    double total = 0;
    for (size_t p = 0; p < count; p++) {
        double weight = weights != NULL ? weights[p] : 1;
        if (!isnan(column[p]) && weight > 0) {
            sum += weight * column[p];
            total += weight;
        }
    }
    return sum / total;
}

/* Means of all years, and the values over them where that was asked for. False: the problem names each year that has none. */
static bool make_relative(struct exchange *exchange, struct question *q)
{
    const struct analysis_indicator population = { ANALYSIS_POPULATION, ANALYSIS_POPULATION, false };
    struct faults faults;
    faults_init(&faults, exchange->arena);
    for (size_t y = 0; y < q->query.years.count; y++) {
        double *weights = q->weights[y];
        q->means[y] = mean_of(q->columns[y], weights, q->basis.province_count);
        if (q->query.relative_to == RELATIVE_NONE) {
            continue;
        }
        size_t count = 0;
        double *people = q->query.relative_to == RELATIVE_POPULATION ? room(exchange, q) : NULL;
        enum status status = q->query.relative_to == RELATIVE_MEAN ? STATUS_OK : people == NULL ? STATUS_EXHAUSTED
            : analysis_column_read(exchange, &q->basis, &population, q->query.years.items[y], people, &count);
        if (status != STATUS_OK) {
            return fail(exchange, status);
        }
        double mean = mean_of(q->columns[y], people != NULL ? people : weights, q->basis.province_count);
        if (!(mean > 0)) {
            faults_add_parameter(&faults, "years", "zero_mean", "The mean of %s in %" PRId64 " is 0, so that nothing can be relative to it.",
                                 q->indicator.items->id, q->query.years.items[y]);
        }
        for (size_t p = 0; p < q->basis.province_count; p++) {
            q->columns[y][p] /= mean;
        }
        q->means[y] /= mean;
    }
    if (faults.total == 1 && faults.count == 1) {
        problem_faults(exchange, "zero_mean", &faults, "%s", faults.items[0].detail);
    } else if (faults.total > 0) {
        problem_faults(exchange, "zero_mean", &faults, "The mean is 0 in %zu years; errors names them.", faults.total);
    }
    return faults.total == 0;
}

/* The series of one group (basis.belt_count: all provinces) and year. */
static enum status fill_series(struct exchange *exchange, const struct question *q, size_t group, size_t year, struct inequality_series *series)
{
    size_t n = 0;
    double *values = room(exchange, q);
    double *weights = q->per.count > 0 ? room(exchange, q) : NULL;
    const char **members = arena_array(exchange->arena, q->basis.province_count + 1, sizeof *members);
    bool is_whole = group == q->basis.belt_count;
    if (values == NULL || members == NULL || (q->per.count > 0 && weights == NULL)) {
        return STATUS_EXHAUSTED;
    }
    for (size_t p = 0; p < q->basis.province_count; p++) {
        if ((is_whole || q->basis.belt_of[p] == group) && !isnan(q->columns[year][p])) {
            if (weights != NULL) {
                weights[n] = q->weights[year][p];
            }
            values[n] = q->columns[year][p];
            members[n++] = q->basis.provinces[p].code;
        }
    }
    series->group = is_whole ? NULL : q->basis.belts[group];
    series->year = q->query.years.items[year];
    series->sample = (struct inequality_sample){ values, weights, n };
    series->members = members;
    return STATUS_OK;
}

/* By year: all provinces, then each belt. */
static enum status fill_drawing(struct exchange *exchange, const struct question *q, struct inequality_drawing *drawing)
{
    size_t years = q->query.years.count;
    size_t groups = q->query.by == BY_BELT ? q->basis.belt_count : 0;
    drawing->series = arena_array(exchange->arena, years * (groups + 1), sizeof *drawing->series);
    enum status status = drawing->series == NULL ? STATUS_EXHAUSTED : STATUS_OK;
    for (size_t y = 0; y < years && status == STATUS_OK; y++) {
        struct inequality_series *whole = &drawing->series[y];
        status = fill_series(exchange, q, q->basis.belt_count, y, whole);
        whole->groups = arena_array(exchange->arena, groups + 1, sizeof(struct inequality_series *));
        if (whole->groups == NULL) {
            return STATUS_EXHAUSTED;
        }
        for (size_t g = 0; g < groups && status == STATUS_OK; g++) {
            whole->groups[g] = &drawing->series[(g + 1) * years + y];
            status = fill_series(exchange, q, g, y, whole->groups[g]);
        }
        whole->group_count = groups;
    }
    drawing->series_count = status == STATUS_OK ? years * (groups + 1) : 0;
    drawing->options = q->options;
    return status;
}

static enum status fill_left_out(struct arena *arena, const struct question *q, struct inequality_sheet *sheet)
{
    struct inequality_left_out *left_out = arena_array(arena, q->basis.province_count * q->query.years.count + 1, sizeof *left_out);
    for (size_t y = 0; left_out != NULL && y < q->query.years.count; y++) {
        for (size_t p = 0; p < q->basis.province_count; p++) {
            if (isnan(q->columns[y][p])) {
                left_out[sheet->left_out_count++] = (struct inequality_left_out){ q->query.years.items[y], q->basis.provinces[p].code };
            }
        }
    }
    sheet->left_out = left_out;
    return left_out != NULL ? STATUS_OK : STATUS_EXHAUSTED;
}

static enum status fill_sheet(struct exchange *exchange, const struct question *q, struct inequality_sheet *sheet)
{
    sheet->indicator = q->indicator.items->id;
    sheet->per = q->per.count > 0 ? q->per.items->id : NULL;
    sheet->relative_to = relative_choices[q->query.relative_to];
    sheet->revision = q->basis.revision;
    sheet->years = q->query.years.items;
    sheet->year_count = q->query.years.count;
    enum status status = fill_drawing(exchange, q, &sheet->drawing);
    if (status == STATUS_OK) {
        status = inequality_moves_make(exchange->arena, &q->basis, q->query.by == BY_BELT, &q->cuts, q->columns, q->means, sheet);
    }
    return status == STATUS_OK ? fill_left_out(exchange->arena, q, sheet) : status;
}

/* Works out and writes; the answer or a problem is the reply. */
static void answer(struct exchange *exchange, struct inequality_sheet *sheet, const char *key)
{
    if (inequality_work(exchange, &sheet->drawing)) {
        if (exchange->wanted == GIVES_SVG) {
            inequality_svg(exchange, sheet);
        } else {
            inequality_write(&exchange->reply, sheet);
        }
        analysis_reply_finish(exchange, key);
    }
    inequality_drawing_fini(&sheet->drawing);
}

static void compute(struct exchange *exchange, struct question *q)
{
    struct inequality_sheet sheet = { 0 };
    if (!read_columns(exchange, q) || !make_relative(exchange, q)) {
        return;
    }
    enum status status = fill_sheet(exchange, q, &sheet);
    if (status != STATUS_OK) {
        problem_status(exchange, status);
        return;
    }
    answer(exchange, &sheet, q->key);
}

enum handled inequality_get(struct exchange *exchange)
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
        return HANDLED_REPLY;
    }
    if (!resolve(exchange, &q, &faults)) {
        return HANDLED_REPLY;
    }
    if (!exchange->is_job) {
        return HANDLED_JOB;
    }
    compute(exchange, &q);
    return HANDLED_REPLY;
}

enum handled inequality_post(struct exchange *exchange)
{
    json_t *document = NULL;
    struct inequality_sheet sheet = { 0 };
    struct faults faults;
    if (!exchange->is_job) {
        return HANDLED_JOB;
    }
    if (!analysis_body_parse(exchange, &document, &faults)) {
        return HANDLED_REPLY;
    }
    bool is_sound = inequality_sample_read(exchange, document, &faults, &sheet.drawing);
    analysis_body_free(exchange, document); /* all was copied; a large document goes before the work begins */
    if (is_sound) {
        answer(exchange, &sheet, NULL);
    }
    return HANDLED_REPLY;
}
