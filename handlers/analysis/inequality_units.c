/*
 * A caller's own units over years, to a panel. The years may come in any order; each unit's numbers stand in theirs.
 */
#include "handlers/analysis/inequality_units.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "handlers/analysis/analysis.h"
#include "handlers/analysis/column.h"
#include "handlers/analysis/figures.h"
#include "handlers/analysis/groups.h"
#include "handlers/analysis/inequality_panel.h"
#include "handlers/analysis/inequality_sample.h"
#include "json/bind.h"
#include "json/parse.h"
#include "json/unfit.h"

static const char *const relative_choices[] = { "none", "mean", NULL }; /* as analysis_relative_choices begin */

struct body {
    json_t *years, *bounds;
    struct bind_array units;
    int relative_to;
    int64_t states;
    double epsilon, alpha;
};

struct unit {
    const char *id, *group;
    json_t *values, *weights;
    double weight;
};

static const struct bind_member unit_members[] = {
    BIND_ID_ROW(struct unit, id, true),
    BIND_TEXT_ROW(struct unit, group, false, INEQUALITY_GROUP_BYTES_MAX),
    BIND_VALUE_ROW(struct unit, values, true),
    BIND_VALUE_ROW(struct unit, weights, false),
    { "weight", BIND_NUMBER, false, BIND_OFFSET(struct unit, weight, double), 0, ANALYSIS_NUMBER_MAX, NULL, NULL },
};

static const struct bind_table unit_table = { unit_members, sizeof unit_members / sizeof unit_members[0], sizeof(struct unit) };

static const struct bind_member body_members[] = {
    BIND_VALUE_ROW(struct body, years, true),
    BIND_OBJECTS_ROW(struct body, units, true, 1, INEQUALITY_PANEL_MAX, &unit_table),
    BIND_CHOICE_ROW(struct body, relative_to, false, relative_choices),
    BIND_INTEGER_ROW(struct body, states, false, MARKOV_STATES_MIN, MARKOV_STATES_MAX),
    BIND_VALUE_ROW(struct body, bounds, false),
    { "epsilon", BIND_NUMBER, false, BIND_OFFSET(struct body, epsilon, double), 0, INEQUALITY_EPSILON_MAX, NULL, NULL },
    BIND_NUMBER_ROW(struct body, alpha, false),
};

static const struct bind_table body_table = { body_members, sizeof body_members / sizeof body_members[0], sizeof(struct body) };

/* A year, and where its numbers stand in each row. */
struct place {
    int64_t year;
    size_t index;
};

struct reading {
    struct arena *arena;
    struct faults *faults;
    struct body body;
    const struct unit *units;
    size_t unit_count;
    struct place *places; /* ascending by year */
    size_t year_count;
    bool has_weights;
    struct inequality_panel panel;
    struct inequality_cuts cuts;
};

bool inequality_units_are(const json_t *document)
{
    return json_object_get(document, "units") != NULL || json_object_get(document, "years") != NULL;
}

static const char *pointer_to(struct reading *r, size_t unit, const char *member)
{
    const char *pointer = faults_is_full(r->faults) ? "" : arena_format(r->arena, "/units/%zu%s", unit, member);
    return pointer != NULL ? pointer : "";
}

static int compare_places(const void *a, const void *b)
{
    const struct place *left = a;
    const struct place *right = b;
    return left->year < right->year ? -1 : left->year > right->year;
}

static void read_year(struct reading *r, const json_t *value, size_t index)
{
    const char *pointer = arena_format(r->arena, "/years/%zu", index);
    int64_t year = json_integer_value(value);
    if (json_is_unfit(value, r->faults)) {
        return;
    }
    if (!json_is_integer(value)) {
        faults_add(r->faults, pointer != NULL ? pointer : "", "wrong_type", "an item of years is %s; a whole number is wanted",
                   json_type_phrase(value));
    } else if (year < ANALYSIS_YEAR_MIN || year > ANALYSIS_YEAR_MAX) {
        faults_add(r->faults, pointer != NULL ? pointer : "", "out_of_range", "an item of years is %" PRId64 "; a year of %d to %d is wanted",
                   year, ANALYSIS_YEAR_MIN, ANALYSIS_YEAR_MAX);
    }
    r->places[index] = (struct place){ year, index };
}

static enum status read_years(struct reading *r, const json_t *array)
{
    size_t count = json_array_size(array);
    if (!json_is_array(array)) {
        faults_add(r->faults, "/years", "wrong_type", "years is %s; an array of years is wanted", json_type_phrase(array));
        return STATUS_OK;
    }
    if (count == 0 || count > QUERY_ITEMS_MAX) {
        faults_add(r->faults, "/years", count == 0 ? "too_short" : "too_long", "%s has %zu items; 1 to %zu are accepted", "years", count,
                   (size_t)QUERY_ITEMS_MAX);
        return STATUS_OK;
    }
    r->places = arena_array(r->arena, count, sizeof *r->places);
    int64_t *years = arena_array(r->arena, count, sizeof *years);
    if (r->places == NULL || years == NULL) {
        return STATUS_EXHAUSTED;
    }
    size_t before = r->faults->total;
    for (size_t i = 0; i < count; i++) {
        read_year(r, json_array_get(array, i), i);
    }
    qsort(r->places, count, sizeof *r->places, compare_places);
    for (size_t i = 0; i < count && r->faults->total == before; i++) {
        years[i] = r->places[i].year;
        if (i > 0 && years[i] == years[i - 1]) {
            faults_add(r->faults, "/years", "bad_format", "years names %" PRId64 " twice", years[i]);
        }
    }
    r->panel.years = years;
    r->panel.year_count = count;
    r->year_count = r->faults->total == before ? count : 0;
    return STATUS_OK;
}

/* A place for each number: columns by year. */
static enum status make_columns(struct reading *r)
{
    r->panel.columns = arena_array(r->arena, r->year_count, sizeof *r->panel.columns);
    r->panel.weights = arena_array(r->arena, r->year_count, sizeof *r->panel.weights);
    r->panel.means = arena_array(r->arena, r->year_count, sizeof *r->panel.means);
    if (r->panel.columns == NULL || r->panel.weights == NULL || r->panel.means == NULL) {
        return STATUS_EXHAUSTED;
    }
    for (size_t y = 0; y < r->year_count; y++) {
        r->panel.columns[y] = arena_array(r->arena, r->unit_count, sizeof(double));
        r->panel.weights[y] = r->has_weights ? arena_array(r->arena, r->unit_count, sizeof(double)) : NULL;
        if (r->panel.columns[y] == NULL || (r->has_weights && r->panel.weights[y] == NULL)) {
            return STATUS_EXHAUSTED;
        }
    }
    return STATUS_OK;
}

/* A unit's array into the columns of the years. */
static enum status read_row(struct reading *r, size_t unit, const json_t *array, const char *member, double min, double **columns)
{
    struct analysis_column row = { .within = pointer_to(r, unit, ""), .member = member, .max = QUERY_ITEMS_MAX, .min = min, .has_gaps = true };
    enum status status = analysis_column_take(r->arena, array, &row, r->faults);
    if (status != STATUS_OK || row.numbers == NULL) {
        return status;
    }
    if (row.count != r->year_count) {
        const char *pointer = faults_is_full(r->faults) ? "" : arena_format(r->arena, "%s/%s", row.within, member);
        faults_add(r->faults, pointer != NULL ? pointer : "", "wrong_length", "%s has %zu items; one for each of the %zu years is wanted", member,
                   row.count, r->year_count);
        return STATUS_OK;
    }
    for (size_t y = 0; y < r->year_count; y++) {
        columns[y][unit] = row.numbers[r->places[y].index];
    }
    return STATUS_OK;
}

static enum status read_weights(struct reading *r, size_t u)
{
    const struct unit *unit = &r->units[u];
    if (unit->weights != NULL && !isnan(unit->weight)) {
        faults_add(r->faults, pointer_to(r, u, "/weights"), "conflicting_values", "weight and weights exclude each other");
    }
    if (unit->weights != NULL) {
        return read_row(r, u, unit->weights, "weights", 0, r->panel.weights);
    }
    for (size_t y = 0; y < r->year_count; y++) {
        r->panel.weights[y][u] = unit->weight;
    }
    if (isnan(unit->weight)) {
        faults_add(r->faults, pointer_to(r, u, "/weight"), "missing_member", "weight is missing; other units have one, so all must");
    }
    return STATUS_OK;
}

/* The numbers of all units; what has no weight in a year has no value in it either. */
static enum status read_numbers(struct reading *r)
{
    for (size_t u = 0; u < r->unit_count; u++) {
        r->has_weights = r->has_weights || r->units[u].weights != NULL || !isnan(r->units[u].weight);
    }
    enum status status = make_columns(r);
    for (size_t u = 0; u < r->unit_count && status == STATUS_OK; u++) {
        status = read_row(r, u, r->units[u].values, "values", -(double)ANALYSIS_NUMBER_MAX, r->panel.columns);
        if (status == STATUS_OK && r->has_weights) {
            status = read_weights(r, u);
        }
    }
    for (size_t i = 0; i < r->year_count * r->unit_count && status == STATUS_OK && r->has_weights; i++) {
        double *value = &r->panel.columns[i / r->unit_count][i % r->unit_count];
        *value = r->panel.weights[i / r->unit_count][i % r->unit_count] > 0 ? *value : NAN;
    }
    return status;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The ids, copied since the document goes; one that stands twice is a fault. */
static enum status take_ids(struct reading *r)
{
    const char **ids = arena_array(r->arena, r->unit_count, sizeof *ids);
    const char **sorted = arena_array(r->arena, r->unit_count, sizeof *sorted);
    for (size_t u = 0; u < r->unit_count && ids != NULL && sorted != NULL; u++) {
        ids[u] = arena_text(r->arena, r->units[u].id);
        sorted[u] = ids[u];
        if (ids[u] == NULL) {
            return STATUS_EXHAUSTED;
        }
    }
    if (ids == NULL || sorted == NULL) {
        return STATUS_EXHAUSTED;
    }
    qsort(sorted, r->unit_count, sizeof *sorted, compare_texts);
    for (size_t i = 1; i < r->unit_count; i++) {
        if (strcmp(sorted[i], sorted[i - 1]) == 0) {
            faults_add(r->faults, "/units", "duplicate_id", "units has the id %s twice", sorted[i]);
        }
    }
    r->panel.ids = ids;
    r->panel.unit_count = r->unit_count;
    return STATUS_OK;
}

static enum status take_groups(struct reading *r)
{
    const char **labels = arena_array(r->arena, r->unit_count, sizeof *labels);
    struct analysis_groups groups;
    size_t labelled = 0;
    for (size_t u = 0; u < r->unit_count && labels != NULL; u++) {
        labels[u] = r->units[u].group != NULL ? arena_text(r->arena, r->units[u].group) : NULL;
        labelled += labels[u] != NULL;
    }
    for (size_t u = 0; u < r->unit_count && labels != NULL && labelled > 0; u++) {
        if (labels[u] == NULL) {
            faults_add(r->faults, pointer_to(r, u, "/group"), "missing_member", "group is missing; other units have one, so all must");
        }
    }
    enum status status = labels == NULL ? STATUS_EXHAUSTED : analysis_groups_sort(r->arena, labels, r->unit_count, &groups);
    if (status != STATUS_OK) {
        return status;
    }
    if (groups.named > INEQUALITY_GROUPS_MAX) {
        faults_add(r->faults, "/units", "too_long", "units are in %zu different groups; at most %d are accepted", groups.named,
                   (int)INEQUALITY_GROUPS_MAX);
    }
    r->panel.groups = groups.names;
    r->panel.group_count = groups.named;
    r->panel.group_of = groups.of;
    return STATUS_OK;
}

/* The states' cuts: quantiles, or multiples of the mean. */
static enum status read_cuts(struct reading *r)
{
    r->cuts.states = r->body.states == BIND_ABSENT ? INEQUALITY_STATES_DEFAULT : (size_t)r->body.states;
    if (r->body.bounds == NULL) {
        return STATUS_OK;
    }
    if (r->body.states != BIND_ABSENT) {
        faults_add(r->faults, "/bounds", "conflicting_values", "bounds and states exclude each other");
    }
    struct analysis_column bounds = { .member = "bounds", .max = MARKOV_STATES_MAX - 1, .min = 0 };
    enum status status = analysis_column_take(r->arena, r->body.bounds, &bounds, r->faults);
    if (status != STATUS_OK || bounds.numbers == NULL) {
        return status;
    }
    bool is_ascending = bounds.numbers[0] > 0;
    for (size_t i = 0; i < bounds.count; i++) {
        is_ascending = is_ascending && (i == 0 || bounds.numbers[i] > bounds.numbers[i - 1]);
        r->cuts.multiples[i] = bounds.numbers[i];
    }
    if (!is_ascending) {
        faults_add(r->faults, "/bounds", "bad_format", "bounds are numbers above 0 that ascend: multiples of the mean");
    }
    r->cuts.states = bounds.count + 1;
    r->cuts.is_by_mean = true;
    return STATUS_OK;
}

/* Means of all years, and the values over them where that was asked for. */
static void make_relative(struct reading *r)
{
    for (size_t y = 0; y < r->year_count; y++) {
        double *column = r->panel.columns[y];
        double mean = analysis_mean(column, r->panel.weights[y], r->unit_count);
        r->panel.means[y] = mean;
        if (isnan(mean)) {
            faults_add(r->faults, "/units", "too_few_values", "no unit has a value that counts in %" PRId64, r->panel.years[y]);
        } else if (r->body.relative_to == ANALYSIS_RELATIVE_MEAN && !(mean > 0)) {
            faults_add(r->faults, "/relative_to", "zero_mean", "the mean of %" PRId64 " is not above 0, so that nothing can be relative to it",
                       r->panel.years[y]);
        } else if (r->body.relative_to == ANALYSIS_RELATIVE_MEAN) {
            bool is_finite = true;
            for (size_t u = 0; u < r->unit_count; u++) {
                column[u] /= mean;
                is_finite = is_finite && !isinf(column[u]);
            }
            if (!is_finite) {
                faults_add(r->faults, "/relative_to", "out_of_range", "a value of %" PRId64 " is beyond all numbers once it is divided by the mean",
                           r->panel.years[y]);
            }
            r->panel.means[y] /= mean;
        }
    }
}

/* What can be said of the units, once each is sound and the years are known. */
static enum status read_units(struct reading *r)
{
    r->units = r->body.units.items;
    r->unit_count = r->body.units.count;
    if (r->unit_count > INEQUALITY_PANEL_MAX / r->year_count) {
        faults_add(r->faults, "/units", "too_long", "units has %zu items for %zu years; units times years may be at most %d", r->unit_count,
                   r->year_count, (int)INEQUALITY_PANEL_MAX);
        return STATUS_OK;
    }
    size_t before = r->faults->total;
    enum status status = take_ids(r);
    if (status == STATUS_OK) {
        status = take_groups(r);
    }
    if (status == STATUS_OK) {
        status = read_numbers(r);
    }
    if (status == STATUS_OK && r->faults->total == before) {
        make_relative(r);
    }
    return status;
}

static enum status fill_left_out(struct reading *r, struct inequality_sheet *sheet)
{
    struct analysis_left_out *left_out = arena_array(r->arena, r->unit_count * r->year_count + 1, sizeof *left_out);
    for (size_t i = 0; left_out != NULL && i < r->unit_count * r->year_count; i++) {
        size_t year = i / r->unit_count;
        if (isnan(r->panel.columns[year][i % r->unit_count])) {
            left_out[sheet->left_out_count++] = (struct analysis_left_out){ .unit = r->panel.ids[i % r->unit_count], .year = r->panel.years[year] };
        }
    }
    sheet->left_out = left_out;
    return left_out != NULL ? STATUS_OK : STATUS_EXHAUSTED;
}

enum status inequality_units_read(struct arena *arena, json_t *document, struct faults *faults, struct inequality_sheet *sheet)
{
    struct reading r = { .arena = arena, .faults = faults };
    const char *detail = NULL;
    enum status status = json_bind(document, &body_table, BIND_CLEAR, "", &r.body, arena, faults);
    size_t bound = faults->total;
    if (status == STATUS_EXHAUSTED) {
        return status;
    }
    if (inequality_options_set(arena, r.body.epsilon, r.body.alpha, &sheet->drawing.options, &detail)) {
        faults_add(faults, "/alpha", "out_of_range", "%s", detail);
    }
    status = read_cuts(&r);
    if (status == STATUS_OK && r.body.years != NULL) {
        status = read_years(&r, r.body.years);
    }
    if (status == STATUS_OK && r.year_count > 0 && bound == 0) {
        status = read_units(&r);
    }
    if (status != STATUS_OK || faults->total > 0) {
        return status;
    }
    sheet->relative_to = relative_choices[r.body.relative_to < 0 ? ANALYSIS_RELATIVE_NONE : r.body.relative_to];
    status = inequality_panel_fill(arena, &r.panel, &r.cuts, sheet);
    return status == STATUS_OK ? fill_left_out(&r, sheet) : status;
}
