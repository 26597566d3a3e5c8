/*
 * The frame of the pictures of data envelopment analysis.
 */
#include "handlers/analysis/dea_svg.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "handlers/analysis/label.h"
#include "handlers/analysis/svg.h"
#include "handlers/analysis/svg_plot.h"

#define HEAD 118.0
#define LEGEND_AT 88.0
#define FOOT 28.0

enum { DESCRIBED_MAX = 40, LISTED_MAX = 6 };

/* As they are rounded, so that a number looks like those beside it: 999.9996 is 1000, and 999999.6 is 1.00e6. */
#define LONG_NUMBER 999.9995
#define LONGEST_NUMBER 99999.5

const char *dea_svg_text(char *made, const char *otherwise)
{
    return made != NULL ? made : otherwise;
}

const char *dea_svg_number(struct arena *arena, double number)
{
    char text[SVG_NUMBER_BYTES];
    if (!isfinite(number)) {
        return "-";
    }
    if (fabs(number) < LONG_NUMBER) {
        snprintf(text, sizeof text, "%.3f", number == 0 ? 0.0 : number);
    } else if (fabs(number) < LONGEST_NUMBER) {
        svg_number(text, round(number));
    } else {
        char digits[SVG_NUMBER_BYTES]; /* "1.00e+06": rounded before the power is told */
        snprintf(digits, sizeof digits, "%.2e", number);
        snprintf(text, sizeof text, "%.*se%ld", (int)strcspn(digits, "e"), digits, strtol(strchr(digits, 'e') + 1, NULL, 10));
    }
    return dea_svg_text(arena_text(arena, text), "");
}

struct place {
    struct dea_svg_rank rank;
    size_t unit;
};

static int compare(const void *a, const void *b)
{
    const struct place *left = a;
    const struct place *right = b;
    if (left->rank.is_scored != right->rank.is_scored) {
        return left->rank.is_scored ? -1 : 1;
    }
    if (left->rank.is_scored && left->rank.first != right->rank.first) {
        return left->rank.first > right->rank.first ? -1 : 1;
    }
    if (left->rank.is_scored && left->rank.second != right->rank.second) {
        return left->rank.second > right->rank.second ? -1 : 1;
    }
    return left->unit < right->unit ? -1 : left->unit > right->unit;
}

const struct svg_row *dea_svg_rows(struct arena *arena, const struct dea_svg_units *units)
{
    struct place *places = arena_array(arena, units->count + 1, sizeof *places);
    struct svg_row *rows = arena_array(arena, units->count + 1, sizeof *rows);
    if (places == NULL || rows == NULL) {
        return NULL;
    }
    for (size_t u = 0; u < units->count; u++) {
        places[u] = (struct place){ units->rank(units->context, u), u };
    }
    qsort(places, units->count, sizeof *places, compare);
    for (size_t i = 0; i < units->count; i++) {
        rows[i] = units->row(arena, units->context, places[i].unit);
    }
    return rows;
}

/* "Inputs: beds, staff"; what is "Inputs". */
static const char *list(const struct dea_picture *picture, const char *what, const char *const *names, size_t count)
{
    struct exchange *exchange = picture->exchange;
    struct arena *arena = exchange->arena;
    struct buffer text;
    buffer_init(&text);
    buffer_text(&text, analysis_label_say(exchange, what));
    buffer_text(&text, analysis_label_marks(exchange)->colon);
    for (size_t i = 0; i < count && i < LISTED_MAX; i++) {
        const char *name = picture->is_stored ? analysis_label_small(arena, analysis_label_find(exchange, names[i]).name) : names[i];
        buffer_text(&text, i == 0 ? "" : analysis_label_marks(exchange)->comma);
        buffer_text(&text, name);
    }
    buffer_text(&text, count > LISTED_MAX ? analysis_label_say(exchange, ", and more") : "");
    buffer_byte(&text, 0);
    const char *kept = text.failed ? NULL : arena_text(arena, text.bytes);
    buffer_fini(&text);
    return kept != NULL ? kept : "";
}

/* The rows in words. */
static const char *describe(const struct dea_picture *picture)
{
    struct exchange *exchange = picture->exchange;
    struct buffer text;
    buffer_init(&text);
    buffer_format(&text, "%s: ", picture->title);
    buffer_text(&text, analysis_label_join(exchange, &picture->what, 1));
    for (size_t i = 0; i < picture->chart.row_count && i < DESCRIBED_MAX; i++) {
        const struct svg_row *row = &picture->chart.rows[i];
        if (row->note != NULL) {
            buffer_format(&text, " %s%s%s;", row->name, analysis_label_marks(exchange)->colon, row->note);
        } else {
            buffer_format(&text, " %s;", row->told != NULL ? row->told : row->name);
        }
    }
    buffer_byte(&text, 0);
    const char *kept = text.failed ? NULL : arena_text(exchange->arena, text.bytes);
    buffer_fini(&text);
    return kept != NULL ? kept : picture->title;
}

void dea_svg(const struct dea_picture *picture)
{
    struct exchange *exchange = picture->exchange;
    struct buffer *out = &exchange->reply;
    struct arena *arena = exchange->arena;
    struct svg_rows chart = picture->chart;
    if (chart.rows == NULL) {
        out->failed = true;
        return;
    }
    chart.top = HEAD + picture->more_height;
    chart.legend_at = LEGEND_AT;
    chart.mean_told = analysis_label_say(exchange, ", mean ");
    chart.rank_axis = analysis_label_say(exchange, chart.series_count > 1 ? "rank, by each of them for itself" : "rank");
    double height = chart.top + svg_rows_height(&chart) + FOOT;
    double width = svg_rows_width(&chart);
    svg_open(out, width, height, picture->title, describe(picture));
    svg_heading(out, 24, width, picture->title);
    const char *inputs = list(picture, "Inputs", picture->inputs, picture->input_count);
    const char *outputs = list(picture, "Outputs", picture->outputs, picture->output_count);
    svg_text(out, &(struct svg_text){ 24, 44, SVG_START, 12, SVG_GREY, false, false, svg_letters_within(inputs, 12, width - 48) }, inputs);
    svg_text(out, &(struct svg_text){ 24, 60, SVG_START, 12, SVG_GREY, false, false, svg_letters_within(outputs, 12, width - 48) }, outputs);
    if (picture->draw_more != NULL) {
        picture->draw_more(out, arena, picture->context, LEGEND_AT);
    }
    svg_rows(out, arena, &chart);
    const char *parts[DEA_SVG_PARTS_MAX + 1] = { NULL };
    memcpy(parts, picture->made, sizeof picture->made);
    parts[DEA_SVG_PARTS_MAX] = picture->is_stored ? arena_format(arena, "figures revision %" PRId64, picture->revision) : NULL;
    svg_label(out, 24, height - 12, SVG_START, SVG_FOOT_SIZE, SVG_GREY, analysis_label_join(exchange, parts, DEA_SVG_PARTS_MAX + 1));
    svg_close(out);
}
