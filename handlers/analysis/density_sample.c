/*
 * The caller's own sample. Millions of values are walked once each; a faulty one costs a
 * sentence only while the list of faults has room.
 */
#include "handlers/analysis/density_sample.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "handlers/analysis/analysis.h"
#include "handlers/analysis/column.h"
#include "json/bind.h"
#include "json/parse.h"
#include "json/unfit.h"

struct body {
    json_t *values, *weights, *bandwidth, *tests, *thresholds;
    int kernel, convention, boundary;
    int64_t points;
    double adjust, cut, from, to, lower;
};

static const struct bind_member body_members[] = {
    BIND_VALUE_ROW(struct body, values, true),
    BIND_VALUE_ROW(struct body, weights, false),
    BIND_CHOICE_ROW(struct body, kernel, false, density_kernels),
    BIND_VALUE_ROW(struct body, bandwidth, false),
    BIND_INTEGER_ROW(struct body, points, false, DENSITY_POINTS_MIN, DENSITY_POINTS_MAX),
    { "adjust", BIND_NUMBER, false, BIND_OFFSET(struct body, adjust, double), 0, DENSITY_ADJUST_MAX,
      NULL, NULL },
    { "cut", BIND_NUMBER, false, BIND_OFFSET(struct body, cut, double), 0, DENSITY_CUT_MAX, NULL, NULL },
    { "from", BIND_NUMBER, false, BIND_OFFSET(struct body, from, double), -ANALYSIS_NUMBER_MAX, ANALYSIS_NUMBER_MAX,
      NULL, NULL },
    { "to", BIND_NUMBER, false, BIND_OFFSET(struct body, to, double), -ANALYSIS_NUMBER_MAX, ANALYSIS_NUMBER_MAX, NULL,
      NULL },
    BIND_CHOICE_ROW(struct body, convention, false, density_conventions),
    BIND_CHOICE_ROW(struct body, boundary, false, density_boundaries),
    { "lower", BIND_NUMBER, false, BIND_OFFSET(struct body, lower, double), -ANALYSIS_NUMBER_MAX, ANALYSIS_NUMBER_MAX,
      NULL, NULL },
    BIND_VALUE_ROW(struct body, tests, false),
    BIND_VALUE_ROW(struct body, thresholds, false),
};

static const struct bind_table body_table = { body_members, sizeof body_members / sizeof body_members[0],
                                              sizeof(struct body) };

static enum status read_sample(struct arena *arena, const struct body *body, struct kde_sample *sample,
                               struct faults *faults)
{
    struct analysis_column values = { .member = "values", .max = DENSITY_VALUES_MAX, .min = -(double)ANALYSIS_NUMBER_MAX };
    struct analysis_column weights = { .member = "weights", .max = DENSITY_VALUES_MAX, .min = 0 };
    enum status status = STATUS_OK;
    if (body->values != NULL) {
        status = analysis_column_take(arena, body->values, &values, faults);
    }
    if (status == STATUS_OK && body->weights != NULL) {
        status = analysis_column_take(arena, body->weights, &weights, faults);
    }
    analysis_columns_compare(&values, &weights, faults);
    *sample = (struct kde_sample){ values.numbers, weights.numbers, values.count };
    return status;
}

static void read_bandwidth(struct arena *arena, const json_t *value, struct kde_options *options,
                           struct faults *faults)
{
    if (json_is_string(value)) {
        if (!density_rule_find(json_string_value(value), options)) {
            faults_add(faults, "/bandwidth", "not_a_choice", "bandwidth is %s; %s is wanted",
                       faults_quote(faults, json_string_value(value), json_string_length(value)),
                       density_bandwidth_wanted(arena));
        }
    } else if (!json_is_number(value)) {
        faults_add(faults, "/bandwidth", "wrong_type", "bandwidth is %s; %s is wanted", json_type_phrase(value),
                   density_bandwidth_wanted(arena));
    } else if (!density_bandwidth_set(json_number_value(value), options)) {
        char found[TEXT_DOUBLE_BYTES];
        text_from_double(found, json_number_value(value));
        faults_add(faults, "/bandwidth", "out_of_range", "bandwidth is %s; %s is wanted", found,
                   density_bandwidth_wanted(arena));
    }
}

static void read_tests(struct arena *arena, const json_t *list, struct density_wishes *wishes, struct faults *faults)
{
    size_t index;
    json_t *item;
    if (!json_is_array(list) || json_array_size(list) == 0) {
        faults_add(faults, "/tests", json_is_array(list) ? "too_short" : "wrong_type",
                   "tests is %s; an array of none, dip or silverman is wanted",
                   json_is_array(list) ? "empty" : json_type_phrase(list));
        return;
    }
    json_array_foreach(list, index, item) {
        const char *word = json_string_value(item);
        const char *pointer = arena_format(arena, "/tests/%zu", index);
        bool is_of_changes = word != NULL && strcmp(word, "permutation") == 0; /* one sample has none */
        if (word == NULL || is_of_changes || !density_test_take(word, wishes)) {
            faults_add(faults, pointer != NULL ? pointer : "", word == NULL ? "wrong_type" : "not_a_choice",
                       "an item of tests is %s; dip or silverman, or none alone, is wanted",
                       word == NULL ? json_type_phrase(item) : faults_quote(faults, word, json_string_length(item)));
        }
    }
}

static enum status read_thresholds(struct arena *arena, const json_t *list, struct density_wishes *wishes,
                                   struct faults *faults)
{
    struct analysis_column column = { .member = "thresholds", .max = DENSITY_THRESHOLDS_MAX, .min = -(double)ANALYSIS_NUMBER_MAX };
    enum status status = analysis_column_take(arena, list, &column, faults);
    for (size_t i = 0; i < column.count; i++) {
        wishes->thresholds[wishes->threshold_count++] = column.numbers[i];
    }
    return status;
}

static bool has_member(const json_t *document, const char *name)
{
    const json_t *value = json_object_get(document, name);
    return value != NULL && !json_is_null(value);
}

static void read_bounds(struct arena *arena, const json_t *document, const struct body *body,
                        struct density_settings *settings, struct faults *faults)
{
    const struct density_bounds bounds = { body->from, body->to, body->cut, has_member(document, "from"),
                                           has_member(document, "to"), has_member(document, "cut") };
    struct density_fault found[DENSITY_BOUND_FAULTS_MAX];
    size_t count = density_bounds_set(&bounds, settings, found);
    for (size_t i = 0; i < count; i++) {
        const char *pointer = arena_format(arena, "/%s", found[i].name);
        faults_add(faults, pointer != NULL ? pointer : "", found[i].code != NULL ? found[i].code : "missing_member",
                   "%s", found[i].detail);
    }
}

static void read_settings(struct arena *arena, const json_t *document, const struct body *body,
                          struct density_settings *settings, struct faults *faults)
{
    settings->options = kde_options_default();
    if (body->kernel >= 0) {
        settings->options.kernel = (enum kde_kernel)body->kernel;
    }
    if (body->convention >= 0) {
        settings->options.convention = (enum kde_convention)body->convention;
    }
    if (body->bandwidth != NULL) {
        read_bandwidth(arena, body->bandwidth, &settings->options, faults);
    }
    if (has_member(document, "adjust") && isfinite(body->adjust)) {
        settings->options.adjust = body->adjust;
    }
    struct density_fault fault;
    if (!density_boundary_set(body->boundary, body->lower, has_member(document, "lower"), &settings->options, &fault)) {
        const char *pointer = arena_format(arena, "/%s", fault.name);
        faults_add(faults, pointer != NULL ? pointer : "", fault.code, "%s", fault.detail);
    }
    settings->points = body->points == BIND_ABSENT ? DENSITY_POINTS_DEFAULT : (size_t)body->points;
    read_bounds(arena, document, body, settings, faults);
}

enum status density_sample_read(struct arena *arena, json_t *document, struct faults *faults, struct density_drawing *drawing)
{
    struct body body = { 0 };
    drawing->series = arena_array(arena, 1, sizeof *drawing->series);
    enum status status = drawing->series == NULL
        ? STATUS_EXHAUSTED
        : json_bind(document, &body_table, BIND_CLEAR, "", &body, arena, faults);
    if (status == STATUS_EXHAUSTED || !json_is_object(document)) {
        return status == STATUS_EXHAUSTED ? status : STATUS_OK;
    }
    status = read_sample(arena, &body, &drawing->series->sample, faults);
    read_settings(arena, document, &body, &drawing->settings, faults);
    if (body.tests != NULL) {
        read_tests(arena, body.tests, &drawing->settings.wishes, faults);
    }
    if (status == STATUS_OK && body.thresholds != NULL) {
        status = read_thresholds(arena, body.thresholds, &drawing->settings.wishes, faults);
    }
    drawing->series_count = 1;
    drawing->years = 1;
    return status;
}
