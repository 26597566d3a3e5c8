/*
 * The pictures of the models beyond the plain radial one.
 */
#include "handlers/analysis/efficiency_model_svg.h"

#include <math.h>

#include "handlers/analysis/dea_svg.h"
#include "handlers/analysis/efficiency_model.h"
#include "handlers/analysis/efficiency_svg.h"
#include "handlers/analysis/label.h"

enum { PARTS_MAX = 2 };

/* How a model is drawn. */
struct look {
    const char *title, *x_label, *score, *what;
    const char *parts[PARTS_MAX]; /* of which there are marks, too, or NULL */
    size_t part_at[PARTS_MAX];    /* their places among the parts of analytics/dea/model.h */
    const char *cells[SVG_CELLS_MAX];
    bool is_rising; /* 0 is the best */
    bool is_share;  /* of 1, the frontier */
};

static const struct look looks[] = {
    [DEA_MODEL_RADIAL] = { "Efficiency", "efficiency (1: on the frontier)", "score", "technical efficiency", { NULL }, { 0 },
                           { "score", "efficient" }, false, true },
    [DEA_MODEL_SUPER] = { "Super-efficiency", "efficiency beside the others alone (above 1: could get worse and be on the frontier)", "score",
                          "super-efficiency", { NULL }, { 0 }, { "score", "efficient" }, false, false },
    [DEA_MODEL_SBM] = { "Slacks-based efficiency", "slacks-based efficiency (1: no slack)", "score", "slacks-based efficiency", { NULL }, { 0 },
                        { "score", "efficient" }, false, true },
    [DEA_MODEL_ADDITIVE] = { "Slacks", "sum of the slacks (0: efficient)", "sum", "the largest sum of slacks, 0 being efficient", { NULL }, { 0 },
                             { "sum", "efficient" }, true, false },
    [DEA_MODEL_DIRECTIONAL] = { "Distance to the frontier", "distance as a share of what the unit has (0: on the frontier)", "distance",
                                "directional distance to the frontier, 0 being on it", { NULL }, { 0 }, { "distance", "efficient" }, true, false },
    [DEA_MODEL_CROSS] = { "Cross-efficiency", "efficiency (1: on the frontier)", "by all units' weights",
                          "cross-efficiency and the score by the unit's own weights", { "by its own" }, { 0 }, { "cross", "own", "maverick" },
                          false, true },
    [DEA_MODEL_COST] = { "Cost efficiency", "efficiency (1: could not be had cheaper)", "cost efficiency",
                         "cost efficiency, technical times allocative", { "technical", "allocative" }, { 2, 3 },
                         { "cost eff.", "technical", "allocative" }, false, true },
};

struct drawn {
    const struct exchange *exchange;
    const struct efficiency_sheet *sheet;
    const struct dea_model_result *result;
    const struct look *look;
};

static const char *note_of(enum dea_model_state state)
{
    switch (state) {
    case DEA_MODEL_SCORED:      return NULL;
    case DEA_MODEL_INFEASIBLE:  return "infeasible: no others do as much";
    case DEA_MODEL_UNBOUNDED:   return "unbounded: something from nothing";
    case DEA_MODEL_NO_INPUTS:
    case DEA_MODEL_NO_OUTPUTS:
    case DEA_MODEL_UNCERTIFIED: return "no score";
    }
    return NULL;
}

static struct svg_row make_row(struct arena *arena, const void *context, size_t u)
{
    const struct drawn *drawn = context;
    const struct efficiency_sheet *sheet = drawn->sheet;
    const struct look *look = drawn->look;
    const struct dea_model_unit *unit = &drawn->result->units[u];
    struct svg_row row = { .name = efficiency_svg_name(sheet, u, drawn->exchange->is_chinese), .values = { NAN, NAN, NAN }, .low = NAN,
                           .high = NAN };
    if (note_of(unit->state) != NULL) {
        row.note = analysis_label_say(drawn->exchange, note_of(unit->state));
        return row;
    }
    const char *score = dea_svg_number(arena, unit->score);
    row.values[0] = unit->score;
    row.cells[0] = score;
    row.told = arena_format(arena, "%s%s%s %s", row.name, analysis_label_marks(drawn->exchange)->colon,
                            analysis_label_say(drawn->exchange, look->score), score);
    for (size_t i = 0; i < PARTS_MAX && look->parts[i] != NULL; i++) {
        row.values[i + 1] = unit->parts[look->part_at[i]];
        row.cells[i + 1] = dea_svg_number(arena, row.values[i + 1]);
        row.told = arena_format(arena, "%s, %s %s", row.told != NULL ? row.told : row.name,
                                analysis_label_say(drawn->exchange, look->parts[i]), row.cells[i + 1]);
    }
    if (sheet->model.model == DEA_MODEL_CROSS) {
        row.cells[2] = dea_svg_number(arena, unit->parts[1]);
    } else if (drawn->result->has_efficiency && sheet->model.model != DEA_MODEL_COST) {
        row.cells[1] = efficiency_name(unit->efficiency);
    }
    return row;
}

static struct dea_svg_rank rank(const void *context, size_t u)
{
    const struct drawn *drawn = context;
    const struct dea_model_unit *unit = &drawn->result->units[u];
    return (struct dea_svg_rank){ unit->state == DEA_MODEL_SCORED, drawn->look->is_rising ? -unit->score : unit->score, 0 };
}

static const char *const sides[] = { [DEA_SIDE_OUTPUT] = "output-oriented", [DEA_SIDE_INPUT] = "input-oriented", [DEA_SIDE_BOTH] = "not oriented" };

static void tell(struct dea_picture *picture, const struct efficiency_sheet *sheet, const struct dea_model_result *result, const struct look *look)
{
    struct svg_rows *chart = &picture->chart;
    const struct exchange *exchange = picture->exchange;
    struct arena *arena = exchange->arena;
    chart->series[0] = (struct svg_series){ analysis_label_say(exchange, look->score), result->mean.score };
    chart->series_count = 1;
    while (chart->series_count <= PARTS_MAX && look->parts[chart->series_count - 1] != NULL) {
        size_t part = chart->series_count - 1;
        chart->series[chart->series_count++] = (struct svg_series){ analysis_label_say(exchange, look->parts[part]),
                                                                            result->mean.parts[look->part_at[part]] };
        if (chart->series_count == SVG_SERIES_MAX) {
            break;
        }
    }
    for (size_t c = 0; c < SVG_CELLS_MAX && look->cells[c] != NULL; c++) {
        bool is_efficient = c == 1 && look->parts[0] == NULL;
        if (!is_efficient || result->has_efficiency) {
            chart->heads[chart->cell_count++] = look->cells[c];
        }
    }
    const char *how = sheet->model.model == DEA_MODEL_CROSS ? efficiency_goals[sheet->model.is_aggressive] : sides[sheet->model.side];
    picture->what = dea_svg_text(arena_format(arena, "%s, the best first", look->what), look->what);
    picture->made[0] = arena_format(arena, "Data envelopment analysis, model %s, frontier %s, %s", efficiency_models[sheet->model.model],
                                    efficiency_frontiers[sheet->model.frontier], how);
    picture->made[1] = sheet->model.is_fixed != NULL ? "some inputs fixed" : sheet->model.limit_count > 0 ? "weights restricted"
        : sheet->model.is_normalised && sheet->model.model == DEA_MODEL_ADDITIVE ? "each slack over its column's mean" : NULL;
    picture->made[2] = efficiency_svg_dashed(chart);
}

void efficiency_model_svg(struct exchange *exchange, const struct efficiency_sheet *sheet, const struct dea_model_result *result)
{
    const struct look *look = &looks[sheet->model.model];
    const struct drawn drawn = { exchange, sheet, result, look };
    const struct dea_svg_units units = { result->unit_count, &drawn, rank, make_row };
    struct dea_picture picture = efficiency_svg_picture(exchange, sheet, look->title);
    struct svg_rows *chart = &picture.chart;
    double least = 0;
    *chart = (struct svg_rows){ .series_count = 1, .rows = dea_svg_rows(exchange->arena, &units), .row_count = result->unit_count,
                                .has_links = true, .from = 0, .to = 1, .reference = look->is_share || look->is_rising ? (double)NAN : 1.0,
                                .is_rising = look->is_rising, .x_label = analysis_label_say(exchange, look->x_label),
                                .rank_label = analysis_label_say(exchange, look->score) };
    tell(&picture, sheet, result, look);
    if (!look->is_share && chart->rows != NULL) {
        svg_rows_extent(chart, &least, &chart->to);
        chart->to = look->is_rising && chart->to > 0 ? chart->to : fmax(chart->to, 1);
        chart->from = fmin(least, 0);
    }
    dea_svg(&picture);
}
