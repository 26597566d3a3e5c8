/*
 * A caller's own units over years, to columns. The years may come in any order; each unit's numbers stand in theirs.
 */
#include "handlers/analysis/unit_panel.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "handlers/analysis/analysis.h"
#include "handlers/analysis/column.h"
#include "handlers/analysis/figures.h"
#include "handlers/analysis/groups.h"
#include "json/parse.h"
#include "json/unfit.h"

enum { GROUP_BYTES_MAX = 100 };

const char *const unit_panel_relative_choices[] = { "none", "mean", NULL };

struct unit {
    const char *id, *group;
    json_t *values, *weights;
    double weight;
};

static const struct bind_member unit_members[] = {
    BIND_ID_ROW(struct unit, id, true),
    BIND_TEXT_ROW(struct unit, group, false, GROUP_BYTES_MAX),
    BIND_VALUE_ROW(struct unit, values, true),
    BIND_VALUE_ROW(struct unit, weights, false),
    { "weight", BIND_NUMBER, false, BIND_OFFSET(struct unit, weight, double), 0, ANALYSIS_NUMBER_MAX, NULL, NULL },
};

const struct bind_table unit_panel_table = { unit_members, sizeof unit_members / sizeof unit_members[0], sizeof(struct unit) };

/* A year, and where its numbers stand in each row. */
struct place {
    int64_t year;
    size_t index;
};

struct reading {
    struct arena *arena;
    struct faults *faults;
    const struct unit *units;
    struct place *places; /* ascending by year */
    bool has_weights;
    struct unit_panel *panel;
};

bool unit_panel_is(const json_t *document)
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

/* False: it is none, and that has a fault (of a number that parsing has named, already before). */
static bool read_year(struct reading *r, const json_t *value, size_t index)
{
    const char *pointer = arena_format(r->arena, "/years/%zu", index);
    int64_t year = json_integer_value(value);
    size_t before = r->faults->total;
    r->places[index] = (struct place){ year, index };
    if (json_is_unfit(value, r->faults)) {
        return false;
    }
    if (!json_is_integer(value)) {
        faults_add(r->faults, pointer != NULL ? pointer : "", "wrong_type", "an item of years is %s; a whole number is wanted",
                   json_type_phrase(value));
    } else if (year < ANALYSIS_YEAR_MIN || year > ANALYSIS_YEAR_MAX) {
        faults_add(r->faults, pointer != NULL ? pointer : "", "out_of_range", "an item of years is %" PRId64 "; a year of %d to %d is wanted",
                   year, ANALYSIS_YEAR_MIN, ANALYSIS_YEAR_MAX);
    }
    return r->faults->total == before;
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
    bool is_sound = true;
    for (size_t i = 0; i < count; i++) {
        is_sound = read_year(r, json_array_get(array, i), i) && is_sound;
    }
    qsort(r->places, count, sizeof *r->places, compare_places);
    for (size_t i = 0; i < count && is_sound; i++) {
        years[i] = r->places[i].year;
        if (i > 0 && years[i] == years[i - 1]) {
            faults_add(r->faults, "/years", "bad_format", "years names %" PRId64 " twice", years[i]);
            is_sound = false;
        }
    }
    r->panel->years = years;
    r->panel->year_count = is_sound ? count : 0;
    return STATUS_OK;
}

/* A place for each number: columns by year. */
static enum status make_columns(struct reading *r)
{
    r->panel->columns = arena_array(r->arena, r->panel->year_count, sizeof *r->panel->columns);
    r->panel->weights = arena_array(r->arena, r->panel->year_count, sizeof *r->panel->weights);
    if (r->panel->columns == NULL || r->panel->weights == NULL) {
        return STATUS_EXHAUSTED;
    }
    for (size_t y = 0; y < r->panel->year_count; y++) {
        r->panel->columns[y] = arena_array(r->arena, r->panel->unit_count, sizeof(double));
        r->panel->weights[y] = r->has_weights ? arena_array(r->arena, r->panel->unit_count, sizeof(double)) : NULL;
        if (r->panel->columns[y] == NULL || (r->has_weights && r->panel->weights[y] == NULL)) {
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
    if (row.count != r->panel->year_count) {
        const char *pointer = faults_is_full(r->faults) ? "" : arena_format(r->arena, "%s/%s", row.within, member);
        faults_add(r->faults, pointer != NULL ? pointer : "", "wrong_length", "%s has %zu items; one for each of the %zu years is wanted", member,
                   row.count, r->panel->year_count);
        return STATUS_OK;
    }
    for (size_t y = 0; y < r->panel->year_count; y++) {
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
        return read_row(r, u, unit->weights, "weights", 0, r->panel->weights);
    }
    for (size_t y = 0; y < r->panel->year_count; y++) {
        r->panel->weights[y][u] = unit->weight;
    }
    if (isnan(unit->weight)) {
        faults_add(r->faults, pointer_to(r, u, "/weight"), "missing_member", "weight is missing; other units have one, so all must");
    }
    return STATUS_OK;
}

/* The numbers of all units; what has no weight in a year has no value in it either. */
static enum status read_numbers(struct reading *r)
{
    for (size_t u = 0; u < r->panel->unit_count; u++) {
        r->has_weights = r->has_weights || r->units[u].weights != NULL || !isnan(r->units[u].weight);
    }
    enum status status = make_columns(r);
    for (size_t u = 0; u < r->panel->unit_count && status == STATUS_OK; u++) {
        status = read_row(r, u, r->units[u].values, "values", -(double)ANALYSIS_NUMBER_MAX, r->panel->columns);
        if (status == STATUS_OK && r->has_weights) {
            status = read_weights(r, u);
        }
    }
    for (size_t i = 0; i < r->panel->year_count * r->panel->unit_count && status == STATUS_OK && r->has_weights; i++) {
        double *value = &r->panel->columns[i / r->panel->unit_count][i % r->panel->unit_count];
        *value = r->panel->weights[i / r->panel->unit_count][i % r->panel->unit_count] > 0 ? *value : NAN;
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
    const char **ids = arena_array(r->arena, r->panel->unit_count, sizeof *ids);
    const char **sorted = arena_array(r->arena, r->panel->unit_count, sizeof *sorted);
    for (size_t u = 0; u < r->panel->unit_count && ids != NULL && sorted != NULL; u++) {
        ids[u] = arena_text(r->arena, r->units[u].id);
        sorted[u] = ids[u];
        if (ids[u] == NULL) {
            return STATUS_EXHAUSTED;
        }
    }
    if (ids == NULL || sorted == NULL) {
        return STATUS_EXHAUSTED;
    }
    qsort(sorted, r->panel->unit_count, sizeof *sorted, compare_texts);
    for (size_t i = 1; i < r->panel->unit_count; i++) {
        if (strcmp(sorted[i], sorted[i - 1]) == 0) {
            faults_add(r->faults, "/units", "duplicate_id", "units has the id %s twice", sorted[i]);
        }
    }
    r->panel->ids = ids;
    return STATUS_OK;
}

static enum status take_groups(struct reading *r)
{
    const char **labels = arena_array(r->arena, r->panel->unit_count, sizeof *labels);
    struct analysis_groups groups;
    size_t labelled = 0;
    for (size_t u = 0; u < r->panel->unit_count && labels != NULL; u++) {
        labels[u] = r->units[u].group != NULL ? arena_text(r->arena, r->units[u].group) : NULL;
        labelled += labels[u] != NULL;
    }
    for (size_t u = 0; u < r->panel->unit_count && labels != NULL && labelled > 0; u++) {
        if (labels[u] == NULL) {
            faults_add(r->faults, pointer_to(r, u, "/group"), "missing_member", "group is missing; other units have one, so all must");
        }
    }
    enum status status = labels == NULL ? STATUS_EXHAUSTED : analysis_groups_sort(r->arena, labels, r->panel->unit_count, &groups);
    if (status != STATUS_OK) {
        return status;
    }
    if (groups.named > UNIT_PANEL_GROUPS_MAX) {
        faults_add(r->faults, "/units", "too_long", "units are in %zu different groups; at most %d are accepted", groups.named,
                   (int)UNIT_PANEL_GROUPS_MAX);
    }
    r->panel->groups = groups.names;
    r->panel->group_count = groups.named;
    r->panel->group_of = groups.of;
    return STATUS_OK;
}

/* What can be said of the units, once each is sound and the years are known. */
static enum status read_units(struct reading *r)
{
    size_t years = r->panel->year_count;
    if (r->panel->unit_count > UNIT_PANEL_VALUES_MAX / years) {
        faults_add(r->faults, "/units", "too_long", "units has %zu items for %zu years; units times years may be at most %d",
                   r->panel->unit_count, years, (int)UNIT_PANEL_VALUES_MAX);
        return STATUS_OK;
    }
    enum status status = take_ids(r);
    if (status == STATUS_OK) {
        status = take_groups(r);
    }
    return status == STATUS_OK ? read_numbers(r) : status;
}

enum status unit_panel_read(struct arena *arena, const json_t *years, const struct bind_array *units, bool are_units_sound,
                            struct unit_panel *panel, struct faults *faults)
{
    struct reading r = { .arena = arena, .faults = faults, .panel = panel };
    *panel = (struct unit_panel){ .year_count = 0 };
    enum status status = years != NULL ? read_years(&r, years) : STATUS_OK;
    if (status == STATUS_OK && panel->year_count > 0 && are_units_sound) {
        r.units = units->items;
        panel->unit_count = units->count;
        status = read_units(&r);
    }
    return status;
}

/* A year's values over their mean; false: one of them is no number any more. */
static bool divide(double *column, size_t count, double mean)
{
    bool is_finite = true;
    for (size_t u = 0; u < count; u++) {
        column[u] /= mean;
        is_finite = is_finite && !isinf(column[u]);
    }
    return is_finite;
}

void unit_panel_divide(struct unit_panel *panel, bool is_relative, double *means, struct faults *faults)
{
    for (size_t y = 0; y < panel->year_count; y++) {
        double mean = analysis_mean(panel->columns[y], panel->weights[y], panel->unit_count);
        means[y] = mean;
        if (isnan(mean)) {
            faults_add(faults, "/units", "too_few_values", "no unit has a value that counts in %" PRId64, panel->years[y]);
        } else if (is_relative && !(mean > 0)) {
            faults_add(faults, "/relative_to", "zero_mean", "the mean of %" PRId64 " is not above 0, so that nothing can be relative to it",
                       panel->years[y]);
        } else if (is_relative) {
            if (!divide(panel->columns[y], panel->unit_count, mean)) {
                faults_add(faults, "/relative_to", "out_of_range", "a value of %" PRId64 " is beyond all numbers once it is divided by the mean",
                           panel->years[y]);
            }
            means[y] /= mean;
        }
    }
}

enum status unit_panel_left_out(struct arena *arena, const struct unit_panel *panel, const struct analysis_left_out **left_out,
                                size_t *count)
{
    struct analysis_left_out *list = arena_array(arena, panel->unit_count * panel->year_count + 1, sizeof *list);
    *count = 0;
    for (size_t i = 0; list != NULL && i < panel->unit_count * panel->year_count; i++) {
        size_t year = i / panel->unit_count;
        if (isnan(panel->columns[year][i % panel->unit_count])) {
            list[(*count)++] = (struct analysis_left_out){ .unit = panel->ids[i % panel->unit_count], .year = panel->years[year] };
        }
    }
    *left_out = list;
    return list != NULL ? STATUS_OK : STATUS_EXHAUSTED;
}

static bool is_of(const struct unit_panel *panel, size_t unit, size_t group, size_t year)
{
    return (group == UNIT_PANEL_ALL || panel->group_of[unit] == group) && !isnan(panel->columns[year][unit]);
}

enum status unit_panel_gather(struct arena *arena, const struct unit_panel *panel, size_t group, size_t year, struct unit_gathered *gathered)
{
    const double *weighed = panel->weights != NULL ? panel->weights[year] : NULL;
    size_t count = 0;
    for (size_t u = 0; u < panel->unit_count; u++) {
        count += is_of(panel, u, group, year);
    }
    *gathered = (struct unit_gathered){
        .values = arena_array(arena, count + 1, sizeof *gathered->values),
        .weights = weighed != NULL ? arena_array(arena, count + 1, sizeof *gathered->weights) : NULL,
        .members = arena_array(arena, count + 1, sizeof *gathered->members),
        .units = arena_array(arena, count + 1, sizeof *gathered->units),
    };
    if (gathered->values == NULL || gathered->members == NULL || gathered->units == NULL || (weighed != NULL && gathered->weights == NULL)) {
        return STATUS_EXHAUSTED;
    }
    for (size_t u = 0; u < panel->unit_count; u++) {
        if (is_of(panel, u, group, year)) {
            size_t n = gathered->count++;
            if (weighed != NULL) {
                gathered->weights[n] = weighed[u];
            }
            gathered->values[n] = panel->columns[year][u];
            gathered->members[n] = panel->ids[u];
            gathered->units[n] = u;
        }
    }
    return STATUS_OK;
}
