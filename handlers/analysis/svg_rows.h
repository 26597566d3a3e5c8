#ifndef HANDLERS_ANALYSIS_SVG_ROWS_H
#define HANDLERS_ANALYSIS_SVG_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buffer.h"

/*
 * A row for each of some units, on one axis: up to three marks that differ in shape as well as in colour (print may be grey), an
 * interval as a bar with whiskers, and numbers to the right. Of more than SVG_ROWS_MAX units the values by rank instead, as
 * lines that differ in their dashes. svg_plot.h draws the axes.
 */
enum { SVG_ROWS_MAX = 120, SVG_SERIES_MAX = 3, SVG_CELLS_MAX = 3 };

/* What one mark of each row is: a circle of the first, a diamond of the second, a square of the third. */
struct svg_series {
    const char *name;
    double mean; /* stands in the legend and is a dashed line; not finite: neither */
};

struct svg_row {
    const char *name, *told;       /* told: what a reader sees over the row; NULL: nothing */
    const char *note;              /* in the place of marks that are not there; NULL: none */
    double values[SVG_SERIES_MAX]; /* not finite: no mark */
    double low, high;              /* the interval; not finite: none */
    const char *cells[SVG_CELLS_MAX]; /* NULL: nothing */
};

struct svg_rows {
    struct svg_series series[SVG_SERIES_MAX];
    size_t series_count;
    const char *interval;              /* what the bars are, for the legend; NULL: there are none */
    bool has_links;                    /* a line between the marks of a row */
    const char *heads[SVG_CELLS_MAX];  /* over the numbers */
    size_t cell_count;
    const struct svg_row *rows;        /* in their order */
    size_t row_count;
    double from, to;                   /* of the axis, which is widened to whole ticks */
    double reference;                  /* a line of its own; not finite: none */
    bool is_rising;                    /* by rank: the smallest is the best */
    const char *x_label, *rank_label;  /* of the axis; the same upwards, where rows are lines */
    const char *rank_axis;             /* what the axis of ranks is called */
    const char *mean_told;             /* what stands in the legend between a series' name and its mean */
    double top;                        /* where the plot begins; the heads of the numbers stand above */
    double legend_at;                  /* where the legend stands */
};

/* Where the rows begin from the left, how wide the picture gets, and how high the plot with its axis. */
#define SVG_ROWS_LEFT 196.0
double svg_rows_width(const struct svg_rows *chart);
double svg_rows_height(const struct svg_rows *chart);

/* The smallest and largest of all marks and intervals; from and to where there are none. */
void svg_rows_extent(const struct svg_rows *chart, double *from, double *to);

/* Memory of the arena is short: out->failed. */
void svg_rows(struct buffer *out, struct arena *arena, const struct svg_rows *chart);

/* The mark of a series, by its place among them. */
void svg_mark(struct buffer *out, size_t series, double x, double y);

#endif
