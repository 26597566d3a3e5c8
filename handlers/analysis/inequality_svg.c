/*
 * The picture of /inequality.
 */
#include "handlers/analysis/inequality_svg.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "handlers/analysis/label.h"
#include "handlers/analysis/svg.h"
#include "handlers/analysis/svg_plot.h"

#define SIDE 290.0
#define TOP 84.0
#define LINE 15.0

enum { GINIS_MAX = 12, PANELS_MAX = 30, DESCRIBED_MAX = 24 };

struct picture {
    struct exchange *exchange;
    struct buffer *out;
    const struct inequality_drawing *drawing;
    size_t years, groups;
    struct svg_layout layout;
    bool is_stored;
    const char *x_label;
};

static const char *text_or(char *made, const char *otherwise)
{
    return made != NULL ? made : otherwise;
}

/* "2010: Gini 0.096" */
static const char *tell_gini(const struct picture *p, const struct inequality_series *series)
{
    struct arena *arena = p->exchange->arena;
    bool is_known = series->order != NULL && series->result.reason[INEQUALITY_GINI] == INEQUALITY_DEFINED;
    char gini[32];
    snprintf(gini, sizeof gini, "%.4f", is_known ? series->result.value[INEQUALITY_GINI] : 0);
    const char *told = is_known ? gini : "undefined";
    return series->year != 0 ? text_or(arena_format(arena, "%" PRId64 ": Gini %s", series->year, told), "")
                             : text_or(arena_format(arena, "Gini %s", told), "");
}

static const char *panel_title(const struct picture *p, const struct inequality_series *series)
{
    struct arena *arena = p->exchange->arena;
    const char *group = analysis_label_capital(arena, series->group != NULL ? series->group : "all");
    return text_or(arena_format(arena, "%s (%zu %s)", group, series->sample.n, p->is_stored ? "provinces" : "values"), "");
}

static void draw_curve(const struct picture *p, const struct svg_panel *panel, const struct inequality_series *series, size_t year)
{
    if (series->point_count > 0) {
        svg_path_open(p->out);
        for (size_t i = 0; i < series->point_count; i++) {
            svg_path_to(p->out, i == 0, svg_scale_at(&panel->x, series->points[i].population), svg_scale_at(&panel->y, series->points[i].share));
        }
        svg_path_close(p->out, svg_colour(year), 2, svg_dashes(year));
    }
    if (year < GINIS_MAX) {
        double x = panel->x.at_from + 10;
        double y = panel->y.at_to + 20 + (double)year * LINE;
        (void)svg_legend_line(p->out, x, y, svg_colour(year), svg_dashes(year), tell_gini(p, series));
    }
}

static void draw_panel(const struct picture *p, size_t group)
{
    const struct inequality_series *series = &p->drawing->series[group * p->years];
    double left = svg_layout_x(&p->layout, group);
    double top = svg_layout_y(&p->layout, group);
    const struct svg_panel panel = { .x = { 0, 1, left, left + SIDE }, .y = { 0, 1, top + SIDE, top }, .x_ticks = 5, .y_ticks = 5,
                                     .title = panel_title(p, series), .x_label = p->x_label,
                                     .y_label = group % p->layout.columns == 0 ? "share of the whole" : NULL, .has_y_numbers = true };
    svg_group_open(p->out, NULL);
    svg_panel(p->out, &panel);
    svg_line(p->out, left, top + SIDE, left + SIDE, top, SVG_GREY, 1, "");
    for (size_t y = 0; y < p->years; y++) {
        draw_curve(p, &panel, &series[y], y);
    }
    svg_group_close(p->out);
}

static const char *describe(const struct picture *p, const char *title)
{
    struct buffer text;
    buffer_init(&text);
    buffer_format(&text, "%s: Lorenz curves against the line of equality.", title);
    for (size_t i = 0; i < p->groups * p->years && i < DESCRIBED_MAX; i++) {
        const struct inequality_series *series = &p->drawing->series[i];
        buffer_format(&text, " %s, %s;", series->group != NULL ? series->group : "all", tell_gini(p, series));
    }
    buffer_byte(&text, 0);
    const char *kept = text.failed ? NULL : arena_text(p->exchange->arena, text.bytes);
    buffer_fini(&text);
    return kept != NULL ? kept : title;
}

void inequality_svg(struct exchange *exchange, const struct inequality_sheet *sheet)
{
    struct arena *arena = exchange->arena;
    struct picture p = { .exchange = exchange, .out = &exchange->reply, .drawing = &sheet->drawing, .is_stored = sheet->indicator != NULL,
                         .years = sheet->year_count > 0 ? sheet->year_count : 1, .x_label = "share of the values, smallest first" };
    const char *title = "Inequality";
    const char *source = "";
    p.groups = p.drawing->series_count / p.years;
    p.groups = p.groups < PANELS_MAX ? p.groups : PANELS_MAX;
    if (p.is_stored) {
        struct analysis_label label = analysis_label_find(exchange, sheet->indicator);
        title = label.name;
        p.x_label = "share of the provinces, smallest first";
        if (sheet->per != NULL) {
            struct analysis_label per = analysis_label_find(exchange, sheet->per);
            title = text_or(arena_format(arena, "%s, by %s", label.name, analysis_label_small(arena, per.name)), title);
            p.x_label = text_or(arena_format(arena, "share of %s", analysis_label_small(arena, per.name)), p.x_label);
        }
        source = text_or(arena_format(arena, "; figures revision %" PRId64, sheet->revision), "");
    }
    p.layout = svg_layout_make(p.groups, TOP, SIDE, 82);
    p.layout.width = SIDE;
    double width = svg_layout_width(&p.layout);
    double height = svg_layout_y(&p.layout, p.groups - 1) + p.layout.row;
    svg_open(p.out, width, height, title, describe(&p, title));
    svg_text(p.out, &(struct svg_text){ p.layout.left, 26, SVG_START, 17, SVG_INK, true, false, 0 }, title);
    svg_label(p.out, p.layout.left, 44, SVG_START, 12, SVG_GREY, "Lorenz curves");
    for (size_t group = 0; group < p.groups; group++) {
        draw_panel(&p, group);
    }
    const char *foot = text_or(arena_format(arena, "Grey: equality%s.", source), "");
    svg_label(p.out, p.layout.left, height - 12, SVG_START, 10.5, SVG_GREY, foot);
    svg_close(p.out);
}
