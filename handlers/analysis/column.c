/*
 * Millions of values are walked once each; a faulty one costs a sentence only while the list of faults has room.
 */
#include "handlers/analysis/column.h"

#include <math.h>

#include "base/text.h"
#include "handlers/analysis/analysis.h"
#include "json/parse.h"
#include "json/unfit.h"

/* Where the array stands. */
static const char *pointer_of(struct arena *arena, const struct analysis_column *column)
{
    const char *pointer = arena_format(arena, "%s/%s", column->within != NULL ? column->within : "", column->member);
    return pointer != NULL ? pointer : "";
}

static void complain_number(struct arena *arena, struct faults *faults, const struct analysis_column *column, size_t index,
                            const json_t *value)
{
    const char *code = json_is_number(value) ? "out_of_range" : "wrong_type";
    if (json_is_unfit(value, faults)) {
        return;
    }
    if (faults_is_full(faults)) {
        faults_add(faults, "", code, "%s", "");
        return;
    }
    const char *pointer = arena_format(arena, "%s/%zu", pointer_of(arena, column), index);
    char found[TEXT_DOUBLE_BYTES];
    if (json_is_number(value)) {
        text_from_double(found, json_number_value(value));
    }
    faults_add(faults, pointer != NULL ? pointer : "", code, "an item of %s is %s; a number of %s to 1e15 is wanted",
               column->member, json_is_number(value) ? found : json_type_phrase(value), column->min < 0 ? "-1e15" : "0");
}

enum status analysis_column_take(struct arena *arena, const json_t *array, struct analysis_column *column, struct faults *faults)
{
    if (!json_is_array(array)) {
        faults_add(faults, pointer_of(arena, column), "wrong_type", "%s is %s; an array of numbers is wanted", column->member,
                   json_type_phrase(array));
        return STATUS_OK;
    }
    size_t count = json_array_size(array);
    if (count == 0 || count > column->max) {
        faults_add(faults, pointer_of(arena, column), count == 0 ? "too_short" : "too_long", "%s has %zu items; 1 to %zu are accepted",
                   column->member, count, column->max);
        return STATUS_OK;
    }
    double *numbers = arena_array(arena, count, sizeof *numbers);
    if (numbers == NULL) {
        return STATUS_EXHAUSTED;
    }
    size_t before = faults->total;
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_array_get(array, i);
        numbers[i] = json_number_value(value);
        if (column->has_gaps && json_is_null(value)) {
            numbers[i] = NAN;
        } else if (!json_is_number(value) || numbers[i] < column->min || numbers[i] > (double)ANALYSIS_NUMBER_MAX) {
            complain_number(arena, faults, column, i, value);
        }
    }
    if (faults->total == before) {
        column->numbers = numbers;
        column->count = count;
    }
    return STATUS_OK;
}

void analysis_columns_compare(const struct analysis_column *values, const struct analysis_column *weights, struct faults *faults)
{
    if (values->numbers != NULL && weights->numbers != NULL && values->count != weights->count) {
        faults_add(faults, "/weights", "wrong_length", "weights has %zu items, values %zu; one for each is wanted", weights->count,
                   values->count);
    }
}
