/*
 * The answer of /density. Changes compare neighbouring years of a group, and the first
 * year with the last where others lie between.
 */
#include "handlers/analysis/density_write.h"

#include <math.h>

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
    if (series->sample.weights != NULL) {
        analysis_number(w, "weighted_sd", series->spread);
    }
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
    }
    if (sheet->weights != NULL) {
        json_member_text(&w, "weights", sheet->weights);
    }
    if (sheet->relative_to != NULL) {
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
    density_changes_write(&w, sheet->changes, sheet->change_count, sheet->is_chinese);
    analysis_answer_close(&w, sheet->relative_to != NULL ? sheet->left_out : NULL, sheet->left_out_count);
}
