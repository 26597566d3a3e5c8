/*
 * From a body's members to settings: the same that the query of the GET makes, from JSON's types.
 */
#include "handlers/analysis/density_body.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "handlers/analysis/column.h"
#include "json/parse.h"

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

static int count_tests(const struct density_wishes *wishes)
{
    return wishes->wants_dip + wishes->wants_critical + wishes->wants_permutation;
}

static void read_tests(struct arena *arena, const json_t *list, bool has_changes, struct density_wishes *wishes, struct faults *faults)
{
    size_t index;
    json_t *item;
    if (!json_is_array(list) || json_array_size(list) == 0) {
        faults_add(faults, "/tests", json_is_array(list) ? "too_short" : "wrong_type",
                   has_changes ? "tests is %s; an array of none, dip, silverman or permutation is wanted"
                               : "tests is %s; an array of none, dip or silverman is wanted",
                   json_is_array(list) ? "empty" : json_type_phrase(list));
        return;
    }
    json_array_foreach(list, index, item) {
        const char *word = json_string_value(item);
        const char *pointer = arena_format(arena, "/tests/%zu", index);
        bool is_wanted = word != NULL && (has_changes || strcmp(word, "permutation") != 0);
        int before = count_tests(wishes);
        if (!is_wanted || !density_test_take(word, wishes)) {
            faults_add(faults, pointer != NULL ? pointer : "", word == NULL ? "wrong_type" : "not_a_choice",
                       has_changes ? "an item of tests is %s; dip, silverman or permutation, or none alone, is wanted"
                                   : "an item of tests is %s; dip or silverman, or none alone, is wanted",
                       word == NULL ? json_type_phrase(item) : faults_quote(faults, word, json_string_length(item)));
        } else if (count_tests(wishes) == before && strcmp(word, "none") != 0) {
            faults_add(faults, pointer != NULL ? pointer : "", "bad_format", "%s names %s twice", "tests",
                       faults_quote(faults, word, json_string_length(item)));
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

static void read_bounds(struct arena *arena, const json_t *document, const struct density_body *body,
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

static void read_curve(struct arena *arena, const json_t *document, const struct density_body *body,
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

enum status density_body_settings(struct arena *arena, const json_t *document, const struct density_body *body, bool has_changes,
                                  struct density_settings *settings, struct faults *faults)
{
    read_curve(arena, document, body, settings, faults);
    if (body->tests != NULL) {
        read_tests(arena, body->tests, has_changes, &settings->wishes, faults);
    }
    return body->thresholds != NULL ? read_thresholds(arena, body->thresholds, &settings->wishes, faults) : STATUS_OK;
}
