/*
 * The answer of /density; density_change.c writes the changes.
 */
#include "handlers/analysis/density_write.h"

#include <math.h>

#include "handlers/analysis/density_reading.h"
#include "handlers/analysis/reply.h"
#include "json/write.h"

static void write_grid(struct json_writer *w, const struct kde_grid *grid)
{
    json_key(w, "grid");
    json_object_begin(w);
    analysis_number(w, "from", grid->from);
    analysis_number(w, "to", grid->to);
    json_member_integer(w, "points", (int64_t)grid->points);
    json_object_end(w);
}

static void write_density(struct json_writer *w, const double *density, size_t points)
{
    json_key(w, "density");
    json_array_begin(w);
    for (size_t i = 0; i < points; i++) {
        if (isfinite(density[i])) {
            json_double(w, density[i]);
        } else {
            json_value_null(w);
        }
    }
    json_array_end(w);
}

static void write_modes(struct json_writer *w, const struct density_series *series)
{
    json_key(w, "modes");
    json_array_begin(w);
    for (size_t i = 0; i < series->mode_list.count; i++) {
        const struct kde_mode *mode = &series->modes[i];
        json_object_begin(w);
        analysis_number(w, "x", mode->x);
        analysis_number(w, "height", mode->height);
        analysis_number(w, "prominence", mode->prominence);
        analysis_number(w, "width", mode->width);
        json_object_end(w);
    }
    json_array_end(w);
    json_member_integer(w, "peak_count", (int64_t)series->mode_list.peaks);
}

static void write_members(struct json_writer *w, const struct density_series *series)
{
    json_key(w, "members");
    json_array_begin(w);
    for (size_t i = 0; i < series->sample.n; i++) {
        json_text(w, series->members[i]);
    }
    json_array_end(w);
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

static void write_series(struct json_writer *w, const struct density_sheet *sheet, const struct density_series *series)
{
    const struct density_drawing *drawing = &sheet->drawing;
    const struct kde_curve *curve = series->curve;
    const struct kde_summary *summary = &curve->summary;
    json_object_begin(w);
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
    write_density(w, series->density, drawing->grid.points);
    write_modes(w, series);
    analysis_number(w, "integral", kde_grid_integral(&drawing->grid, series->density));
    density_more_write(w, &drawing->settings.wishes, &series->more);
    if (series->members != NULL) {
        write_members(w, series);
    }
    density_reading_write_series(w, series, sheet->is_chinese);
    write_warnings(w, series->warnings, sheet->is_chinese);
    json_object_end(w);
}

static void write_left_out(struct json_writer *w, const struct density_sheet *sheet)
{
    json_key(w, "left_out");
    json_array_begin(w);
    for (size_t i = 0; i < sheet->left_out_count; i++) {
        json_object_begin(w);
        json_member_text(w, "province", sheet->left_out[i].province);
        json_member_integer(w, "year", sheet->left_out[i].year);
        json_object_end(w);
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
    json_key(&w, "series");
    json_array_begin(&w);
    for (size_t i = 0; i < drawing->series_count; i++) {
        write_series(&w, sheet, &drawing->series[i]);
    }
    json_array_end(&w);
    density_changes_write(&w, sheet->changes, sheet->change_count, sheet->is_chinese);
    if (sheet->indicator != NULL) {
        write_left_out(&w, sheet);
    }
    json_object_end(&w);
    json_writer_finish(&w);
}
