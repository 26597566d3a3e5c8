/*
 * What all pictures have: axes, panels, a legend.
 */
#include "handlers/analysis/svg_plot.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "handlers/analysis/svg.h"

#define NUMBER_SIZE 11.0
#define LABEL_SIZE 12.0
#define TITLE_SIZE 13.0
#define TICK_LENGTH 4.0
#define LEGEND_LINE 26.0

enum { COLUMNS_MAX = 3, NUMBERS_DIGITS = 4 };

double svg_scale_at(const struct svg_scale *scale, double value)
{
    return scale->at_from + (value - scale->from) / (scale->to - scale->from) * (scale->at_to - scale->at_from);
}

struct svg_scale svg_scale_make(double from, double to, double at_from, double at_to)
{
    double least = fmax(fabs(from), fabs(to)) * 1e-9;
    if (!(to - from > least)) { /* no spread: room on both sides */
        double room = least > 0 ? fabs(to) * 0.1 : 1;
        from -= room;
        to += room;
    }
    return (struct svg_scale){ from, to, at_from, at_to };
}

/* 1, 2 or 5 times a power of ten, so that about count steps fill the span. */
static double step_of(double span, size_t count)
{
    double rough = span / (double)count;
    double power = pow(10, floor(log10(rough)));
    double digit = rough / power;
    return power * (digit <= 1.5 ? 1 : digit <= 3.5 ? 2 : digit <= 7.5 ? 5 : 10);
}

struct svg_scale svg_scale_round(double from, double to, double at_from, double at_to, size_t count)
{
    struct svg_scale scale = svg_scale_make(from, to, at_from, at_to);
    double step = step_of(scale.to - scale.from, count);
    scale.from = floor(scale.from / step + 1e-9) * step;
    scale.to = ceil(scale.to / step - 1e-9) * step;
    return scale;
}

size_t svg_ticks(const struct svg_scale *scale, size_t count, double ticks[SVG_TICKS_MAX])
{
    double step = step_of(scale->to - scale->from, count);
    double first = ceil(scale->from / step - 1e-9);
    size_t n = 0;
    for (double i = first; n < SVG_TICKS_MAX && i * step <= scale->to + step * 1e-9; i += 1) {
        ticks[n++] = i == 0 ? 0 : i * step;
    }
    return n;
}

/* 1234567.5 as 1,234,567.5 */
static void put_thousands(char text[SVG_NUMBER_BYTES], const char *digits)
{
    size_t whole = strcspn(digits, ".");
    size_t used = 0;
    for (size_t i = 0; digits[i] != 0 && used + 2 < SVG_NUMBER_BYTES; i++) {
        if (i > 0 && i < whole && (whole - i) % 3 == 0 && digits[i - 1] != '-') {
            text[used++] = ',';
        }
        text[used++] = digits[i];
    }
    text[used] = 0;
}

void svg_number(char text[SVG_NUMBER_BYTES], double number)
{
    char digits[SVG_NUMBER_BYTES];
    double size = fabs(number);
    if (size != 0 && (size < 1e-4 || size >= 1e9)) {
        int exponent = (int)floor(log10(size));
        double scaled = exponent < -300 ? number * 1e100 / pow(10, exponent + 100) : number / pow(10, exponent); /* 10^-324 is 0 */
        snprintf(digits, sizeof digits, "%.3g", scaled);
        snprintf(text, SVG_NUMBER_BYTES, "%.20se%d", digits, exponent);
        return;
    }
    int length = snprintf(digits, sizeof digits, "%.*f", (int)NUMBERS_DIGITS, number);
    while (length > 1 && digits[length - 1] == '0') {
        length--;
    }
    length -= digits[length - 1] == '.' ? 1 : 0;
    digits[length] = 0;
    put_thousands(text, strcmp(digits, "-0") == 0 ? "0" : digits);
}

/* How wide the widest of the ticks' numbers gets. */
static double widest(const double *ticks, size_t count)
{
    char number[SVG_NUMBER_BYTES];
    double width = 0;
    for (size_t i = 0; i < count; i++) {
        svg_number(number, ticks[i]);
        width = fmax(width, svg_text_width(number, NUMBER_SIZE));
    }
    return width;
}

/* Ticks of the x axis: fewer where their numbers would run into each other. */
static size_t make_x_ticks(const struct svg_panel *panel, double ticks[SVG_TICKS_MAX])
{
    size_t count = 0;
    for (size_t wanted = panel->x_ticks; wanted > 0; wanted--) {
        count = svg_ticks(&panel->x, wanted, ticks);
        double room = count > 1 ? svg_scale_at(&panel->x, ticks[1]) - svg_scale_at(&panel->x, ticks[0]) : INFINITY;
        if (widest(ticks, count) + NUMBER_SIZE <= room) {
            break;
        }
    }
    return count;
}

static void draw_x(struct buffer *out, const struct svg_panel *panel)
{
    double ticks[SVG_TICKS_MAX];
    char number[SVG_NUMBER_BYTES];
    double bottom = panel->y.at_from + panel->rug;
    size_t count = make_x_ticks(panel, ticks);
    for (size_t i = 0; i < count; i++) {
        double x = svg_scale_at(&panel->x, ticks[i]);
        svg_line(out, x, panel->y.at_from, x, panel->y.at_to, SVG_GRID, 0.6, "");
        svg_line(out, x, bottom, x, bottom + TICK_LENGTH, SVG_INK, 1, "");
        svg_number(number, ticks[i]);
        svg_label(out, x, bottom + TICK_LENGTH + NUMBER_SIZE + 1, SVG_MIDDLE, NUMBER_SIZE, SVG_INK, number);
    }
}

/* Returns how much room the numbers take. */
static double draw_y(struct buffer *out, const struct svg_panel *panel)
{
    double ticks[SVG_TICKS_MAX];
    char number[SVG_NUMBER_BYTES];
    double left = panel->x.at_from;
    size_t count = panel->y_ticks == 0 ? 0 : svg_ticks(&panel->y, panel->y_ticks, ticks);
    for (size_t i = 0; i < count; i++) {
        double y = svg_scale_at(&panel->y, ticks[i]);
        svg_line(out, left, y, panel->x.at_to, y, SVG_GRID, 0.6, "");
        svg_line(out, left - TICK_LENGTH, y, left, y, SVG_INK, 1, "");
        if (panel->has_y_numbers) {
            svg_number(number, ticks[i]);
            svg_label(out, left - TICK_LENGTH - 3, y + NUMBER_SIZE * 0.36, SVG_END, NUMBER_SIZE, SVG_INK, number);
        }
    }
    return panel->has_y_numbers ? widest(ticks, count) : 0;
}

void svg_panel(struct buffer *out, const struct svg_panel *panel)
{
    double left = panel->x.at_from;
    double right = panel->x.at_to;
    double bottom = panel->y.at_from;
    double top = panel->y.at_to;
    draw_x(out, panel);
    double room = draw_y(out, panel);
    svg_line(out, left, bottom, right, bottom, SVG_INK, 1, "");
    svg_line(out, left, bottom, left, top, SVG_INK, 1, "");
    if (panel->rug > 0) {
        svg_line(out, left, bottom + panel->rug, right, bottom + panel->rug, SVG_GRID, 1, "");
    }
    if (panel->title != NULL) {
        svg_text(out, &(struct svg_text){ left, top - 8, SVG_START, TITLE_SIZE, SVG_INK, true, false, 0 }, panel->title);
    }
    if (panel->x_label != NULL) {
        size_t letters = svg_letters_within(panel->x_label, LABEL_SIZE, right - left + 24);
        svg_text(out, &(struct svg_text){ (left + right) / 2, bottom + panel->rug + 36, SVG_MIDDLE, LABEL_SIZE, SVG_INK, false, false, letters },
                 panel->x_label);
    }
    if (panel->y_label != NULL) {
        svg_text(out, &(struct svg_text){ left - fmax(44, room + 18), (bottom + top) / 2, SVG_MIDDLE, LABEL_SIZE, SVG_INK, false, true, 0 },
                 panel->y_label);
    }
}

double svg_legend_line(struct buffer *out, double x, double y, const char *colour, const char *dashes, const char *text)
{
    svg_line(out, x, y - 4, x + LEGEND_LINE, y - 4, colour, 2, dashes);
    svg_label(out, x + LEGEND_LINE + 6, y, SVG_START, LABEL_SIZE, SVG_INK, text);
    return x + LEGEND_LINE + 6 + svg_text_width(text, LABEL_SIZE) + 18;
}

struct svg_layout svg_layout_make(size_t panels, double top, double height, double below)
{
    return (struct svg_layout){ .columns = panels == 4 ? 2 : panels < COLUMNS_MAX ? panels : COLUMNS_MAX, .width = panels == 1
            ? 560 : 290, .height = height,
                                .left = 72, .top = top, .right = 24, .gap = 40, .row = height + below };
}

double svg_layout_x(const struct svg_layout *layout, size_t panel)
{
    return layout->left + (double)(panel % layout->columns) * (layout->width + layout->gap);
}

double svg_layout_y(const struct svg_layout *layout, size_t panel)
{
    return layout->top + (double)(panel / layout->columns) * layout->row;
}

double svg_layout_width(const struct svg_layout *layout)
{
    return layout->left + (double)layout->columns * layout->width + (double)(layout->columns - 1) * layout->gap + layout->right;
}

#define BOLDER 1.06     /* how much wider bold letters are */
#define PAGE_WIDTH 1100.0

void svg_heading(struct buffer *out, double x, double width, const char *title)
{
    svg_text(out, &(struct svg_text){ x, 26, SVG_START, SVG_HEADING_SIZE, SVG_INK, true, false,
                                      svg_letters_within(title, SVG_HEADING_SIZE * BOLDER, width - x - 4) }, title);
}

void svg_foot(struct buffer *out, double x, double y, double width, const char *foot)
{
    size_t letters = svg_letters_within(foot, SVG_FOOT_SIZE, width - x - 4);
    svg_text(out, &(struct svg_text){ x, y, SVG_START, SVG_FOOT_SIZE, SVG_GREY, false, false, letters }, foot);
}

double svg_layout_width_with(const struct svg_layout *layout, const char *title, const char *foot)
{
    double text = fmax(svg_text_width(title, SVG_HEADING_SIZE * BOLDER), svg_text_width(foot, SVG_FOOT_SIZE));
    return fmax(svg_layout_width(layout), fmin(PAGE_WIDTH, layout->left + text + layout->right));
}
