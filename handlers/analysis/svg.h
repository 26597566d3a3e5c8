#ifndef HANDLERS_ANALYSIS_SVG_H
#define HANDLERS_ANALYSIS_SVG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

/*
 * Pictures as SVG 1.1, appended to a buffer: well-formed XML in UTF-8, no script, no style sheet, no reference to anything
 * outside (presentation attributes alone, so that the strictest Content-Security-Policy takes nothing away), the same bytes
 * for the same calls. Lengths are in CSS pixels with two decimals. Texts are escaped; what XML cannot hold becomes a blank.
 * Memory failure shows as buffer->failed. Finite numbers only.
 */

enum svg_anchor { SVG_START, SVG_MIDDLE, SVG_END };

/* The ink of texts and axes, of grid lines, and of what stands back. */
#define SVG_INK "#222222"
#define SVG_GRID "#dddddd"
#define SVG_GREY "#6b6b6b"

/* title and description are what a screen reader says of the picture. */
void svg_open(struct buffer *out, double width, double height, const char *title, const char *description);
void svg_close(struct buffer *out);

/* A group whose title a reader sees over it. NULL: none. */
void svg_group_open(struct buffer *out, const char *title);
void svg_group_close(struct buffer *out);

/* A run of text; size is that of the font. turned: upwards, around its point. */
struct svg_text {
    double x, y;
    enum svg_anchor anchor;
    double size;
    const char *colour;
    bool is_bold, is_turned;
    size_t letters_max; /* where there are more, the last is an ellipsis; 0: SVG_LETTERS_MAX */
};

enum { SVG_LETTERS_MAX = 200 };

void svg_text(struct buffer *out, const struct svg_text *style, const char *text);

/* A text with nothing special about it. */
void svg_label(struct buffer *out, double x, double y, enum svg_anchor anchor, double size, const char *colour, const char *text);

/* About how wide a text of that size gets. */
double svg_text_width(const char *text, double size);

/* How many letters of the text have that room: all of them, or what leaves place for the ellipsis; at least 2 and at most
 * SVG_LETTERS_MAX. */
size_t svg_letters_within(const char *text, double size, double room);

void svg_line(struct buffer *out, double x1, double y1, double x2, double y2, const char *colour, double width, const char *dashes);
void svg_rectangle(struct buffer *out, double x, double y, double width, double height, const char *fill);
void svg_circle(struct buffer *out, double x, double y, double radius, const char *fill);
void svg_diamond(struct buffer *out, double x, double y, double radius, const char *fill);

/* A polyline through points given one by one; dashes is a stroke-dasharray or "" (none). */
void svg_path_open(struct buffer *out);
void svg_path_to(struct buffer *out, bool is_first, double x, double y);
void svg_path_close(struct buffer *out, const char *colour, double width, const char *dashes);

/*
 * The colours of series, told apart also by those who are colour-blind (Okabe and Ito 2008, without the yellow that white
 * paper swallows), and dashes that differ where the colours begin anew: any index.
 */
const char *svg_colour(size_t index);
const char *svg_dashes(size_t index);

#endif
