/*
 * From a query's years and indicators to arrays of numbers.
 */
#include "handlers/analysis/figures.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analytics/dea/dea.h"
#include "base/text.h"
#include "handlers/problem.h"

const char *const analysis_by_choices[] = { "none", "belt", NULL };
const char *const analysis_relative_choices[] = { "none", "mean", "population", NULL };

static int compare_years(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;
    return left < right ? -1 : left > right;
}

void analysis_years_sort(struct query_integers *years)
{
    if (years->count > 0) {
        qsort(years->items, years->count, sizeof *years->items, compare_years);
    }
}

void analysis_key_number(struct buffer *key, const char *name, double number)
{
    char text[TEXT_DOUBLE_BYTES];
    text_from_double(text, number);
    buffer_format(key, " %s=%s", name, text);
}

void analysis_key_years(struct buffer *key, const struct query_integers *years)
{
    buffer_text(key, " years=");
    for (size_t i = 0; i < years->count; i++) {
        buffer_format(key, "%" PRId64 ",", years->items[i]);
    }
}

enum status analysis_sides_split(struct arena *arena, const char *inputs, const char *outputs, struct analysis_sides *sides,
                                 struct faults *faults)
{
    enum status status = analysis_indicators_split(arena, "inputs", inputs, DEA_INPUTS_MAX, &sides->inputs, faults);
    if (status == STATUS_OK) {
        status = analysis_indicators_split(arena, "outputs", outputs, DEA_OUTPUTS_MAX, &sides->outputs, faults);
    }
    for (size_t i = 0; i < sides->inputs.count; i++) {
        const char *id = sides->inputs.items[i].id;
        for (size_t j = 0; j < sides->outputs.count; j++) {
            if (strcmp(id, sides->outputs.items[j].id) == 0) {
                faults_add_parameter(faults, "outputs", "bad_format", "%s stands among the inputs already",
                                     faults_quote(faults, id, strlen(id)));
            }
        }
    }
    return status;
}

enum status analysis_sides_look_up(struct exchange *exchange, struct analysis_sides *sides, struct faults *faults)
{
    size_t inputs = sides->inputs.count;
    size_t outputs = sides->outputs.count;
    enum status status = analysis_indicators_resolve(exchange, "inputs", &sides->inputs, faults);
    if (status == STATUS_OK) {
        status = analysis_indicators_resolve(exchange, "outputs", &sides->outputs, faults);
    }
    sides->all.items = arena_array(exchange->arena, inputs + outputs + 1, sizeof *sides->all.items);
    if (status != STATUS_OK || sides->all.items == NULL) {
        return status != STATUS_OK ? status : STATUS_EXHAUSTED;
    }
    for (size_t i = 0; i < inputs + outputs; i++) {
        sides->all.items[i] = i < inputs ? sides->inputs.items[i] : sides->outputs.items[i - inputs];
    }
    sides->all.count = inputs + outputs;
    return STATUS_OK;
}

void analysis_ids_take(const struct analysis_indicators *indicators, const char **names)
{
    for (size_t i = 0; i < indicators->count; i++) {
        names[i] = indicators->items[i].id;
    }
}

enum status analysis_figures_read(struct exchange *exchange, const struct analysis_basis *basis, const struct analysis_indicators *indicators,
                                  const int64_t *years, size_t year_count, struct analysis_figures *figures)
{
    size_t count = year_count * indicators->count;
    *figures = (struct analysis_figures){ years, year_count, indicators->count, NULL };
    figures->columns = arena_array(exchange->arena, count + 1, sizeof *figures->columns);
    enum status status = figures->columns == NULL ? STATUS_EXHAUSTED : STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        double *column = arena_array(exchange->arena, basis->province_count + 1, sizeof *column);
        figures->columns[i] = column;
        status = column == NULL ? STATUS_EXHAUSTED
                                : analysis_column_read(exchange, basis, &indicators->items[i % indicators->count],
                                                       years[i / indicators->count], column);
    }
    return status;
}

static bool has_numbers(const double *column, size_t count)
{
    for (size_t p = 0; p < count; p++) {
        if (!isnan(column[p])) {
            return true;
        }
    }
    return false;
}

enum status analysis_figures_check(struct exchange *exchange, const struct analysis_basis *basis, const struct analysis_figures *figures,
                                   const struct analysis_indicators *indicators, bool is_partial)
{
    int64_t *missing = arena_array(exchange->arena, figures->year_count, sizeof *missing);
    size_t missing_count = 0;
    if (missing == NULL) {
        return STATUS_EXHAUSTED;
    }
    for (size_t y = 0; y < figures->year_count; y++) {
        bool is_there = true;
        for (size_t i = 0; i < figures->width; i++) {
            is_there = is_there && has_numbers(figures->columns[y * figures->width + i], basis->province_count);
        }
        if (!is_there) {
            missing[missing_count++] = figures->years[y];
        }
    }
    if (missing_count > 0) {
        analysis_no_figures(exchange, indicators, missing, missing_count, is_partial);
        return STATUS_INVALID;
    }
    return STATUS_OK;
}

enum status analysis_figures_take(struct exchange *exchange, const struct analysis_basis *basis, const struct analysis_indicators *indicators,
                                  const struct query_integers *years, struct analysis_figures *figures)
{
    enum status status = analysis_figures_read(exchange, basis, indicators, years->items, years->count, figures);
    return status == STATUS_OK ? analysis_figures_check(exchange, basis, figures, indicators, false) : status;
}

enum status analysis_left_out_find(struct arena *arena, const struct analysis_basis *basis, const struct analysis_figures *figures,
                                   const struct analysis_indicators *indicators, size_t year, size_t province,
                                   struct analysis_left_out *left_out)
{
    *left_out = (struct analysis_left_out){ .province = basis->provinces[province].code, .year = figures->years[year] };
    for (size_t i = 0; i < figures->width; i++) {
        if (!isnan(figures->columns[year * figures->width + i][province])) {
            continue;
        }
        if (left_out->missing == NULL) {
            left_out->missing = arena_array(arena, figures->width, sizeof *left_out->missing);
        }
        if (left_out->missing == NULL) {
            return STATUS_EXHAUSTED;
        }
        left_out->missing[left_out->missing_count++] = indicators->items[i].id;
    }
    return STATUS_OK;
}

enum status analysis_left_out_list(struct arena *arena, const struct analysis_basis *basis, const struct analysis_figures *figures,
                                   const struct analysis_left_out **left_out, size_t *count)
{
    size_t cells = basis->province_count * figures->year_count;
    struct analysis_left_out *list = arena_array(arena, cells + 1, sizeof *list);
    if (list == NULL) {
        return STATUS_EXHAUSTED;
    }
    *count = 0;
    for (size_t i = 0; i < cells; i++) {
        size_t year = i / basis->province_count;
        size_t province = i % basis->province_count;
        if (isnan(figures->columns[year][province])) {
            list[(*count)++] = (struct analysis_left_out){ .province = basis->provinces[province].code, .year = figures->years[year] };
        }
    }
    *left_out = list;
    return STATUS_OK;
}

double analysis_mean(const double *column, const double *weights, size_t count)
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

void analysis_zero_mean_add(struct faults *faults, const char *indicator, int64_t year)
{
    faults_add_parameter(faults, "years", "zero_mean", "The mean of %s in %" PRId64 " is 0, so that nothing can be relative to it.",
                         indicator, year);
}

enum status analysis_zero_mean_check(struct exchange *exchange, const struct faults *faults)
{
    if (faults->total == 1 && faults->count == 1) {
        problem_faults(exchange, "zero_mean", faults, "%s", faults->items[0].detail);
    } else if (faults->total > 0) {
        problem_faults(exchange, "zero_mean", faults, "The mean is 0 in %zu years; errors names them.", faults->total);
    }
    return faults->total == 0 ? STATUS_OK : STATUS_INVALID;
}
