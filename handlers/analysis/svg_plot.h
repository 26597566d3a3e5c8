#ifndef HANDLERS_ANALYSIS_SVG_PLOT_H
#define HANDLERS_ANALYSIS_SVG_PLOT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

/*
 * Axes, panels and legends of pictures, with svg.h. A scale leads from values to pixels; its ticks stand at multiples of 1,
 * 2 or 5 times a power of ten.
 */
struct svg_scale {
    double from, to;       /* values, from < to */
    double at_from, at_to; /* pixels */
};

double svg_scale_at(const struct svg_scale *scale, double value);

/* A scale of values in which there may be no spread. */
struct svg_scale svg_scale_make(double from, double to, double at_from, double at_to);

/* The same, widened to whole ticks at both ends, of which there are about count. */
struct svg_scale svg_scale_round(double from, double to, double at_from, double at_to, size_t count);

enum { SVG_TICKS_MAX = 24 };

/* Where the ticks are; at most SVG_TICKS_MAX. */
size_t svg_ticks(const struct svg_scale *scale, size_t count, double ticks[SVG_TICKS_MAX]);

/* One panel: its scales (y upwards: at_from is the bottom) and labels. NULL: no label. */
struct svg_panel {
    struct svg_scale x, y;
    size_t x_ticks, y_ticks; /* about how many; y_ticks 0: none */
    const char *title, *x_label, *y_label;
    bool has_y_numbers;
    double rug; /* room between the axis and its numbers */
};

/* Frame, grid, ticks, numbers and labels. */
void svg_panel(struct buffer *out, const struct svg_panel *panel);

/* How a number stands in a picture: up to 4 digits behind the point, commas between thousands; very large and small ones as
 * a power of ten. */
enum { SVG_NUMBER_BYTES = 48 };
void svg_number(char text[SVG_NUMBER_BYTES], double number);

/* One entry of a legend at (x, y), a piece of line and a text; returns where the next one begins. */
double svg_legend_line(struct buffer *out, double x, double y, const char *colour, const char *dashes, const char *text);

/* Where panels of one width and height lie, in rows. */
struct svg_layout {
    size_t columns;
    double width, height;         /* of a panel's frame */
    double left, top, right, gap; /* around it */
    double row;                   /* from one row of panels to the next */
};

/* height: of a panel; below: room under a row for numbers and labels. */
struct svg_layout svg_layout_make(size_t panels, double top, double height, double below);
double svg_layout_x(const struct svg_layout *layout, size_t panel);
double svg_layout_y(const struct svg_layout *layout, size_t panel);
double svg_layout_width(const struct svg_layout *layout);

/* The heading of a picture, bold, of SVG_HEADING_SIZE. */
#define SVG_HEADING_SIZE 17.0
#define SVG_FOOT_SIZE 10.5
void svg_heading(struct buffer *out, double x, double width, const char *title);

/* The line under it, grey, of SVG_FOOT_SIZE. */
void svg_foot(struct buffer *out, double x, double y, double width, const char *foot);

/* The width of a picture of these panels in which heading and foot, both from layout->left on, are whole, as far as they are not longer than a
 * page is wide. */
double svg_layout_width_with(const struct svg_layout *layout, const char *title, const char *foot);

#endif
