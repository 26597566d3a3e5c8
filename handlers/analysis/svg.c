/*
 * The writer of pictures. svg_plot.h draws axes with it; density_svg.c and its like draw the rest.
 */
#include "handlers/analysis/svg.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define FONTS "Helvetica, Arial, 'Noto Sans', 'Noto Sans CJK SC', sans-serif"

#define FARTHEST 1e9 /* beyond it nothing is seen, and no renderer counts on */

enum { ASCII_MAX = 0x7f, FIRST_PRINTABLE = 0x20 };

/* Two decimals, without zeros at the end. */
static void put(struct buffer *out, double number)
{
    char text[64]; /* of 14 digits at the most */
    double bounded = fmin(fmax(number, -FARTHEST), FARTHEST); /* what is no number: -FARTHEST */
    double rounded = round(bounded * 100) / 100;
    int length = snprintf(text, sizeof text, "%.2f", rounded == 0 ? 0.0 : rounded);
    while (length > 1 && text[length - 1] == '0') {
        length--;
    }
    length -= text[length - 1] == '.' ? 1 : 0;
    buffer_append(out, text, (size_t)length);
}

static void attribute(struct buffer *out, const char *name, double number)
{
    buffer_format(out, " %s=\"", name);
    put(out, number);
    buffer_byte(out, '"');
}

/* The bytes of the letter at *at, which moves behind it. What is no UTF-8 is one letter a byte. */
static size_t letter(const char *at)
{
    size_t length = 1;
    while (((unsigned char)at[0] & 0xc0) == 0xc0 && ((unsigned char)at[length] & 0xc0) == 0x80) {
        length++;
    }
    return text_is_utf8(at, length) ? length : 1;
}

static void escape(struct buffer *out, const char *text, size_t letters_max)
{
    size_t letters = 0;
    for (const char *at = text; *at != 0;) {
        size_t length = letter(at);
        bool is_last = ++letters == letters_max && at[length] != 0;
        unsigned char first = (unsigned char)*at;
        if (is_last) {
            buffer_text(out, "\xe2\x80\xa6");
            return;
        }
        if (length == 1 && (first < FIRST_PRINTABLE || first >= ASCII_MAX)) {
            buffer_byte(out, ' ');
        } else if (memcmp(at, "\xef\xbf\xbe", length < 3 ? 1 : 3) == 0 || memcmp(at, "\xef\xbf\xbf", length < 3 ? 1 : 3) == 0) {
            buffer_byte(out, ' '); /* U+FFFE and U+FFFF are no characters of XML */
        } else if (*at == '&') {
            buffer_text(out, "&amp;");
        } else if (*at == '<') {
            buffer_text(out, "&lt;");
        } else if (*at == '>') {
            buffer_text(out, "&gt;");
        } else if (*at == '"') {
            buffer_text(out, "&quot;");
        } else {
            buffer_append(out, at, length);
        }
        at += length;
    }
}

void svg_open(struct buffer *out, double width, double height, const char *title, const char *description)
{
    buffer_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\"");
    attribute(out, "width", width);
    attribute(out, "height", height);
    buffer_text(out, " viewBox=\"0 0 ");
    put(out, width);
    buffer_byte(out, ' ');
    put(out, height);
    buffer_text(out, "\" role=\"img\" aria-labelledby=\"title description\" font-family=\"" FONTS "\">\n<title id=\"title\">");
    escape(out, title, SIZE_MAX);
    buffer_text(out, "</title>\n<desc id=\"description\">");
    escape(out, description, SIZE_MAX);
    buffer_text(out, "</desc>\n");
    svg_rectangle(out, 0, 0, width, height, "#ffffff");
}

void svg_close(struct buffer *out)
{
    buffer_text(out, "</svg>\n");
}

void svg_group_open(struct buffer *out, const char *title)
{
    buffer_text(out, "<g>");
    if (title != NULL) {
        buffer_text(out, "<title>");
        escape(out, title, SIZE_MAX);
        buffer_text(out, "</title>");
    }
    buffer_byte(out, '\n');
}

void svg_group_close(struct buffer *out)
{
    buffer_text(out, "</g>\n");
}

void svg_text(struct buffer *out, const struct svg_text *style, const char *text)
{
    static const char *const anchors[] = { "start", "middle", "end" };
    buffer_text(out, "<text");
    attribute(out, "x", style->x);
    attribute(out, "y", style->y);
    attribute(out, "font-size", style->size);
    buffer_format(out, " fill=\"%s\"", style->colour != NULL ? style->colour : SVG_INK);
    if (style->anchor != SVG_START) {
        buffer_format(out, " text-anchor=\"%s\"", anchors[style->anchor]);
    }
    if (style->is_bold) {
        buffer_text(out, " font-weight=\"bold\"");
    }
    if (style->is_turned) {
        buffer_text(out, " transform=\"rotate(-90 ");
        put(out, style->x);
        buffer_byte(out, ' ');
        put(out, style->y);
        buffer_text(out, ")\"");
    }
    buffer_byte(out, '>');
    escape(out, text, style->letters_max > 0 ? style->letters_max : SVG_LETTERS_MAX);
    buffer_text(out, "</text>\n");
}

void svg_label(struct buffer *out, double x, double y, enum svg_anchor anchor, double size, const char *colour, const char *text)
{
    svg_text(out, &(struct svg_text){ x, y, anchor, size, colour, false, false, 0 }, text);
}

/* Of a letter that takes length bytes, as a share of the font's size. */
static double letter_width(const char *at, size_t length)
{
    return length >= 3 ? 1.0 : strchr("ilj.,:;|'!() ", *at) != NULL ? 0.32 : *at >= 'A' && *at <= 'Z' ? 0.7 : 0.56;
}

double svg_text_width(const char *text, double size)
{
    double width = 0;
    size_t letters = 0;
    for (const char *at = text; *at != 0 && letters < SVG_LETTERS_MAX; letters++) {
        size_t length = letter(at);
        width += letter_width(at, length);
        at += length;
    }
    return width * size;
}

size_t svg_letters_within(const char *text, double size, double room)
{
    double width = 0;
    size_t letters = 0;
    size_t with_ellipsis = 0; /* letters of which the last is an ellipsis */
    for (const char *at = text; *at != 0 && letters < SVG_LETTERS_MAX; letters++) {
        size_t length = letter(at);
        with_ellipsis = (width + 1) * size <= room ? letters + 1 : with_ellipsis;
        width += letter_width(at, length);
        if (width * size > room) {
            return with_ellipsis > 2 ? with_ellipsis : 2;
        }
        at += length;
    }
    return SVG_LETTERS_MAX;
}

static void stroke(struct buffer *out, const char *colour, double width, const char *dashes)
{
    buffer_format(out, " stroke=\"%s\"", colour);
    attribute(out, "stroke-width", width);
    if (*dashes != 0) {
        buffer_format(out, " stroke-dasharray=\"%s\"", dashes);
    }
}

void svg_line(struct buffer *out, double x1, double y1, double x2, double y2, const char *colour, double width, const char *dashes)
{
    buffer_text(out, "<line");
    attribute(out, "x1", x1);
    attribute(out, "y1", y1);
    attribute(out, "x2", x2);
    attribute(out, "y2", y2);
    stroke(out, colour, width, dashes);
    buffer_text(out, "/>\n");
}

void svg_rectangle(struct buffer *out, double x, double y, double width, double height, const char *fill)
{
    buffer_text(out, "<rect");
    attribute(out, "x", x);
    attribute(out, "y", y);
    attribute(out, "width", width);
    attribute(out, "height", height);
    buffer_format(out, " fill=\"%s\"/>\n", fill);
}

void svg_circle(struct buffer *out, double x, double y, double radius, const char *fill)
{
    buffer_text(out, "<circle");
    attribute(out, "cx", x);
    attribute(out, "cy", y);
    attribute(out, "r", radius);
    buffer_format(out, " fill=\"%s\"/>\n", fill);
}

void svg_diamond(struct buffer *out, double x, double y, double radius, const char *fill)
{
    const double corners[4][2] = { { x, y - radius }, { x + radius, y }, { x, y + radius }, { x - radius, y } };
    buffer_text(out, "<polygon points=\"");
    for (size_t i = 0; i < 4; i++) {
        put(out, corners[i][0]);
        buffer_byte(out, ',');
        put(out, corners[i][1]);
        buffer_text(out, i < 3 ? " " : "\"");
    }
    buffer_format(out, " fill=\"%s\"/>\n", fill);
}

void svg_path_open(struct buffer *out)
{
    buffer_text(out, "<path d=\"");
}

void svg_path_to(struct buffer *out, bool is_first, double x, double y)
{
    buffer_byte(out, is_first ? 'M' : 'L');
    put(out, x);
    buffer_byte(out, ' ');
    put(out, y);
}

void svg_path_close(struct buffer *out, const char *colour, double width, const char *dashes)
{
    buffer_text(out, "\" fill=\"none\" stroke-linejoin=\"round\"");
    stroke(out, colour, width, dashes);
    buffer_text(out, "/>\n");
}

static const char *const colours[] = { "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#000000", "#56b4e9", "#e69f00" };
static const char *const dashes_of[] = { "", "7 3", "2 3", "9 3 2 3" };

enum { COLOURS = sizeof colours / sizeof colours[0], DASHES = sizeof dashes_of / sizeof dashes_of[0] };

const char *svg_colour(size_t index)
{
    return colours[index % COLOURS];
}

const char *svg_dashes(size_t index)
{
    return dashes_of[(index % COLOURS + index / COLOURS) % DASHES]; /* the first few differ by their dashes, too: in print */
}
