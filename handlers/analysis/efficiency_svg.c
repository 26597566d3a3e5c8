/*
 * The picture of the radial scores, and of their intervals. efficiency_model_svg.c has the other models.
 */
#include "handlers/analysis/efficiency_svg.h"

#include <inttypes.h>
#include <math.h>

#include "db/reference.h"
#include "handlers/analysis/dea_svg.h"
#include "handlers/analysis/label.h"

struct drawn {
    const struct exchange *exchange;
    const struct efficiency_sheet *sheet;
    const struct dea_result *result;
};

static const char *const returns[] = { [DEA_RTS_IRS] = "irs", [DEA_RTS_CRS] = "crs", [DEA_RTS_DRS] = "drs" };

const char *const efficiency_svg_sides[] = { [DEA_OUTPUT] = "output-oriented", [DEA_INPUT] = "input-oriented" };

const char *efficiency_svg_dashed(const struct svg_rows *chart)
{
    return chart->row_count <= SVG_ROWS_MAX ? "dashed: means" : NULL;
}

const char *efficiency_svg_name(const struct efficiency_sheet *sheet, size_t unit, bool is_chinese)
{
    return sheet->provinces == NULL ? sheet->ids[unit] : is_chinese ? sheet->provinces[unit]->name_zh : sheet->provinces[unit]->name_en;
}

struct dea_picture efficiency_svg_picture(struct exchange *exchange, const struct efficiency_sheet *sheet, const char *what)
{
    const struct dea_problem *problem = &sheet->problem;
    char *title = sheet->provinces != NULL ? arena_format(exchange->arena, "%s of the provinces, %" PRId64, what, sheet->year)
                                           : arena_format(exchange->arena, "%s of %zu units", what, problem->unit_count);
    return (struct dea_picture){ .exchange = exchange, .title = analysis_label_say(exchange, dea_svg_text(title, what)),
                                 .inputs = sheet->inputs, .outputs = sheet->outputs,
                                 .input_count = problem->input_count, .output_count = problem->output_count,
                                 .is_stored = sheet->provinces != NULL, .revision = sheet->revision };
}

/* The interval of a unit, or NULL. */
static const struct dea_interval *interval_of(const struct efficiency_sheet *sheet, size_t unit)
{
    return sheet->intervals != NULL ? &sheet->intervals->units[unit] : NULL;
}

/* What the score of the chosen frontier is called in the answers. */
static const char *const scores[] = { [DEA_VRS] = "vrste", [DEA_CRS] = "crste", [DEA_NIRS] = "nirste", [DEA_NDRS] = "ndrste", [DEA_FDH] = "score" };

/* What stands in a unit's row. */
static struct svg_row make_row(struct arena *arena, const void *context, size_t u)
{
    const struct drawn *drawn = context;
    const struct efficiency_sheet *sheet = drawn->sheet;
    const struct dea_unit *unit = &drawn->result->units[u];
    const struct dea_interval *interval = interval_of(sheet, u);
    struct svg_row row = { .name = efficiency_svg_name(sheet, u, drawn->exchange->is_chinese), .low = NAN, .high = NAN, .values = { NAN, NAN, NAN } };
    const char *colon = analysis_label_marks(drawn->exchange)->colon;
    if (unit->state != DEA_UNIT_SCORED) {
        row.note = analysis_label_say(drawn->exchange, "no score");
        return row;
    }
    if (interval == NULL) {
        row.values[0] = unit->crste;
        row.values[1] = unit->vrste;
        row.cells[0] = dea_svg_number(arena, unit->scale);
        row.cells[1] = returns[unit->rts];
        row.told = arena_format(arena, "%s%scrste %.3f, vrste %.3f, scale %.3f, %s", row.name, colon, unit->crste, unit->vrste, unit->scale,
                                returns[unit->rts]);
        return row;
    }
    row.values[0] = unit->score;
    row.values[1] = interval->corrected;
    row.low = interval->low;
    row.high = interval->high;
    row.cells[0] = dea_svg_number(arena, interval->corrected);
    row.cells[1] = dea_svg_number(arena, interval->low);
    row.cells[2] = dea_svg_number(arena, interval->high);
    row.told = arena_format(arena, "%s%s%s", row.name, colon,
                            analysis_label_say(drawn->exchange, arena_format(arena, "score %s, corrected %s, interval %s to %s",
                                                                             dea_svg_number(arena, row.values[0]), row.cells[0], row.cells[1],
                                                                             row.cells[2])));
    return row;
}

/* By crste, then vrste; with intervals by the frontier's score, then the corrected one. */
static struct dea_svg_rank rank(const void *context, size_t u)
{
    const struct drawn *drawn = context;
    const struct dea_unit *unit = &drawn->result->units[u];
    const struct dea_interval *interval = interval_of(drawn->sheet, u);
    double first = interval != NULL ? unit->score : unit->crste;
    double second = interval == NULL ? unit->vrste : isfinite(interval->corrected) ? interval->corrected : 0;
    return (struct dea_svg_rank){ unit->state == DEA_UNIT_SCORED, first, second };
}

static void tell_scores(struct dea_picture *picture, const struct efficiency_sheet *sheet, const struct dea_result *result)
{
    struct svg_rows *chart = &picture->chart;
    chart->series[0] = (struct svg_series){ "crste", result->mean.crste };
    chart->series[1] = (struct svg_series){ "vrste", result->mean.vrste };
    chart->has_links = true;
    chart->heads[0] = "scale";
    chart->heads[1] = "rts";
    chart->cell_count = 2;
    picture->what = "technical efficiency with constant (crste) and with variable (vrste) returns to scale, the best first";
    picture->made[0] = arena_format(picture->exchange->arena, "Data envelopment analysis, %s", efficiency_svg_sides[sheet->options.orientation]);
    picture->made[1] = efficiency_svg_dashed(chart);
}

static void tell_intervals(struct dea_picture *picture, const struct efficiency_sheet *sheet)
{
    struct svg_rows *chart = &picture->chart;
    const struct exchange *exchange = picture->exchange;
    struct arena *arena = exchange->arena;
    chart->series[0] = (struct svg_series){ scores[sheet->options.frontier], NAN };
    chart->series[1] = (struct svg_series){ analysis_label_say(exchange, "corrected for bias"), NAN };
    chart->interval = dea_svg_text(arena_format(arena, "%s %g %%", analysis_label_say(exchange, "interval of"), sheet->bootstrap.level * 100), "");
    chart->heads[0] = "corrected";
    chart->heads[1] = "low";
    chart->heads[2] = "high";
    chart->cell_count = 3;
    picture->what = "scores, the same corrected for bias, and the intervals for them, the best first";
    picture->made[0] = arena_format(arena, "Data envelopment analysis, %s", efficiency_svg_sides[sheet->options.orientation]);
    picture->made[1] = arena_format(arena, "smoothed bootstrap, %zu replications, seed %" PRIu64, sheet->bootstrap.replications,
                                    sheet->bootstrap.seed);
}

void efficiency_svg(struct exchange *exchange, const struct efficiency_sheet *sheet, const struct dea_result *result)
{
    const struct drawn drawn = { exchange, sheet, result };
    const struct dea_svg_units units = { result->unit_count, &drawn, rank, make_row };
    struct dea_picture picture = efficiency_svg_picture(exchange, sheet, "Efficiency");
    struct svg_rows *chart = &picture.chart;
    *chart = (struct svg_rows){ .series_count = 2, .rows = dea_svg_rows(exchange->arena, &units), .row_count = result->unit_count, .from = 0,
                                .to = 1, .reference = NAN, .x_label = analysis_label_say(exchange, "efficiency (1: on the frontier)"),
                                .rank_label = analysis_label_say(exchange, "efficiency") };
    if (sheet->intervals != NULL) {
        tell_intervals(&picture, sheet);
    } else {
        tell_scores(&picture, sheet, result);
    }
    dea_svg(&picture);
}
