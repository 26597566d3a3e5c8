/*
 * The picture of /density. All panels share both axes, so that they can be compared.
 */
#include "handlers/analysis/density_svg.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "analytics/kde/kde.h"
#include "handlers/analysis/label.h"
#include "handlers/analysis/svg.h"
#include "handlers/analysis/svg_plot.h"

enum { RUG_VALUES_MAX = 400, RUG_ROWS_MAX = 8, PATH_POINTS_MAX = 600 };

#define TOP 74.0
#define LEGEND_WIDTH 84.0
#define LEGEND_ROW 18.0
#define PEAK_SHARE 0.1 /* of the highest mode's height: what counts as a peak */
#define RUG_ROW 8.0

struct picture {
    struct exchange *exchange;
    struct buffer *out;
    const struct density_sheet *sheet;
    const struct density_drawing *drawing;
    size_t years, groups;
    struct svg_layout layout;
    double rug, top_density;
    const char *x_label;
};

static const char *format_or(char *made, const char *otherwise)
{
    return made != NULL ? made : otherwise;
}

/* "Western (10 provinces)" */
static const char *panel_title(const struct picture *p, const struct density_series *series)
{
    struct arena *arena = p->exchange->arena;
    if (series->year == 0) {
        return NULL;
    }
    bool is_stored = p->sheet->indicator != NULL;
    const char *group = analysis_label_group(p->exchange, series->group, is_stored);
    return analysis_label_say(p->exchange, is_stored ? arena_format(arena, "%s (%zu provinces)", group, series->sample.n)
                                                     : arena_format(arena, "%s (%zu units)", group, series->sample.n));
}

static void draw_curve(const struct picture *p, const struct svg_panel *panel, const struct density_series *series, size_t colour)
{
    const struct kde_grid *grid = &p->drawing->grid;
    size_t step = grid->points / PATH_POINTS_MAX + 1;
    bool is_first = true;
    svg_path_open(p->out);
    for (size_t i = 0; i < grid->points; i += i + step < grid->points || i + 1 == grid->points ? step : grid->points - 1 - i) {
        if (isfinite(series->density[i])) {
            svg_path_to(p->out, is_first, svg_scale_at(&panel->x, kde_grid_at(grid, i)), svg_scale_at(&panel->y, series->density[i]));
            is_first = false;
        }
    }
    svg_path_close(p->out, svg_colour(colour), 2, svg_dashes(colour));
}

static void draw_peaks(const struct picture *p, const struct svg_panel *panel, const struct density_series *series, size_t colour)
{
    double least = PEAK_SHARE * series->modes[series->mode_list.highest].height;
    for (size_t i = 0; i < series->mode_list.count; i++) {
        const struct kde_mode *mode = &series->modes[i];
        if (mode->prominence >= least && mode->x >= panel->x.from && mode->x <= panel->x.to && isfinite(mode->height)) {
            svg_circle(p->out, svg_scale_at(&panel->x, mode->x), svg_scale_at(&panel->y, mode->height), 3, svg_colour(colour));
        }
    }
}

/* A mark for each value, in a row of its year's own. */
static void draw_rug(const struct picture *p, const struct svg_panel *panel, const struct density_series *series, size_t row)
{
    char number[SVG_NUMBER_BYTES];
    double y = panel->y.at_from + 2 + (double)row * RUG_ROW;
    for (size_t i = 0; i < series->sample.n; i++) {
        double value = series->sample.values[i];
        if (value < panel->x.from || value > panel->x.to) {
            continue;
        }
        svg_number(number, value);
        const char *member = series->members != NULL ? series->members[i] : "value";
        double x = svg_scale_at(&panel->x, value);
        svg_group_open(p->out, arena_format(p->exchange->arena, "%s: %s", member, number));
        svg_line(p->out, x, y, x, y + RUG_ROW - 2, svg_colour(row), 1.2, "");
        svg_group_close(p->out);
    }
}

static void draw_panel(const struct picture *p, size_t group)
{
    const struct density_series *series = &p->drawing->series[group * p->years];
    double left = svg_layout_x(&p->layout, group);
    double top = svg_layout_y(&p->layout, group);
    struct svg_panel panel = { .title = panel_title(p, series), .x_label = p->x_label,
                               .y_label = group % p->layout.columns == 0 ? analysis_label_say(p->exchange, "density") : NULL,
                               .x_ticks = p->groups == 1 ? 10 : 6, .y_ticks = 6, .has_y_numbers = true, .rug = p->rug };
    panel.x = svg_scale_make(p->drawing->grid.from, p->drawing->grid.to, left, left + p->layout.width);
    panel.y = svg_scale_round(0, p->top_density * 1.02, top + p->layout.height, top, panel.y_ticks);
    svg_group_open(p->out, NULL);
    svg_panel(p->out, &panel);
    for (size_t y = 0; y < p->years; y++) {
        draw_curve(p, &panel, &series[y], y);
        draw_peaks(p, &panel, &series[y], y);
        if (p->rug > 0) {
            draw_rug(p, &panel, &series[y], y);
        }
    }
    svg_group_close(p->out);
}

/* What the picture shows, for those who cannot see it. */
static const char *describe(const struct picture *p, const char *title)
{
    struct exchange *exchange = p->exchange;
    struct buffer text;
    char number[SVG_NUMBER_BYTES];
    buffer_init(&text);
    buffer_format(&text, "%s%s ", title, analysis_label_marks(exchange)->stop);
    buffer_text(&text, analysis_label_say(exchange, p->groups == 1 ? "Curves on one scale, 1 panel."
                                                        : arena_format(exchange->arena, "Curves on one scale, %zu panels.", p->groups)));
    for (size_t i = 0; i < p->drawing->series_count && i < 24; i++) {
        const struct density_series *series = &p->drawing->series[i];
        if (series->group != NULL || series->year != 0) {
            const char *group = exchange->is_chinese ? analysis_label_group(exchange, series->group, p->sheet->indicator != NULL)
                : series->group != NULL ? series->group : "all";
            buffer_format(&text, " %s ", group);
            buffer_format(&text, "%" PRId64 ":", series->year);
        }
        svg_number(number, series->modes[series->mode_list.highest].x);
        char *peaks = series->mode_list.peaks == 1 ? arena_format(exchange->arena, "1 peak, the highest at %s", number)
            : arena_format(exchange->arena, "%zu peaks, the highest at %s", series->mode_list.peaks, number);
        buffer_format(&text, " %s;", analysis_label_say(exchange, peaks));
    }
    buffer_byte(&text, 0);
    const char *kept = text.failed ? NULL : arena_text(p->exchange->arena, text.bytes);
    buffer_fini(&text);
    return kept != NULL ? kept : title;
}

/* How many years stand beside each other in the legend. */
static size_t legend_columns(const struct picture *p)
{
    double room = svg_layout_width(&p->layout) - p->layout.left - p->layout.right;
    return (size_t)(room / LEGEND_WIDTH);
}

/* Years in their colours, in as many rows as they need; one year alone needs none. */
static void draw_legend(const struct picture *p)
{
    size_t columns = legend_columns(p);
    for (size_t i = 0; i < p->years && p->years > 1; i++) {
        const char *year = format_or(arena_format(p->exchange->arena, "%" PRId64, p->drawing->series[i].year), "");
        (void)svg_legend_line(p->out, p->layout.left + (double)(i % columns) * LEGEND_WIDTH, 66 + (double)(i / columns) * LEGEND_ROW, svg_colour(i),
                              svg_dashes(i), year);
    }
}

/* How it was made, under it. */
static const char *footer(const struct picture *p)
{
    const struct kde_options *options = &p->drawing->settings.options;
    struct arena *arena = p->exchange->arena;
    char number[SVG_NUMBER_BYTES];
    svg_number(number, p->drawing->series[0].curve->bandwidth.value);
    const char *rule = options->rule == KDE_RULE_NUMBER ? number : kde_rule_name(options->rule);
    const char *what = p->sheet->indicator != NULL ? "marks under the axis are the provinces"
        : p->drawing->is_of_units ? "marks under the axis are the units" : "marks under the axis are the values";
    const char *weights = p->sheet->weights == NULL ? NULL : analysis_label_small(arena, analysis_label_find(p->exchange, p->sheet->weights).name);
    const char *const parts[] = {
        arena_format(arena, "Kernel %s, bandwidth %s", kde_kernel_name(options->kernel), rule),
        weights == NULL ? NULL : arena_format(arena, "weighted by %s", weights),
        "dots are peaks",
        p->rug > 0 ? what : NULL,
        p->sheet->indicator == NULL ? NULL : arena_format(arena, "figures revision %" PRId64, p->sheet->revision),
    };
    return analysis_label_join(p->exchange, parts, sizeof parts / sizeof parts[0]);
}

static size_t count_values(const struct density_drawing *drawing)
{
    size_t values = 0;
    for (size_t i = 0; i < drawing->series_count; i++) {
        values += drawing->series[i].sample.n;
    }
    return values;
}

static void settle(struct picture *p)
{
    for (size_t i = 0; i < p->drawing->series_count; i++) {
        const struct density_series *series = &p->drawing->series[i];
        for (size_t k = 0; k < p->drawing->grid.points; k++) {
            p->top_density = isfinite(series->density[k]) ? fmax(p->top_density, series->density[k]) : p->top_density;
        }
        for (size_t k = 0; k < series->mode_list.count; k++) { /* a peak may stand between two points of the grid */
            const struct kde_mode *mode = &series->modes[k];
            bool is_shown = mode->x >= p->drawing->grid.from && mode->x <= p->drawing->grid.to && isfinite(mode->height);
            p->top_density = is_shown ? fmax(p->top_density, mode->height) : p->top_density;
        }
    }
    if (!(p->top_density > 0)) {
        p->top_density = 1;
    }
    if (count_values(p->drawing) <= RUG_VALUES_MAX && p->years <= RUG_ROWS_MAX) {
        p->rug = 4 + (double)p->years * RUG_ROW;
    }
}

void density_svg(struct exchange *exchange, const struct density_sheet *sheet)
{
    struct arena *arena = exchange->arena;
    struct picture p = { .exchange = exchange, .out = &exchange->reply, .sheet = sheet, .drawing = &sheet->drawing,
                         .years = sheet->drawing.years };
    p.groups = p.drawing->series_count / p.years;
    settle(&p);
    const char *title = analysis_label_say(exchange, arena_format(arena, "Density of %zu values", count_values(p.drawing)));
    bool is_relative = sheet->relative_to != NULL && strcmp(sheet->relative_to, "none") != 0;
    if (sheet->indicator != NULL) {
        struct analysis_label label = analysis_label_find(exchange, sheet->indicator);
        p.x_label = !is_relative ? label.unit
            : analysis_label_say(exchange, strcmp(sheet->relative_to, "mean") == 0 ? "multiple of the provinces' mean"
                                                                                   : "multiple of the people's mean");
        title = label.name;
    } else if (is_relative) {
        p.x_label = analysis_label_say(exchange, "multiple of the units' mean");
    }
    p.layout = svg_layout_make(p.groups, TOP, p.groups == 1 ? 320 : 250, p.rug + (p.x_label != NULL ? 74 : 56));
    if (sheet->relative_to != NULL) { /* titles of panels, and years */
        p.layout.top += 16 + (p.years > 1 ? (double)((p.years - 1) / legend_columns(&p) + 1) * LEGEND_ROW : 0);
    }
    const char *foot = footer(&p);
    double width = svg_layout_width_with(&p.layout, title, foot);
    double height = svg_layout_y(&p.layout, p.groups - 1) + p.layout.row + 8;
    svg_open(p.out, width, height, title, describe(&p, title));
    svg_heading(p.out, p.layout.left, width, title);
    svg_label(p.out, p.layout.left, 44, SVG_START, 12, SVG_GREY, analysis_label_say(exchange, "Kernel density estimates"));
    draw_legend(&p);
    for (size_t group = 0; group < p.groups; group++) {
        draw_panel(&p, group);
    }
    svg_foot(p.out, p.layout.left, height - 12, width, foot);
    svg_close(p.out);
}
