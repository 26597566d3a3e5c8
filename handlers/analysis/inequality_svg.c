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
    const char *told = is_known ? gini : analysis_label_say(p->exchange, "undefined");
    return analysis_label_say(p->exchange, series->year != 0 ? arena_format(arena, "%" PRId64 ": Gini %s", series->year, told)
                                                             : arena_format(arena, "Gini %s", told));
}

static const char *panel_title(const struct picture *p, const struct inequality_series *series)
{
    struct arena *arena = p->exchange->arena;
    const char *group = analysis_label_group(p->exchange, series->group, p->is_stored);
    return analysis_label_say(p->exchange, p->is_stored ? arena_format(arena, "%s (%zu provinces)", group, series->sample.n)
                                                        : arena_format(arena, "%s (%zu values)", group, series->sample.n));
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
                                     .y_label = group % p->layout.columns == 0 ? analysis_label_say(p->exchange, "share of the whole") : NULL,
                                     .has_y_numbers = true };
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
    buffer_format(&text, "%s: ", title);
    buffer_text(&text, analysis_label_say(p->exchange, "Lorenz curves against the line of equality."));
    for (size_t i = 0; i < p->groups * p->years && i < DESCRIBED_MAX; i++) {
        const struct inequality_series *series = &p->drawing->series[i];
        const char *group = p->exchange->is_chinese ? analysis_label_group(p->exchange, series->group, p->is_stored)
            : series->group != NULL ? series->group : "all";
        buffer_format(&text, " %s, ", group);
        buffer_format(&text, "%s;", tell_gini(p, series));
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
                         .years = sheet->year_count > 0 ? sheet->year_count : 1,
                         .x_label = analysis_label_say(exchange, "share of the values, smallest first") };
    const char *title = analysis_label_say(exchange, "Inequality");
    char *source = NULL;
    p.groups = p.drawing->series_count / p.years;
    p.groups = p.groups < PANELS_MAX ? p.groups : PANELS_MAX;
    if (p.is_stored) {
        struct analysis_label label = analysis_label_find(exchange, sheet->indicator);
        title = label.name;
        p.x_label = analysis_label_say(exchange, "share of the provinces, smallest first");
        if (sheet->per != NULL) {
            struct analysis_label per = analysis_label_find(exchange, sheet->per);
            title = text_or(arena_format(arena, "%s%s%s", label.name, analysis_label_say(exchange, ", by "),
                                         analysis_label_small(arena, per.name)), title);
            p.x_label = analysis_label_say(exchange, arena_format(arena, "share of %s", analysis_label_small(arena, per.name)));
        }
        source = arena_format(arena, "figures revision %" PRId64, sheet->revision);
    }
    p.layout = svg_layout_make(p.groups, TOP, SIDE, 82);
    p.layout.width = SIDE;
    const char *foot = analysis_label_join(exchange, (const char *const[]){ "Grey: equality", source }, 2);
    double width = svg_layout_width_with(&p.layout, title, foot);
    double height = svg_layout_y(&p.layout, p.groups - 1) + p.layout.row;
    svg_open(p.out, width, height, title, describe(&p, title));
    svg_heading(p.out, p.layout.left, width, title);
    svg_label(p.out, p.layout.left, 44, SVG_START, 12, SVG_GREY, analysis_label_say(exchange, "Lorenz curves"));
    for (size_t group = 0; group < p.groups; group++) {
        draw_panel(&p, group);
    }
    svg_foot(p.out, p.layout.left, height - 12, width, foot);
    svg_close(p.out);
}
