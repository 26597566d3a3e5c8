/*
 * The picture of the radial scores, and of their intervals. efficiency_model_svg.c has the other models.
 */
#include "handlers/analysis/efficiency_svg.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "db/reference.h"
#include "handlers/analysis/dea_svg.h"

struct place {
    double score, other;
    size_t unit;
};

static const char *const returns[] = { [DEA_RTS_IRS] = "irs", [DEA_RTS_CRS] = "crs", [DEA_RTS_DRS] = "drs" };

/* By crste, then vrste, falling; those without a score behind the others; equal ones as they came. */
static int compare(const void *a, const void *b)
{
    const struct place *left = a;
    const struct place *right = b;
    if (left->score != right->score) {
        return left->score > right->score ? -1 : 1;
    }
    if (left->other != right->other) {
        return left->other > right->other ? -1 : 1;
    }
    return left->unit < right->unit ? -1 : left->unit > right->unit;
}

const char *efficiency_svg_name(const struct efficiency_sheet *sheet, size_t unit)
{
    return sheet->provinces != NULL ? sheet->provinces[unit]->name_en : sheet->ids[unit];
}

const char *efficiency_svg_title(struct arena *arena, const struct efficiency_sheet *sheet, const char *what)
{
    char *title = sheet->provinces != NULL ? arena_format(arena, "%s of the provinces, %" PRId64, what, sheet->year)
                                           : arena_format(arena, "%s of %zu units", what, sheet->problem.unit_count);
    return dea_svg_text(title, what);
}

/* The interval of a unit, or NULL. */
static const struct dea_interval *interval_of(const struct efficiency_sheet *sheet, size_t unit)
{
    return sheet->intervals != NULL ? &sheet->intervals->units[unit] : NULL;
}

static bool is_crs(const struct efficiency_sheet *sheet)
{
    return sheet->options.frontier == DEA_CRS;
}

/* What stands in a unit's row. */
static struct svg_row make_row(struct arena *arena, const struct efficiency_sheet *sheet, const struct dea_result *result, size_t u)
{
    const struct dea_unit *unit = &result->units[u];
    const struct dea_interval *interval = interval_of(sheet, u);
    struct svg_row row = { .name = efficiency_svg_name(sheet, u), .low = NAN, .high = NAN, .values = { NAN, NAN, NAN } };
    if (unit->state != DEA_UNIT_SCORED) {
        row.note = "no score";
        return row;
    }
    if (interval == NULL) {
        row.values[0] = unit->crste;
        row.values[1] = unit->vrste;
        row.cells[0] = dea_svg_number(arena, unit->scale);
        row.cells[1] = returns[unit->rts];
        row.told = arena_format(arena, "%s: crste %.3f, vrste %.3f, scale %.3f, %s", row.name, unit->crste, unit->vrste, unit->scale,
                                returns[unit->rts]);
        return row;
    }
    row.values[0] = is_crs(sheet) ? unit->crste : unit->vrste;
    row.values[1] = interval->corrected;
    row.low = interval->low;
    row.high = interval->high;
    row.cells[0] = dea_svg_number(arena, interval->corrected);
    row.cells[1] = dea_svg_number(arena, interval->low);
    row.cells[2] = dea_svg_number(arena, interval->high);
    row.told = arena_format(arena, "%s: score %.3f, corrected %s, interval %s to %s", row.name, row.values[0], row.cells[0], row.cells[1],
                            row.cells[2]);
    return row;
}

/* The rows, the best first; NULL without memory. */
static const struct svg_row *make_rows(struct arena *arena, const struct efficiency_sheet *sheet, const struct dea_result *result)
{
    size_t n = result->unit_count;
    struct place *places = arena_array(arena, n, sizeof *places);
    struct svg_row *rows = arena_array(arena, n, sizeof *rows);
    if (places == NULL || rows == NULL) {
        return NULL;
    }
    for (size_t u = 0; u < n; u++) {
        const struct dea_unit *unit = &result->units[u];
        bool is_scored = unit->state == DEA_UNIT_SCORED;
        const struct dea_interval *interval = interval_of(sheet, u);
        double first = interval != NULL && !is_crs(sheet) ? unit->vrste : unit->crste;
        double second = interval == NULL ? unit->vrste : isfinite(interval->corrected) ? interval->corrected : 0;
        places[u] = (struct place){ is_scored ? first : -1, is_scored ? second : -1, u };
    }
    qsort(places, n, sizeof *places, compare);
    for (size_t i = 0; i < n; i++) {
        rows[i] = make_row(arena, sheet, result, places[i].unit);
    }
    return rows;
}

static void tell_scores(struct dea_picture *picture, const struct efficiency_sheet *sheet, const struct dea_result *result)
{
    struct svg_rows *chart = &picture->chart;
    struct arena *arena = picture->exchange->arena;
    chart->series[0] = (struct svg_series){ "crste", result->mean.crste };
    chart->series[1] = (struct svg_series){ "vrste", result->mean.vrste };
    chart->has_links = true;
    chart->heads[0] = "scale";
    chart->heads[1] = "rts";
    chart->cell_count = 2;
    picture->what = "technical efficiency with constant (crste) and with variable (vrste) returns to scale, the best first";
    picture->made = dea_svg_text(arena_format(arena, "Data envelopment analysis, %s-oriented%s", efficiency_orientations[sheet->options.orientation],
                                              chart->row_count <= SVG_ROWS_MAX ? "; dashed: means" : ""), "");
}

static void tell_intervals(struct dea_picture *picture, const struct efficiency_sheet *sheet)
{
    struct svg_rows *chart = &picture->chart;
    struct arena *arena = picture->exchange->arena;
    chart->series[0] = (struct svg_series){ is_crs(sheet) ? "crste" : "vrste", NAN };
    chart->series[1] = (struct svg_series){ "corrected for bias", NAN };
    chart->interval = dea_svg_text(arena_format(arena, "interval of %g %%", sheet->bootstrap.level * 100), "interval");
    chart->heads[0] = "corrected";
    chart->heads[1] = "low";
    chart->heads[2] = "high";
    chart->cell_count = 3;
    picture->what = "scores, the same corrected for bias, and the intervals for them, the best first";
    picture->made = dea_svg_text(arena_format(arena, "Data envelopment analysis, %s-oriented; smoothed bootstrap, %zu replications, seed %" PRIu64,
                                              efficiency_orientations[sheet->options.orientation], sheet->bootstrap.replications,
                                              sheet->bootstrap.seed), "");
}

void efficiency_svg(struct exchange *exchange, const struct efficiency_sheet *sheet, const struct dea_result *result)
{
    struct dea_picture picture = { .exchange = exchange, .inputs = sheet->inputs, .outputs = sheet->outputs, .input_count = result->input_count,
                                   .output_count = result->output_count, .is_stored = sheet->provinces != NULL, .revision = sheet->revision };
    struct svg_rows *chart = &picture.chart;
    *chart = (struct svg_rows){ .series_count = 2, .rows = make_rows(exchange->arena, sheet, result), .row_count = result->unit_count, .from = 0,
                                .to = 1, .reference = NAN, .x_label = "efficiency (1: on the frontier)", .rank_label = "efficiency" };
    if (chart->rows == NULL) {
        exchange->reply.failed = true;
        return;
    }
    picture.title = efficiency_svg_title(exchange->arena, sheet, "Efficiency");
    if (sheet->intervals != NULL) {
        tell_intervals(&picture, sheet);
    } else {
        tell_scores(&picture, sheet, result);
    }
    dea_svg(&picture);
}
