/*
 * Changes between years: numbers of two curves on one grid, the test of their shapes, and what density_reading.c says of
 * them.
 */
#include "handlers/analysis/density_change.h"

#include <string.h>

#include "handlers/analysis/density_reading.h"
#include "handlers/analysis/write.h"

/* The values of both samples with the common members first, in the order of the earlier. */
static enum status pair(struct arena *arena, const struct density_series *earlier, const struct density_series *later,
                        struct kde_two *two)
{
    size_t n = earlier->sample.n;
    size_t m = later->sample.n;
    double *before = arena_array(arena, n, sizeof *before);
    double *after = arena_array(arena, m, sizeof *after);
    bool *is_taken = arena_array(arena, m, sizeof *is_taken);
    if (before == NULL || after == NULL || is_taken == NULL) {
        return STATUS_EXHAUSTED;
    }
    memset(is_taken, 0, m * sizeof *is_taken);
    size_t pairs = 0;
    size_t singles = n;
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;
        while (k < m && (is_taken[k] || strcmp(earlier->members[i], later->members[k]) != 0)) {
            k++;
        }
        if (k < m) {
            is_taken[k] = true;
            after[pairs] = later->sample.values[k];
            before[pairs++] = earlier->sample.values[i];
        } else {
            before[--singles] = earlier->sample.values[i];
        }
    }
    for (size_t k = 0, next = pairs; k < m; k++) {
        if (!is_taken[k]) {
            after[next++] = later->sample.values[k];
        }
    }
    *two = (struct kde_two){ before, after, n, m, pairs };
    return STATUS_OK;
}

static bool can_be_tested(const struct density_series *series, size_t most)
{
    return series->sample.weights == NULL && series->members != NULL && series->sample.n >= 2 && series->sample.n <= most;
}

static enum status test(struct arena *arena, const struct density_wishes *wishes, struct density_change *change)
{
    size_t most = wishes->is_chosen ? KDE_PERMUTATION_MAX : DENSITY_FEW_TESTED;
    struct kde_two two;
    if ((wishes->is_chosen && !wishes->wants_permutation) || !can_be_tested(change->earlier, most) ||
        !can_be_tested(change->later, most)) {
        return STATUS_OK;
    }
    enum status status = pair(arena, change->earlier, change->later, &two);
    if (status == STATUS_OK) {
        status = kde_permutation_test(&two, &change->earlier->curve->watch, &change->test);
        change->has_test = status == STATUS_OK;
        change->pairs = two.pairs;
    }
    return status == STATUS_INVALID ? STATUS_OK : status; /* no spread: no test */
}

static struct kde_side side_of(const struct density_series *series)
{
    return (struct kde_side){ series->curve->summary.weighted_mean, &series->modes[series->mode_list.highest],
                              series->density };
}

static enum status find(struct arena *arena, const struct density_drawing *drawing, size_t from, size_t to,
                        struct density_change *change)
{
    *change = (struct density_change){ .earlier = &drawing->series[from], .later = &drawing->series[to] };
    const struct kde_side sides[2] = { side_of(change->earlier), side_of(change->later) };
    change->found = kde_change_between(&sides[0], &sides[1], &drawing->grid);
    return test(arena, &drawing->settings.wishes, change);
}

enum status density_changes_find(struct arena *arena, const struct density_drawing *drawing, size_t years,
                                 struct density_change **changes, size_t *count)
{
    enum status status = STATUS_OK;
    size_t groups = years > 1 ? drawing->series_count / years : 0;
    struct density_change *found = arena_array(arena, groups * years + 1, sizeof *found);
    *count = 0;
    *changes = found;
    if (found == NULL) {
        return STATUS_EXHAUSTED;
    }
    for (size_t g = 0; g < groups; g++) {
        size_t first = g * years;
        size_t last = first + years - 1;
        for (size_t i = first; i < last && status == STATUS_OK; i++) {
            status = find(arena, drawing, i, i + 1, &found[(*count)++]);
        }
        if (years > 2 && status == STATUS_OK) {
            status = find(arena, drawing, first, last, &found[(*count)++]);
        }
    }
    return status;
}

/* How far a quantile of the curve moved. */
static void write_shift(struct json_writer *w, const void *context, size_t index)
{
    const struct density_change *change = context;
    analysis_number(w, "share", density_shares[index]);
    analysis_number(w, "shift", change->later->more.quantiles[index] - change->earlier->more.quantiles[index]);
}

static void write_test(struct json_writer *w, const struct density_change *change)
{
    json_key(w, "tests");
    json_object_begin(w);
    if (change->has_test) {
        json_key(w, "permutation");
        json_object_begin(w);
        analysis_number(w, "height_ratio", change->test.height_ratio);
        analysis_number(w, "height_p_value", change->test.height_p);
        analysis_number(w, "width_ratio", change->test.width_ratio);
        analysis_number(w, "width_p_value", change->test.width_p);
        analysis_number(w, "sd_ratio", change->test.sd_ratio);
        analysis_number(w, "sd_p_value", change->test.sd_p);
        json_member_integer(w, "pairs", (int64_t)change->pairs);
        json_member_integer(w, "replicates", KDE_PERMUTATION_REPLICATES);
        json_member_integer(w, "seed", (int64_t)KDE_PERMUTATION_SEED);
        json_object_end(w);
    }
    json_object_end(w);
}

static void write_change(struct json_writer *w, const struct density_change *change, bool is_chinese)
{
    json_object_begin(w);
    json_member_text(w, "group", change->later->group);
    json_member_integer(w, "from", change->earlier->year);
    json_member_integer(w, "to", change->later->year);
    analysis_number(w, "mean_shift", change->found.mean_shift);
    analysis_number(w, "mode_shift", change->found.mode_shift);
    analysis_number(w, "height_ratio", change->found.height_ratio);
    analysis_number(w, "width_ratio", change->found.width_ratio);
    analysis_number(w, "overlap", change->found.overlap);
    analysis_rows(w, "quantile_shifts", DENSITY_QUANTILES, write_shift, change);
    write_test(w, change);
    density_reading_write_change(w, change, is_chinese);
    json_object_end(w);
}

void density_changes_write(struct json_writer *w, const struct density_change *changes, size_t count, bool is_chinese)
{
    json_key(w, "changes");
    json_array_begin(w);
    for (size_t i = 0; i < count; i++) {
        write_change(w, &changes[i], is_chinese);
    }
    json_array_end(w);
}
