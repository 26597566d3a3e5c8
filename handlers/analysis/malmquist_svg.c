/*
 * The picture of /efficiency/malmquist.
 */
#include "handlers/analysis/malmquist_svg.h"

#include <inttypes.h>
#include <math.h>

#include "db/reference.h"
#include "handlers/analysis/dea_svg.h"
#include "handlers/analysis/efficiency_svg.h"
#include "handlers/analysis/label.h"
#include "handlers/analysis/svg.h"
#include "handlers/analysis/svg_plot.h"

#define STEPS_HEIGHT 224.0
#define STEPS_TOP 44.0
#define STEPS_PLOT 140.0
#define STEPS_WIDTH 460.0
#define LABEL_SIZE 11.0

enum { INDICES = 3 };

static const char *const names[INDICES] = { "tfpch", "effch", "techch" };

struct drawn {
    const struct exchange *exchange;
    const struct malmquist_sheet *sheet;
    const struct dea_changes *changes;
};

static void take_indices(const struct dea_change_means *means, double indices[INDICES])
{
    indices[0] = means->tfpch;
    indices[1] = means->effch;
    indices[2] = means->techch;
}

static struct svg_row make_row(struct arena *arena, const void *context, size_t u)
{
    const struct drawn *drawn = context;
    const struct malmquist_sheet *sheet = drawn->sheet;
    const struct dea_change_means *means = &drawn->changes->unit_means[u];
    const char *name = sheet->provinces == NULL ? sheet->ids[u]
        : drawn->exchange->is_chinese ? sheet->provinces[u]->name_zh : sheet->provinces[u]->name_en;
    struct svg_row row = { .name = name, .low = NAN, .high = NAN };
    take_indices(means, row.values);
    if (means->count == 0) {
        row.note = analysis_label_say(drawn->exchange, "no change is defined");
        return row;
    }
    for (size_t i = 0; i < INDICES; i++) {
        row.cells[i] = dea_svg_number(arena, row.values[i]);
    }
    row.told = arena_format(arena, "%s%stfpch %s, effch %s, techch %s", row.name, analysis_label_marks(drawn->exchange)->colon,
                            row.cells[0], row.cells[1], row.cells[2]);
    return row;
}

static struct dea_svg_rank rank(const void *context, size_t u)
{
    const struct drawn *drawn = context;
    const struct dea_change_means *means = &drawn->changes->unit_means[u];
    return (struct dea_svg_rank){ means->count > 0, means->tfpch, 0 };
}

static double step_at(const struct svg_panel *panel, size_t step, size_t count)
{
    return panel->x.at_from + ((double)step + 0.5) / (double)count * (panel->x.at_to - panel->x.at_from);
}

/* "2010-2014" under each step, or under every so manieth where there is not room for all. */
static void draw_step_names(struct buffer *out, struct arena *arena, const struct svg_panel *panel, const struct drawn *drawn)
{
    size_t count = drawn->changes->step_count;
    double widest = svg_text_width("2000-2000", LABEL_SIZE) + 8;
    for (size_t s = 0; s < count; s++) {
        const char *name = arena_format(arena, "%" PRId64 "-%" PRId64, drawn->sheet->periods[s], drawn->sheet->periods[s + 1]);
        widest = name != NULL ? fmax(widest, svg_text_width(name, LABEL_SIZE) + 8) : widest;
    }
    size_t every = (size_t)ceil(widest * (double)count / (panel->x.at_to - panel->x.at_from));
    for (size_t s = 0; s < count; s += every > 0 ? every : 1) {
        double x = step_at(panel, s, count);
        char *name = arena_format(arena, "%" PRId64 "-%" PRId64, drawn->sheet->periods[s], drawn->sheet->periods[s + 1]);
        svg_line(out, x, panel->y.at_from, x, panel->y.at_from + 4, SVG_INK, 1, "");
        svg_label(out, x, panel->y.at_from + 17, SVG_MIDDLE, LABEL_SIZE, SVG_INK, dea_svg_text(name, ""));
    }
}

static void draw_step_line(struct buffer *out, const struct svg_panel *panel, const struct dea_changes *changes, size_t index)
{
    double indices[INDICES];
    bool is_first = true;
    svg_path_open(out);
    for (size_t s = 0; s < changes->step_count; s++) {
        take_indices(&changes->step_means[s], indices);
        if (isfinite(indices[index])) {
            svg_path_to(out, is_first, step_at(panel, s, changes->step_count), svg_scale_at(&panel->y, indices[index]));
            is_first = false;
        }
    }
    svg_path_close(out, svg_colour(index), 1.6, svg_dashes(index));
    for (size_t s = 0; s < changes->step_count; s++) {
        take_indices(&changes->step_means[s], indices);
        if (isfinite(indices[index])) {
            svg_mark(out, index, step_at(panel, s, changes->step_count), svg_scale_at(&panel->y, indices[index]));
        }
    }
}

static void draw_steps(struct buffer *out, struct arena *arena, const void *context, double top)
{
    const struct drawn *drawn = context;
    double least = 1;
    double most = 1;
    for (size_t s = 0; s < drawn->changes->step_count; s++) {
        double indices[INDICES];
        take_indices(&drawn->changes->step_means[s], indices);
        for (size_t i = 0; i < INDICES; i++) {
            least = isfinite(indices[i]) ? fmin(least, indices[i]) : least;
            most = isfinite(indices[i]) ? fmax(most, indices[i]) : most;
        }
    }
    struct svg_panel panel = { .x = { 0, 1, SVG_ROWS_LEFT, SVG_ROWS_LEFT + STEPS_WIDTH }, .x_ticks = 0, .y_ticks = 4, .has_y_numbers = true,
                               .title = analysis_label_say(drawn->exchange, "All units, step by step"),
                               .y_label = analysis_label_say(drawn->exchange, "geometric mean") };
    panel.y = svg_scale_round(least, most, top + STEPS_TOP + STEPS_PLOT, top + STEPS_TOP, panel.y_ticks);
    svg_panel(out, &panel);
    double one = svg_scale_at(&panel.y, 1);
    svg_line(out, panel.x.at_from, one, panel.x.at_to, one, SVG_INK, 1, "");
    draw_step_names(out, arena, &panel, drawn);
    for (size_t i = INDICES; i-- > 0;) {
        draw_step_line(out, &panel, drawn->changes, i);
    }
}

static void settle_axis(struct svg_rows *chart)
{
    chart->from = 1;
    chart->to = 1;
    svg_rows_extent(chart, &chart->from, &chart->to);
    chart->from = fmin(chart->from, 1);
    chart->to = fmax(chart->to, 1);
}

void malmquist_svg(struct exchange *exchange, const struct malmquist_sheet *sheet, const struct dea_changes *changes)
{
    struct arena *arena = exchange->arena;
    const struct drawn drawn = { exchange, sheet, changes };
    const struct dea_svg_units units = { changes->unit_count, &drawn, rank, make_row };
    struct dea_picture picture = { .exchange = exchange, .inputs = sheet->inputs, .outputs = sheet->outputs,
                                   .input_count = sheet->panel.input_count, .output_count = sheet->panel.output_count,
                                   .is_stored = sheet->provinces != NULL, .revision = sheet->revision,
                                   .what = "change of total factor productivity (tfpch), the efficiency (effch) and the technology "
                                           "(techch) in it; above 1 is better; the greatest change first" };
    struct svg_rows *chart = &picture.chart;
    double means[INDICES];
    *chart = (struct svg_rows){ .series_count = INDICES, .rows = dea_svg_rows(arena, &units), .row_count = changes->unit_count, .reference = 1,
                                .cell_count = INDICES, .x_label = analysis_label_say(exchange, "index (above 1: better)"),
                                .rank_label = analysis_label_say(exchange, "index") };
    take_indices(&changes->mean, means);
    for (size_t i = 0; i < INDICES; i++) {
        chart->series[i] = (struct svg_series){ names[i], means[i] };
        chart->heads[i] = names[i];
    }
    if (chart->rows != NULL) {
        settle_axis(chart);
    }
    if (changes->step_count > 1) {
        picture.draw_more = draw_steps;
        picture.more_height = STEPS_HEIGHT;
        picture.context = &drawn;
    }
    const int64_t from = sheet->periods[0];
    const int64_t to = sheet->periods[changes->step_count];
    picture.title = analysis_label_say(exchange, sheet->provinces != NULL
            ? arena_format(arena, "Productivity of the provinces, %" PRId64 " to %" PRId64, from, to)
            : arena_format(arena, "Productivity of the units, %" PRId64 " to %" PRId64, from, to));
    picture.made[0] = arena_format(arena, "Malmquist index, %s, geometric means", efficiency_svg_sides[sheet->orientation]);
    picture.made[1] = chart->row_count <= SVG_ROWS_MAX ? "dashed: means of all" : NULL;
    dea_svg(&picture);
}
