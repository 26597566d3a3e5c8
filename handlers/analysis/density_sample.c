/*
 * The caller's own sample. Millions of values are walked once each; a faulty one costs a
 * sentence only while the list of faults has room.
 */
#include "handlers/analysis/density_sample.h"

#include "handlers/analysis/analysis.h"
#include "handlers/analysis/column.h"
#include "handlers/analysis/density_body.h"
#include "json/bind.h"

static const struct bind_member body_members[] = {
    BIND_VALUE_ROW(struct density_body, values, true),
    BIND_VALUE_ROW(struct density_body, weights, false),
    DENSITY_BODY_ROWS,
};

static const struct bind_table body_table = { body_members, sizeof body_members / sizeof body_members[0],
                                              sizeof(struct density_body) };

static enum status read_sample(struct arena *arena, const struct density_body *body, struct kde_sample *sample,
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

enum status density_sample_read(struct arena *arena, json_t *document, struct faults *faults, struct density_drawing *drawing)
{
    struct density_body body = { 0 };
    drawing->series = arena_array(arena, 1, sizeof *drawing->series);
    enum status status = drawing->series == NULL
        ? STATUS_EXHAUSTED
        : json_bind(document, &body_table, BIND_CLEAR, "", &body, arena, faults);
    if (status == STATUS_EXHAUSTED || !json_is_object(document)) {
        return status == STATUS_EXHAUSTED ? status : STATUS_OK;
    }
    status = read_sample(arena, &body, &drawing->series->sample, faults);
    if (status == STATUS_OK) {
        status = density_body_settings(arena, document, &body, false, &drawing->settings, faults);
    }
    drawing->series_count = 1;
    drawing->years = 1;
    return status;
}
