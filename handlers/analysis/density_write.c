/*
 * The answer of /density. Changes compare neighbouring years of a group, and the first
 * year with the last where others lie between.
 */
#include "handlers/analysis/density_write.h"

#include <math.h>

#include "analytics/kde/change.h"
#include "handlers/analysis/density_reading.h"
#include "handlers/analysis/write.h"

static void write_grid(struct json_writer *w, const struct kde_grid *grid)
{
    json_key(w, "grid");
    json_object_begin(w);
    analysis_number(w, "from", grid->from);
    analysis_number(w, "to", grid->to);
    json_member_integer(w, "points", (int64_t)grid->points);
    json_object_end(w);
}

static void write_mode(struct json_writer *w, const void *context, size_t index)
{
    const struct kde_mode *mode = &((const struct density_series *)context)->modes[index];
    analysis_number(w, "x", mode->x);
    analysis_number(w, "height", mode->height);
    analysis_number(w, "prominence", mode->prominence);
    analysis_number(w, "width", mode->width);
}

static void write_warnings(struct json_writer *w, unsigned warnings, bool is_chinese)
{
    json_key(w, "warnings");
    json_array_begin(w);
    for (unsigned bit = 0; bit < KDE_WARNING_COUNT; bit++) {
        if ((warnings & 1u << bit) != 0) {
            density_reading_say(w, kde_warning_text((enum kde_warning)(1u << bit)), is_chinese);
        }
    }
    json_array_end(w);
}

static void write_series(struct json_writer *w, const void *context, size_t index)
{
    const struct density_sheet *sheet = context;
    const struct density_drawing *drawing = &sheet->drawing;
    const struct density_series *series = &drawing->series[index];
    const struct kde_curve *curve = series->curve;
    const struct kde_summary *summary = &curve->summary;
    json_member_text(w, "group", series->group);
    analysis_number(w, "year", series->year != 0 ? (double)series->year : NAN);
    json_member_integer(w, "n", (int64_t)summary->n);
    analysis_number(w, "mean", summary->mean);
    if (series->sample.weights != NULL) {
        analysis_number(w, "weighted_mean", summary->weighted_mean);
    }
    analysis_number(w, "sd", summary->sd);
    analysis_number(w, "min", summary->min);
    analysis_number(w, "max", summary->max);
    analysis_number(w, "bandwidth", curve->bandwidth.value);
    json_member_text(w, "rule", kde_rule_name(curve->rule));
    json_key(w, "density");
    analysis_numbers(w, series->density, drawing->grid.points);
    analysis_rows(w, "modes", series->mode_list.count, write_mode, series);
    json_member_integer(w, "peak_count", (int64_t)series->mode_list.peaks);
    analysis_number(w, "integral", kde_grid_integral(&drawing->grid, series->density));
    density_more_write(w, &drawing->settings.wishes, &series->more);
    if (series->members != NULL) {
        analysis_texts(w, "members", series->members, series->sample.n);
    }
    density_reading_write_series(w, series, sheet->is_chinese);
    write_warnings(w, series->warnings, sheet->is_chinese);
}

static struct kde_side side_of(const struct density_series *series)
{
    return (struct kde_side){ series->curve->summary.weighted_mean, &series->modes[series->mode_list.highest],
                              series->density };
}

/* The curves of two years. */
struct shift {
    const struct density_more *earlier, *later;
};

/* How far a quantile of the curve moved. */
static void write_shift(struct json_writer *w, const void *context, size_t index)
{
    const struct shift *shift = context;
    analysis_number(w, "share", density_shares[index]);
    analysis_number(w, "shift", shift->later->quantiles[index] - shift->earlier->quantiles[index]);
}

static void write_change(struct json_writer *w, const struct density_sheet *sheet, size_t from, size_t to)
{
    const struct density_drawing *drawing = &sheet->drawing;
    const struct density_series *earlier = &drawing->series[from];
    const struct density_series *later = &drawing->series[to];
    struct kde_side sides[2] = { side_of(earlier), side_of(later) };
    struct kde_change change = kde_change_between(&sides[0], &sides[1], &drawing->grid);
    json_object_begin(w);
    json_member_text(w, "group", later->group);
    json_member_integer(w, "from", earlier->year);
    json_member_integer(w, "to", later->year);
    analysis_number(w, "mean_shift", change.mean_shift);
    analysis_number(w, "mode_shift", change.mode_shift);
    analysis_number(w, "height_ratio", change.height_ratio);
    analysis_number(w, "width_ratio", change.width_ratio);
    analysis_number(w, "overlap", change.overlap);
    analysis_rows(w, "quantile_shifts", DENSITY_QUANTILES, write_shift, &(struct shift){ &earlier->more, &later->more });
    density_reading_write_change(w, earlier, later, change.overlap, sheet->is_chinese);
    json_object_end(w);
}

static void write_changes(struct json_writer *w, const struct density_sheet *sheet)
{
    const struct density_drawing *drawing = &sheet->drawing;
    json_key(w, "changes");
    json_array_begin(w);
    for (size_t first = 0; sheet->years > 1 && first < drawing->series_count; first += sheet->years) {
        size_t last = first + sheet->years - 1;
        for (size_t i = first; i < last; i++) {
            write_change(w, sheet, i, i + 1);
        }
        if (sheet->years > 2) {
            write_change(w, sheet, first, last);
        }
    }
    json_array_end(w);
}

/* Binned where any curve is. */
static enum kde_method method_of(const struct density_drawing *drawing)
{
    enum kde_method method = KDE_METHOD_EXACT;
    for (size_t i = 0; i < drawing->series_count; i++) {
        if (drawing->series[i].curve->method == KDE_METHOD_BINNED) {
            method = KDE_METHOD_BINNED;
        }
    }
    return method;
}

void density_write(struct buffer *out, const struct density_sheet *sheet)
{
    const struct density_drawing *drawing = &sheet->drawing;
    struct json_writer w;
    json_writer_init(&w, out);
    json_object_begin(&w);
    if (sheet->indicator != NULL) {
        json_member_text(&w, "indicator", sheet->indicator);
        json_member_text(&w, "relative_to", sheet->relative_to);
    }
    json_member_text(&w, "kernel", kde_kernel_name(drawing->settings.options.kernel));
    json_member_text(&w, "convention", kde_convention_name(drawing->settings.options.convention));
    json_member_text(&w, "boundary", kde_boundary_name(drawing->settings.options.boundary));
    analysis_number(&w, "lower", drawing->settings.options.boundary != KDE_BOUNDARY_NONE ? drawing->settings.options.lower
                                                                                          : NAN);
    json_member_text(&w, "method", kde_method_name(method_of(drawing)));
    if (sheet->indicator != NULL) {
        json_member_integer(&w, "figures_revision", sheet->revision);
    }
    write_grid(&w, &drawing->grid);
    analysis_rows(&w, "series", drawing->series_count, write_series, sheet);
    write_changes(&w, sheet);
    analysis_answer_close(&w, sheet->indicator != NULL ? sheet->left_out : NULL, sheet->left_out_count);
}
