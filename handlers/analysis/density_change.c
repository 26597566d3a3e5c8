/*
 * Changes between years: numbers of two curves on one grid, the test of their shapes, and what density_reading.c says of
 * them.
 */
#include "handlers/analysis/density_change.h"

#include <math.h>

#include "analytics/kde/shift.h"
#include "handlers/analysis/density_family.h"
#include "handlers/analysis/density_reading.h"
#include "handlers/analysis/watch.h"
#include "handlers/analysis/write.h"

/* How long a test takes beside a curve (density_draw.c). */
enum { SHARE_PERMUTATION = 5 };

/* The values of both samples with the common units first, in their order. */
static enum status pair(struct arena *arena, const struct density_series *earlier, const struct density_series *later,
                        struct kde_two *two)
{
    size_t n = earlier->sample.n;
    size_t m = later->sample.n;
    double *before = arena_array(arena, n, sizeof *before);
    double *after = arena_array(arena, m, sizeof *after);
    double *alone = arena_array(arena, m, sizeof *alone); /* the later of units that are in it only */
    if (before == NULL || after == NULL || alone == NULL) {
        return STATUS_EXHAUSTED;
    }
    size_t pairs = 0;
    size_t before_alone = n; /* from the end */
    size_t after_alone = 0;
    for (size_t i = 0, k = 0; i < n || k < m;) {
        if (k == m || (i < n && earlier->units[i] < later->units[k])) {
            before[--before_alone] = earlier->sample.values[i++];
        } else if (i == n || later->units[k] < earlier->units[i]) {
            alone[after_alone++] = later->sample.values[k++];
        } else {
            before[pairs] = earlier->sample.values[i++];
            after[pairs++] = later->sample.values[k++];
        }
    }
    for (size_t k = 0; k < after_alone; k++) {
        after[pairs + k] = alone[k];
    }
    *two = (struct kde_two){ before, after, n, m, pairs };
    return STATUS_OK;
}

static bool can_be_tested(const struct density_series *series, size_t most)
{
    return series->sample.weights == NULL && series->units != NULL && series->sample.n >= 2 && series->sample.n <= most;
}

static bool is_testable(const struct density_wishes *wishes, const struct density_series *earlier,
                        const struct density_series *later)
{
    size_t most = wishes->is_chosen ? KDE_PERMUTATION_MAX : DENSITY_FEW_TESTED;
    bool is_wanted = !wishes->is_chosen || wishes->wants_permutation;
    return is_wanted && can_be_tested(earlier, most) && can_be_tested(later, most);
}

/* Two of a group's years. */
struct span {
    size_t from, to;
};

static size_t span_count(size_t years)
{
    return years < 2 ? 0 : years - 1 + (years > 2);
}

/* Neighbours, then the first with the last. */
static struct span span_of(size_t years, size_t index)
{
    return index + 1 < years ? (struct span){ index, index + 1 } : (struct span){ 0, years - 1 };
}

/* How many changes of a group can be tested. */
static size_t count_testable(const struct density_drawing *drawing, size_t first)
{
    size_t count = 0;
    for (size_t i = 0; i < span_count(drawing->years); i++) {
        const struct span span = span_of(drawing->years, i);
        count += is_testable(&drawing->settings.wishes, &drawing->series[first + span.from], &drawing->series[first + span.to]);
    }
    return count;
}

size_t density_changes_share(const struct density_drawing *drawing)
{
    size_t count = 0;
    for (size_t first = 0; first < drawing->series_count; first += drawing->years) {
        count += count_testable(drawing, first);
    }
    return count * SHARE_PERMUTATION;
}

static enum status test(struct arena *arena, struct density_drawing *drawing, size_t replicates, struct density_change *change)
{
    struct kde_two two;
    if (!is_testable(&drawing->settings.wishes, change->earlier, change->later)) {
        return STATUS_OK;
    }
    analysis_watch_next(&drawing->watch, SHARE_PERMUTATION);
    enum status status = pair(arena, change->earlier, change->later, &two);
    if (status == STATUS_OK) {
        status = kde_permutation_test(&two, replicates, &change->earlier->curve->watch, &change->test);
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

static void find_shift(struct density_change *change)
{
    const struct density_series *series[2] = { change->earlier, change->later };
    struct kde_shift_side sides[2];
    for (size_t i = 0; i < 2; i++) {
        sides[i] = (struct kde_shift_side){ &series[i]->sample, series[i]->units, series[i]->curve->summary.weighted_mean };
    }
    change->mean_shift_error = kde_shift_error(&sides[0], &sides[1]);
    change->mean_shift_freedom = isnan(change->mean_shift_error) ? 0 : kde_shift_freedom(&sides[0], &sides[1]);
    change->mean_shift_p = kde_shift_p(&sides[0], &sides[1], change->mean_shift_error);
    change->mean_shift_holm = change->mean_shift_p; /* until it stands among others */
}

static enum status find(struct arena *arena, struct density_drawing *drawing, size_t first, size_t replicates,
                        size_t index, struct density_change *change)
{
    const struct span span = span_of(drawing->years, index);
    *change = (struct density_change){ .earlier = &drawing->series[first + span.from],
                                       .later = &drawing->series[first + span.to] };
    const struct kde_side sides[2] = { side_of(change->earlier), side_of(change->later) };
    change->found = kde_change_between(&sides[0], &sides[1], &drawing->grid);
    find_shift(change);
    return test(arena, drawing, replicates, change);
}

enum status density_changes_find(struct arena *arena, struct density_drawing *drawing, struct density_change **changes,
                                 size_t *count)
{
    enum status status = STATUS_OK;
    const size_t spans = span_count(drawing->years);
    struct density_change *found = arena_array(arena, drawing->series_count / drawing->years * spans + 1, sizeof *found);
    *count = 0;
    *changes = found;
    if (found == NULL) {
        return STATUS_EXHAUSTED;
    }
    for (size_t first = 0; spans > 0 && first < drawing->series_count && status == STATUS_OK; first += drawing->years) {
        struct density_change *group = found + *count;
        const size_t replicates = kde_permutation_replicates(3 * count_testable(drawing, first));
        for (size_t i = 0; i < spans && status == STATUS_OK; i++) {
            status = find(arena, drawing, first, replicates, i, &group[i]);
        }
        *count += spans;
        if (status == STATUS_OK) {
            status = density_family_of_changes(arena, group, spans);
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
        analysis_number(w, "height_holm_p_value", change->height_holm);
        analysis_number(w, "width_ratio", change->test.width_ratio);
        analysis_number(w, "width_p_value", change->test.width_p);
        analysis_number(w, "width_holm_p_value", change->width_holm);
        analysis_number(w, "sd_ratio", change->test.sd_ratio);
        analysis_number(w, "sd_p_value", change->test.sd_p);
        analysis_number(w, "sd_holm_p_value", change->sd_holm);
        json_member_integer(w, "pairs", (int64_t)change->pairs);
        json_member_integer(w, "replicates", (int64_t)change->test.replicates);
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
    analysis_number(w, "mean_shift_error", change->mean_shift_error);
    analysis_number(w, "mean_shift_freedom", change->mean_shift_freedom > 0 ? (double)change->mean_shift_freedom : NAN);
    analysis_number(w, "mean_shift_p_value", change->mean_shift_p);
    analysis_number(w, "mean_shift_holm_p_value", change->mean_shift_holm);
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
