/*
 * The caller's own values, and the groups that they fall into.
 */
#include "handlers/analysis/inequality_sample.h"

#include <math.h>

#include "base/text.h"
#include "handlers/analysis/analysis.h"
#include "handlers/analysis/column.h"
#include "handlers/analysis/groups.h"
#include "json/bind.h"
#include "json/parse.h"
#include "json/unfit.h"

struct body {
    json_t *values, *weights, *groups;
    double epsilon, alpha;
};

static const struct bind_member body_members[] = {
    BIND_VALUE_ROW(struct body, values, true),
    BIND_VALUE_ROW(struct body, weights, false),
    BIND_VALUE_ROW(struct body, groups, false),
    { "epsilon", BIND_NUMBER, false, BIND_OFFSET(struct body, epsilon, double), 0, INEQUALITY_EPSILON_MAX, NULL, NULL },
    BIND_NUMBER_ROW(struct body, alpha, false),
};

static const struct bind_table body_table = { body_members, sizeof body_members / sizeof body_members[0], sizeof(struct body) };

/* A name for each value, and the different ones. */
struct groups {
    const char **of;
    size_t count;
    struct analysis_groups sorted;
};

bool inequality_options_set(struct arena *arena, double epsilon, double alpha, struct inequality_options *options, const char **detail)
{
    *options = (struct inequality_options){ isnan(epsilon) ? INEQUALITY_EPSILON_DEFAULT : epsilon, INEQUALITY_ALPHA_DEFAULT };
    if (isnan(alpha)) {
        return false;
    }
    if (alpha > 0 && alpha <= INEQUALITY_ALPHA_MAX) {
        options->alpha = alpha;
        return false;
    }
    char found[TEXT_DOUBLE_BYTES];
    text_from_double(found, alpha);
    *detail = arena_format(arena, "alpha is %s; a number above 0 and up to 1.6 is wanted", found);
    *detail = *detail != NULL ? *detail : "";
    return true;
}

static void complain_group(struct arena *arena, struct faults *faults, size_t index, const json_t *value)
{
    const char *code = json_is_string(value) ? json_string_length(value) == 0 ? "too_short" : "too_long" : "wrong_type";
    const char *pointer = faults_is_full(faults) ? "" : arena_format(arena, "/groups/%zu", index);
    if (json_is_unfit(value, faults)) {
        return;
    }
    if (json_is_string(value)) {
        faults_add(faults, pointer != NULL ? pointer : "", code, "an item of groups has %zu bytes; 1 to %d are accepted",
                   json_string_length(value), (int)INEQUALITY_GROUP_BYTES_MAX);
    } else {
        faults_add(faults, pointer != NULL ? pointer : "", code, "an item of groups is %s; a text is wanted", json_type_phrase(value));
    }
}

/* One name of groups, copied: the document goes before the work begins. NULL where it is none. */
static const char *take_group(struct arena *arena, const json_t *value)
{
    bool is_sound = json_is_string(value) && json_string_length(value) >= 1 && json_string_length(value) <= INEQUALITY_GROUP_BYTES_MAX;
    return is_sound ? arena_text(arena, json_string_value(value)) : NULL;
}

static enum status read_groups(struct arena *arena, const json_t *array, struct groups *groups, struct faults *faults)
{
    if (!json_is_array(array)) {
        faults_add(faults, "/groups", "wrong_type", "%s is %s; an array of names is wanted", "groups", json_type_phrase(array));
        return STATUS_OK;
    }
    size_t count = json_array_size(array);
    if (count == 0 || count > INEQUALITY_VALUES_MAX) {
        faults_add(faults, "/groups", count == 0 ? "too_short" : "too_long", "%s has %zu items; 1 to %zu are accepted", "groups", count,
                   (size_t)INEQUALITY_VALUES_MAX);
        return STATUS_OK;
    }
    size_t before = faults->total;
    const char **of = arena_array(arena, count, sizeof *of);
    for (size_t i = 0; of != NULL && i < count; i++) {
        of[i] = take_group(arena, json_array_get(array, i));
        if (of[i] == NULL) {
            complain_group(arena, faults, i, json_array_get(array, i));
        }
    }
    if (of == NULL || faults->total > before) {
        return of == NULL ? STATUS_EXHAUSTED : STATUS_OK;
    }
    groups->of = of;
    groups->count = count;
    enum status status = analysis_groups_sort(arena, of, count, &groups->sorted);
    if (status == STATUS_OK && groups->sorted.named > INEQUALITY_GROUPS_MAX) {
        faults_add(faults, "/groups", "too_long", "groups names %zu different groups; at most %d are accepted", groups->sorted.named,
                   (int)INEQUALITY_GROUPS_MAX);
    }
    return status;
}

static enum status read_sample(struct arena *arena, const struct body *body, struct inequality_sample *sample, struct groups *groups,
                               struct faults *faults)
{
    struct analysis_column values = { .member = "values", .max = INEQUALITY_VALUES_MAX, .min = -(double)ANALYSIS_NUMBER_MAX };
    struct analysis_column weights = { .member = "weights", .max = INEQUALITY_VALUES_MAX, .min = 0 };
    double heaviest = 0;
    enum status status = body->values == NULL ? STATUS_OK : analysis_column_take(arena, body->values, &values, faults);
    if (status == STATUS_OK && body->weights != NULL) {
        status = analysis_column_take(arena, body->weights, &weights, faults);
    }
    if (status == STATUS_OK && body->groups != NULL) {
        status = read_groups(arena, body->groups, groups, faults);
    }
    analysis_columns_compare(&values, &weights, faults);
    if (values.numbers != NULL && groups->of != NULL && values.count != groups->count) {
        faults_add(faults, "/groups", "wrong_length", "groups has %zu items, values %zu; one for each is wanted", groups->count, values.count);
    }
    for (size_t i = 0; i < weights.count; i++) {
        heaviest = fmax(heaviest, weights.numbers[i]);
    }
    if (weights.numbers != NULL && !(heaviest > 0)) {
        faults_add(faults, "/weights", "weights_zero", "all weights are 0, so that no value counts");
    }
    *sample = (struct inequality_sample){ values.numbers, weights.numbers, values.count };
    return status;
}

/* The values of each group; series[g] is that of names[g]. */
static enum status fill_groups(struct arena *arena, const struct inequality_sample *whole, const struct groups *groups,
                               struct inequality_series *series)
{
    size_t *sizes = arena_array(arena, groups->sorted.named + 1, sizeof *sizes);
    double **values = arena_array(arena, groups->sorted.named + 1, sizeof *values);
    double **weights = arena_array(arena, groups->sorted.named + 1, sizeof *weights);
    if (sizes == NULL || values == NULL || weights == NULL) {
        return STATUS_EXHAUSTED;
    }
    for (size_t i = 0; i < groups->count; i++) {
        sizes[groups->sorted.of[i]]++;
    }
    for (size_t g = 0; g < groups->sorted.named; g++) {
        values[g] = arena_array(arena, sizes[g], sizeof **values);
        weights[g] = whole->weights == NULL ? NULL : arena_array(arena, sizes[g], sizeof **weights);
        if (values[g] == NULL || (whole->weights != NULL && weights[g] == NULL)) {
            return STATUS_EXHAUSTED;
        }
        series[g].group = groups->sorted.names[g];
        series[g].sample = (struct inequality_sample){ values[g], weights[g], sizes[g] };
        sizes[g] = 0;
    }
    for (size_t i = 0; i < groups->count; i++) {
        size_t g = groups->sorted.of[i];
        values[g][sizes[g]] = whole->values[i];
        if (whole->weights != NULL) {
            weights[g][sizes[g]] = whole->weights[i];
        }
        sizes[g]++;
    }
    return STATUS_OK;
}

/* The whole, then its groups. */
static enum status fill_series(struct arena *arena, const struct inequality_sample *whole, const struct groups *groups,
                               struct inequality_drawing *drawing)
{
    size_t count = groups->sorted.named;
    drawing->series = arena_array(arena, count + 1, sizeof *drawing->series);
    struct inequality_series **parts = arena_array(arena, count + 1, sizeof *parts);
    enum status status = drawing->series == NULL || parts == NULL ? STATUS_EXHAUSTED : STATUS_OK;
    if (status == STATUS_OK && count > 0) {
        status = fill_groups(arena, whole, groups, drawing->series + 1);
    }
    for (size_t g = 0; g < count && status == STATUS_OK; g++) {
        parts[g] = &drawing->series[g + 1];
    }
    if (status == STATUS_OK) {
        drawing->series[0].sample = *whole;
        drawing->series[0].groups = parts;
        drawing->series[0].group_count = count;
        drawing->series_count = count + 1;
    }
    return status;
}

enum status inequality_sample_read(struct arena *arena, json_t *document, struct faults *faults, struct inequality_drawing *drawing)
{
    struct body body = { 0 };
    struct inequality_sample whole = { 0 };
    struct groups groups = { 0 };
    enum status status = json_bind(document, &body_table, BIND_CLEAR, "", &body, arena, faults);
    if (status != STATUS_EXHAUSTED && json_is_object(document)) {
        const char *detail = NULL;
        status = read_sample(arena, &body, &whole, &groups, faults);
        if (inequality_options_set(arena, body.epsilon, body.alpha, &drawing->options, &detail)) {
            faults_add(faults, "/alpha", "out_of_range", "%s", detail);
        }
    }
    if (status == STATUS_EXHAUSTED || faults->total > 0) {
        return status == STATUS_EXHAUSTED ? status : STATUS_OK;
    }
    return fill_series(arena, &whole, &groups, drawing);
}
