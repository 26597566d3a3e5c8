#ifndef ANALYTICS_KDE_CHANGE_H
#define ANALYTICS_KDE_CHANGE_H

struct kde_grid;
struct kde_mode;

/* One of two curves to compare: its mean (weighted where the sample is), its highest mode, and
 * its density on the grid that both share. Borrowed for the call. */
struct kde_side {
    double mean;
    const struct kde_mode *highest;
    const double *density;
};

/*
 * How a distribution changed between two curves, `from` the earlier one:
 *   mean_shift    mean(to) - mean(from), in the unit of the values
 *   mode_shift    the same of the highest modes' positions
 *   height_ratio  height(to) / height(from) of the highest modes: above 1 the values drew
 *                 together around the mode
 *   width_ratio   the same of the highest modes' full widths at half height: below 1 they did
 *   overlap       integral of min(f_from, f_to) over the grid: 1 where the curves are the same,
 *                 0 where they do not meet (Weitzman 1970, overlapping coefficient). Exact for
 *                 the two polygons through the grid's points, so that a crossing between points
 *                 is no error. What the grid cuts off is missing.
 */
struct kde_change {
    double mean_shift;
    double mode_shift;
    double height_ratio;
    double width_ratio;
    double overlap;
};

/* Compares two curves on one grid. Pure; cannot fail; all members are finite. */
struct kde_change kde_change_between(const struct kde_side *from, const struct kde_side *to,
                                     const struct kde_grid *grid);

#endif
