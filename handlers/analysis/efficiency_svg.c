/*
 * The picture of /efficiency.
 */
#include "handlers/analysis/efficiency_svg.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "db/reference.h"
#include "handlers/analysis/label.h"
#include "handlers/analysis/svg.h"
#include "handlers/analysis/svg_plot.h"

#define LEFT 196.0
#define PLOT 460.0
#define RIGHT 92.0
#define TOP 118.0
#define ROW 17.0
#define RANKS_HEIGHT 340.0

#define CRS_COLOUR svg_colour(0)
#define VRS_COLOUR svg_colour(1)

enum { NAME_LETTERS = 24, DESCRIBED_MAX = 40, LISTED_MAX = 6, RANK_POINTS_MAX = 1000 };

struct place {
    double score, other;
    size_t unit;
};

struct picture {
    struct exchange *exchange;
    struct buffer *out;
    const struct efficiency_sheet *sheet;
    const struct dea_result *result;
    struct place *places; /* the units, the best first; those without a score last */
};

static const char *text_or(char *made, const char *otherwise)
{
    return made != NULL ? made : otherwise;
}

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

static bool rank(struct picture *p)
{
    size_t n = p->result->unit_count;
    p->places = arena_array(p->exchange->arena, n, sizeof *p->places);
    for (size_t u = 0; p->places != NULL && u < n; u++) {
        const struct dea_unit *unit = &p->result->units[u];
        bool is_scored = unit->state == DEA_UNIT_SCORED;
        p->places[u] = (struct place){ is_scored ? unit->crste : -1, is_scored ? unit->vrste : -1, u };
    }
    if (p->places != NULL) {
        qsort(p->places, n, sizeof *p->places, compare);
    }
    return p->places != NULL;
}

static const char *name_of(const struct picture *p, size_t unit)
{
    return p->sheet->provinces != NULL ? p->sheet->provinces[unit]->name_en : p->sheet->ids[unit];
}

/* "inputs: ...; outputs: ..." */
static void list(const struct picture *p, struct buffer *text, const char *what, const char *const *names, size_t count)
{
    buffer_format(text, "%s: ", what);
    for (size_t i = 0; i < count && i < LISTED_MAX; i++) {
        const char *name = p->sheet->provinces != NULL ? analysis_label_small(p->exchange->arena,
                analysis_label_find(p->exchange, names[i]).name) : names[i];
        buffer_format(text, "%s%s", i == 0 ? "" : ", ", name);
    }
    buffer_text(text, count > LISTED_MAX ? ", and more" : "");
}

static const char *keep(const struct picture *p, struct buffer *text, const char *otherwise)
{
    buffer_byte(text, 0);
    const char *kept = text->failed ? NULL : arena_text(p->exchange->arena, text->bytes);
    buffer_fini(text);
    return kept != NULL ? kept : otherwise;
}

static const char *listed(const struct picture *p, const char *what, const char *const *names, size_t count)
{
    struct buffer text;
    buffer_init(&text);
    list(p, &text, what, names, count);
    return keep(p, &text, "");
}

/* The scores in words. */
static const char *describe(const struct picture *p, const char *title)
{
    struct buffer text;
    buffer_init(&text);
    buffer_format(&text, "%s: technical efficiency with constant (crste) and with variable (vrste) returns to scale, the best first.", title);
    for (size_t i = 0; i < p->result->unit_count && i < DESCRIBED_MAX; i++) {
        const struct dea_unit *unit = &p->result->units[p->places[i].unit];
        if (unit->state == DEA_UNIT_SCORED) {
            buffer_format(&text, " %s %.3f, %.3f;", name_of(p, p->places[i].unit), unit->crste, unit->vrste);
        } else {
            buffer_format(&text, " %s: no score;", name_of(p, p->places[i].unit));
        }
    }
    return keep(p, &text, title);
}

static void draw_mean(const struct picture *p, const struct svg_panel *panel, double mean, const char *colour)
{
    if (isfinite(mean)) {
        double x = svg_scale_at(&panel->x, mean);
        svg_line(p->out, x, panel->y.at_from, x, panel->y.at_to, colour, 1, "5 4");
    }
}

static void draw_row(const struct picture *p, const struct svg_panel *panel, size_t place)
{
    static const char *const returns[] = { [DEA_RTS_IRS] = "irs", [DEA_RTS_CRS] = "crs", [DEA_RTS_DRS] = "drs" };
    size_t u = p->places[place].unit;
    const struct dea_unit *unit = &p->result->units[u];
    double y = panel->y.at_to + ((double)place + 0.5) * ROW;
    char told[64];
    svg_text(p->out, &(struct svg_text){ LEFT - 10, y + 4, SVG_END, 11, SVG_INK, false, false, NAME_LETTERS }, name_of(p, u));
    if (unit->state != DEA_UNIT_SCORED) {
        svg_label(p->out, LEFT + 8, y + 4, SVG_START, 11, SVG_GREY, "no score");
        return;
    }
    double crs = svg_scale_at(&panel->x, unit->crste);
    double vrs = svg_scale_at(&panel->x, unit->vrste);
    snprintf(told, sizeof told, ": crste %.3f, vrste %.3f, scale %.3f, %s", unit->crste, unit->vrste, unit->scale, returns[unit->rts]);
    svg_group_open(p->out, arena_format(p->exchange->arena, "%s%s", name_of(p, u), told));
    svg_line(p->out, crs, y, vrs, y, "#9a9a9a", 2, "");
    svg_diamond(p->out, vrs, y, 5.5, VRS_COLOUR);
    svg_circle(p->out, crs, y, 3.8, CRS_COLOUR);
    svg_group_close(p->out);
    snprintf(told, sizeof told, "%.3f", unit->scale);
    svg_label(p->out, LEFT + PLOT + 46, y + 4, SVG_END, 11, SVG_INK, told);
    svg_label(p->out, LEFT + PLOT + 58, y + 4, SVG_START, 11, SVG_GREY, returns[unit->rts]);
}

static int compare_scores(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;
    return left > right ? -1 : left < right;
}

/* A line of one kind of scores, the best first, of a thousand points at the most. */
static void draw_ranks(const struct picture *p, const struct svg_panel *panel, bool is_crs)
{
    size_t n = p->result->unit_count;
    size_t step = n / RANK_POINTS_MAX + 1;
    double *scores = arena_array(p->exchange->arena, n, sizeof *scores);
    bool is_first = true;
    if (scores == NULL) {
        return;
    }
    for (size_t i = 0; i < n; i++) {
        scores[i] = is_crs ? p->places[i].score : p->places[i].other;
    }
    qsort(scores, n, sizeof *scores, compare_scores);
    svg_path_open(p->out);
    for (size_t i = 0; i < n; i += step) {
        if (scores[i] >= 0) {
            svg_path_to(p->out, is_first, svg_scale_at(&panel->x, (double)i + 1), svg_scale_at(&panel->y, scores[i]));
            is_first = false;
        }
    }
    svg_path_close(p->out, is_crs ? CRS_COLOUR : VRS_COLOUR, 2, is_crs ? "" : "7 3");
}

static void draw_legend(const struct picture *p, bool has_rows)
{
    char told[64];
    double x = LEFT;
    snprintf(told, sizeof told, isfinite(p->result->mean.crste) ? "crste, mean %.3f" : "crste", p->result->mean.crste);
    svg_circle(p->out, x + 6, 84, 3.8, CRS_COLOUR);
    svg_label(p->out, x + 16, 88, SVG_START, 12, SVG_INK, told);
    x += 16 + svg_text_width(told, 12) + 24;
    snprintf(told, sizeof told, isfinite(p->result->mean.vrste) ? "vrste, mean %.3f" : "vrste", p->result->mean.vrste);
    svg_diamond(p->out, x + 6, 84, 5.5, VRS_COLOUR);
    svg_label(p->out, x + 16, 88, SVG_START, 12, SVG_INK, told);
    if (has_rows) {
        svg_text(p->out, &(struct svg_text){ LEFT + PLOT + 46, 104, SVG_END, 11, SVG_INK, true, false, 0 }, "scale");
        svg_text(p->out, &(struct svg_text){ LEFT + PLOT + 58, 104, SVG_START, 11, SVG_INK, true, false, 0 }, "rts");
    }
}

static void draw_plot(const struct picture *p, bool has_rows, double height)
{
    size_t n = p->result->unit_count;
    struct svg_panel panel = { .x = { 0, has_rows ? 1 : (double)n, LEFT, LEFT + PLOT }, .y = { 0, has_rows ? (double)n : 1, TOP + height, TOP },
                               .x_ticks = has_rows ? 10 : 6, .y_ticks = has_rows ? 0 : 5, .has_y_numbers = true,
                               .x_label = has_rows ? "efficiency (1: on the frontier)" : "rank, by each of the two for itself",
                                       .y_label = has_rows ? NULL : "efficiency" };
    svg_panel(p->out, &panel);
    if (!has_rows) {
        draw_ranks(p, &panel, false);
        draw_ranks(p, &panel, true);
        return;
    }
    draw_mean(p, &panel, p->result->mean.crste, CRS_COLOUR);
    draw_mean(p, &panel, p->result->mean.vrste, VRS_COLOUR);
    for (size_t i = 0; i < n; i++) {
        draw_row(p, &panel, i);
    }
}

void efficiency_svg(struct exchange *exchange, const struct efficiency_sheet *sheet, const struct dea_result *result)
{
    struct picture p = { .exchange = exchange, .out = &exchange->reply, .sheet = sheet, .result = result };
    struct arena *arena = exchange->arena;
    size_t n = result->unit_count;
    bool has_rows = n <= EFFICIENCY_ROWS_MAX;
    double height = has_rows ? (double)n * ROW : RANKS_HEIGHT;
    double whole = TOP + height + 74;
    if (!rank(&p)) {
        exchange->reply.failed = true;
        return;
    }
    const char *title = sheet->provinces != NULL ? text_or(arena_format(arena, "Efficiency of the provinces, %" PRId64, sheet->year), "Efficiency")
                                                 : text_or(arena_format(arena, "Efficiency of %zu units", n), "Efficiency");
    svg_open(p.out, LEFT + PLOT + RIGHT, whole, title, describe(&p, title));
    svg_text(p.out, &(struct svg_text){ 24, 26, SVG_START, 17, SVG_INK, true, false, 0 }, title);
    svg_text(p.out, &(struct svg_text){ 24, 44, SVG_START, 12, SVG_GREY, false, false, 110 }, listed(&p, "Inputs", sheet->inputs,
            sheet->problem.input_count));
    svg_text(p.out, &(struct svg_text){ 24, 60, SVG_START, 12, SVG_GREY, false, false, 110 }, listed(&p, "Outputs",
            sheet->outputs, sheet->problem.output_count));
    draw_legend(&p, has_rows);
    draw_plot(&p, has_rows, height);
    const char *source = sheet->provinces != NULL ? text_or(arena_format(arena, "; figures revision %" PRId64, sheet->revision), "") : "";
    const char *foot = text_or(arena_format(arena, "Data envelopment analysis, %s-oriented%s%s.",
                                            efficiency_orientations[sheet->options.orientation], has_rows ? "; dashed: means" : "", source), "");
    svg_label(p.out, 24, whole - 12, SVG_START, 10.5, SVG_GREY, foot);
    svg_close(p.out);
}
