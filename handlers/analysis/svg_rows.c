/*
 * Rows of marks, as the pictures of data envelopment analysis have them.
 */
#include "handlers/analysis/svg_rows.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "handlers/analysis/svg.h"
#include "handlers/analysis/svg_plot.h"

#define PLOT 460.0
#define MARGIN 24.0
#define CELL 58.0
#define ROW 17.0
#define RANKS_HEIGHT 340.0
#define AXIS_HEIGHT 46.0
#define BAR_COLOUR "#9a9a9a"
#define WHISKER 4.0

enum { NAME_LETTERS = 24, RANK_POINTS_MAX = 1000, TICKS = 10 };

static bool has_rows(const struct svg_rows *chart)
{
    return chart->row_count <= SVG_ROWS_MAX;
}

double svg_rows_width(const struct svg_rows *chart)
{
    return SVG_ROWS_LEFT + PLOT + (double)chart->cell_count * CELL + MARGIN;
}

double svg_rows_height(const struct svg_rows *chart)
{
    return (has_rows(chart) ? (double)chart->row_count * ROW : RANKS_HEIGHT) + AXIS_HEIGHT;
}

static void widen(double value, double *from, double *to)
{
    if (isfinite(value)) {
        *from = isfinite(*from) ? fmin(*from, value) : value;
        *to = isfinite(*to) ? fmax(*to, value) : value;
    }
}

void svg_rows_extent(const struct svg_rows *chart, double *from, double *to)
{
    double least = NAN;
    double most = NAN;
    for (size_t i = 0; i < chart->row_count; i++) {
        for (size_t s = 0; s < chart->series_count; s++) {
            widen(chart->rows[i].values[s], &least, &most);
        }
        widen(chart->rows[i].low, &least, &most);
        widen(chart->rows[i].high, &least, &most);
    }
    *from = isfinite(least) ? least : *from;
    *to = isfinite(most) ? most : *to;
}

void svg_mark(struct buffer *out, size_t series, double x, double y)
{
    switch (series) {
    case 0:  svg_circle(out, x, y, 3.8, svg_colour(series)); return;
    case 1:  svg_diamond(out, x, y, 5.5, svg_colour(series)); return;
    default: svg_rectangle(out, x - 3.6, y - 3.6, 7.2, 7.2, svg_colour(series)); return;
    }
}

static void draw_bar(struct buffer *out, const struct svg_panel *panel, double low, double high, double y)
{
    double from = svg_scale_at(&panel->x, low);
    double to = svg_scale_at(&panel->x, high);
    svg_line(out, from, y, to, y, SVG_GREY, 1.4, "");
    svg_line(out, from, y - WHISKER, from, y + WHISKER, SVG_GREY, 1.4, "");
    svg_line(out, to, y - WHISKER, to, y + WHISKER, SVG_GREY, 1.4, "");
}

/* The later a series the deeper it lies, so that the first is never hidden. */
static void draw_marks(struct buffer *out, const struct svg_rows *chart, const struct svg_panel *panel, const struct svg_row *row, double y)
{
    double from = NAN;
    double to = NAN;
    for (size_t s = 0; s < chart->series_count; s++) {
        widen(row->values[s], &from, &to);
    }
    svg_group_open(out, row->told);
    if (chart->has_links && from < to) {
        svg_line(out, svg_scale_at(&panel->x, from), y, svg_scale_at(&panel->x, to), y, BAR_COLOUR, 2, "");
    }
    if (isfinite(row->low) && isfinite(row->high)) {
        draw_bar(out, panel, row->low, row->high, y);
    }
    for (size_t s = chart->series_count; s-- > 0;) {
        if (isfinite(row->values[s])) {
            svg_mark(out, s, svg_scale_at(&panel->x, row->values[s]), y);
        }
    }
    svg_group_close(out);
}

static double cell_at(size_t cell)
{
    return SVG_ROWS_LEFT + PLOT + (double)(cell + 1) * CELL;
}

static void draw_row(struct buffer *out, const struct svg_rows *chart, const struct svg_panel *panel, size_t place)
{
    const struct svg_row *row = &chart->rows[place];
    double y = panel->y.at_to + ((double)place + 0.5) * ROW;
    size_t room = svg_letters_within(row->name, 11, SVG_ROWS_LEFT - 10);
    size_t letters = room < NAME_LETTERS ? room : NAME_LETTERS;
    svg_text(out, &(struct svg_text){ SVG_ROWS_LEFT - 10, y + 4, SVG_END, 11, SVG_INK, false, false, letters }, row->name);
    if (row->note != NULL) {
        svg_rectangle(out, SVG_ROWS_LEFT + 6, y - 7, svg_text_width(row->note, 11) + 4, 14, "#ffffff"); /* lines end beside it */
        svg_label(out, SVG_ROWS_LEFT + 8, y + 4, SVG_START, 11, SVG_GREY, row->note);
    } else {
        draw_marks(out, chart, panel, row, y);
    }
    for (size_t c = 0; c < chart->cell_count; c++) {
        if (row->cells[c] != NULL) {
            svg_label(out, cell_at(c), y + 4, SVG_END, 11, SVG_INK, row->cells[c]);
        }
    }
}

static int compare_falling(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;
    return left > right ? -1 : left < right;
}

static int compare_rising(const void *a, const void *b)
{
    return compare_falling(b, a);
}

/* A line of one series, the best first, of a thousand points at the most. */
static void draw_ranks(struct buffer *out, struct arena *arena, const struct svg_rows *chart, const struct svg_panel *panel, size_t series)
{
    size_t n = 0;
    double *values = arena_array(arena, chart->row_count + 1, sizeof *values);
    if (values == NULL) {
        out->failed = true;
        return;
    }
    for (size_t i = 0; i < chart->row_count; i++) {
        if (isfinite(chart->rows[i].values[series])) {
            values[n++] = chart->rows[i].values[series];
        }
    }
    qsort(values, n, sizeof *values, chart->is_rising ? compare_rising : compare_falling);
    size_t step = n / RANK_POINTS_MAX + 1;
    svg_path_open(out);
    for (size_t i = 0; i < n; i += step) {
        svg_path_to(out, i == 0, svg_scale_at(&panel->x, (double)i + 1), svg_scale_at(&panel->y, values[i]));
    }
    svg_path_close(out, svg_colour(series), 2, svg_dashes(series));
}

static void draw_legend(struct buffer *out, const struct svg_rows *chart)
{
    double x = SVG_ROWS_LEFT;
    double y = chart->legend_at;
    for (size_t s = 0; s < chart->series_count; s++) {
        char told[96];
        if (isfinite(chart->series[s].mean)) {
            char mean[SVG_NUMBER_BYTES];
            snprintf(mean, sizeof mean, "%.3f", chart->series[s].mean);
            if (fabs(chart->series[s].mean) >= 1000) {
                svg_number(mean, round(chart->series[s].mean));
            }
            snprintf(told, sizeof told, "%.40s%.20s%.30s", chart->series[s].name, chart->mean_told, mean);
        } else {
            snprintf(told, sizeof told, "%.90s", chart->series[s].name);
        }
        if (has_rows(chart)) {
            svg_mark(out, s, x + 6, y - 4);
            svg_label(out, x + 16, y, SVG_START, 12, SVG_INK, told);
            x += 16 + svg_text_width(told, 12) + 22;
        } else {
            x = svg_legend_line(out, x, y, svg_colour(s), svg_dashes(s), told);
        }
    }
    if (chart->interval != NULL && has_rows(chart)) {
        const struct svg_panel legend = { .x = { 0, 1, x, x + 22 } };
        draw_bar(out, &legend, 0, 1, y - 4);
        svg_label(out, x + 30, y, SVG_START, 12, SVG_INK, chart->interval);
    }
    for (size_t c = 0; c < chart->cell_count && has_rows(chart); c++) {
        svg_text(out, &(struct svg_text){ cell_at(c), chart->top - 14, SVG_END, 11, SVG_INK, true, false, 0 }, chart->heads[c]);
    }
}

static void draw_upright(struct buffer *out, const struct svg_panel *panel, double at, const char *colour, double width, const char *dashes)
{
    if (isfinite(at) && at >= panel->x.from && at <= panel->x.to) {
        double x = svg_scale_at(&panel->x, at);
        svg_line(out, x, panel->y.at_from, x, panel->y.at_to, colour, width, dashes);
    }
}

/* Of the means, in the order of the series: they differ in grey print, too. */
static const char *const mean_dashes[SVG_SERIES_MAX] = { "6 4", "12 3 2 3", "2 3" };

static void draw_all_rows(struct buffer *out, const struct svg_rows *chart)
{
    double height = (double)chart->row_count * ROW;
    struct svg_panel panel = { .y = { 0, (double)chart->row_count, chart->top + height, chart->top }, .x_ticks = TICKS, .x_label = chart->x_label };
    panel.x = svg_scale_round(chart->from, chart->to, SVG_ROWS_LEFT, SVG_ROWS_LEFT + PLOT, TICKS);
    svg_panel(out, &panel);
    draw_upright(out, &panel, chart->reference, SVG_INK, 1, "");
    for (size_t s = 0; s < chart->series_count; s++) {
        draw_upright(out, &panel, chart->series[s].mean, svg_colour(s), 1, mean_dashes[s]);
    }
    for (size_t i = 0; i < chart->row_count; i++) {
        draw_row(out, chart, &panel, i);
    }
}

static void draw_lines(struct buffer *out, struct arena *arena, const struct svg_rows *chart)
{
    double bottom = chart->top + RANKS_HEIGHT;
    struct svg_panel panel = { .x = { 0, (double)chart->row_count, SVG_ROWS_LEFT, SVG_ROWS_LEFT + PLOT }, .x_ticks = 6, .y_ticks = 5,
                               .has_y_numbers = true,
                               .x_label = chart->rank_axis, .y_label = chart->rank_label };
    panel.y = svg_scale_round(chart->from, chart->to, bottom, chart->top, panel.y_ticks);
    svg_panel(out, &panel);
    if (isfinite(chart->reference) && chart->reference > panel.y.from && chart->reference < panel.y.to) {
        double y = svg_scale_at(&panel.y, chart->reference);
        svg_line(out, SVG_ROWS_LEFT, y, SVG_ROWS_LEFT + PLOT, y, SVG_INK, 1, "");
    }
    for (size_t s = chart->series_count; s-- > 0;) {
        draw_ranks(out, arena, chart, &panel, s);
    }
}

void svg_rows(struct buffer *out, struct arena *arena, const struct svg_rows *chart)
{
    draw_legend(out, chart);
    if (has_rows(chart)) {
        draw_all_rows(out, chart);
    } else {
        draw_lines(out, arena, chart);
    }
}
