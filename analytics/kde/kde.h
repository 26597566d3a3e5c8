#ifndef ANALYTICS_KDE_KDE_H
#define ANALYTICS_KDE_KDE_H

#include <stddef.h>

#include "analytics/kde/bandwidth.h"
#include "analytics/kde/points.h"
#include "analytics/kde/report.h"
#include "analytics/kde/sample.h"
#include "base/status.h"

/*
 * Kernel density estimation: f(x) = sum w_i K((x - x_i)/s) / s with sum w_i = 1 (Rosenblatt
 * 1956; Parzen 1962), s the scale of the kernel.
 *
 * The way of an answer with several series on one grid:
 *   kde_curve_create  for each series: checks, summary, bandwidth, points
 *   kde_grid_cover    one grid for all of them (or kde_grid_make from the caller's bounds)
 *   kde_curve_evaluate, kde_modes_find   for each series
 *   kde_change_between                   for pairs of series
 *   kde_curve_free    for each series
 *
 * A curve is read only once made, so that threads may share it. Nothing here does I/O, reads a
 * clock or keeps state; the same input gives the same bits. x is in the unit of the values,
 * f in 1 / that unit.
 */

/* Up to this many values the curve is the exact sum over the sample. Above it, nodes stand for
 * the sample (see points.h), but for the uniform kernel, whose jumps no node can stand for,
 * and where the bandwidth is so small that more nodes than KDE_NODES_MAX were needed:
 *   gaussian  cubic binning, nodes sd/32 apart: error below 1e-7 of a kernel's height at each
 *             value, whatever the values, and about 1e-9 of the peak for smooth samples
 *   others    linear binning, nodes scale/1024 apart: below 1e-6 for the smooth kernels; where
 *             many values tie at a corner of the epanechnikov, triangular or optcosine kernel
 *             up to 4e-4 at that place
 * There are always at least 8,177 nodes. */
#define KDE_EXACT_MAX 20000
#define KDE_NODES_MIN 8177

enum kde_method { KDE_METHOD_EXACT, KDE_METHOD_BINNED };

/* "exact" or "binned". Static storage. */
const char *kde_method_name(enum kde_method method);

/*
 * A density curve on the whole line. Made by kde_curve_create; read its members, change none.
 * Invariants: 1. kernel and bandwidth belong together (bandwidth.h); 2. points hold
 * (points.h): the sample, with its mirror image where it is reflected at lower, and of
 * log(x - lower) where boundary is log, as the bandwidth is then; 3. method is KDE_METHOD_EXACT
 * if and only if node_spacing is 0; 4. summary is of the values as they came.
 */
struct kde_curve {
    enum kde_kernel kernel;
    enum kde_convention convention;
    enum kde_rule rule;
    enum kde_method method;
    struct kde_bandwidth bandwidth;
    struct kde_summary summary;
    unsigned warnings;   /* of enum kde_warning */
    double node_spacing; /* distance of nodes where binned, else 0 */
    enum kde_boundary boundary;
    double lower;
    struct kde_watch watch; /* of the options */
    struct kde_points points;
};

/*
 * Makes the curve of a sample. The sample may go afterwards; the caller frees the curve with
 * kde_curve_free. STATUS_INVALID with *refusal where the sample, a rule or a number does not
 * allow it, STATUS_EXHAUSTED without memory, STATUS_BUSY where options->watch said so; *curve is untouched on all.
 */
NODISCARD enum status kde_curve_create(const struct kde_sample *sample,
                                       const struct kde_options *options,
                                       struct kde_curve **curve, struct kde_refusal *refusal);

/* Frees a curve; NULL is no curve. */
void kde_curve_free(struct kde_curve *curve);

/* f(x) and f'(x) at one finite place. f is never negative. f' as kde_kernel_slope has it. */
double kde_curve_at(const struct kde_curve *curve, double x);
double kde_curve_slope_at(const struct kde_curve *curve, double x);

/* The same of the points as they are: both sides of a mirror, or of logarithms. For scan.h. */
double kde_curve_inner_at(const struct kde_curve *curve, double y);
double kde_curve_inner_slope_at(const struct kde_curve *curve, double y);

/* The place in the values' unit of a place among the points, and back (x above the bound). */
double kde_boundary_outwards(const struct kde_curve *curve, double y);
double kde_boundary_inwards(const struct kde_curve *curve, double x);

/*
 * points places x[i] = from + i * (to - from)/(points - 1), ends included.
 * Invariants: 1. 2 <= points <= KDE_POINTS_MAX; 2. from < to, both finite, and neighbouring
 * places differ as doubles.
 */
struct kde_grid {
    double from;
    double to;
    size_t points;
};

#define KDE_POINTS_MAX 16384

/* Checks the caller's bounds: STATUS_INVALID with KDE_FAULT_GRID_* and *grid untouched. */
NODISCARD enum status kde_grid_make(double from, double to, size_t points,
                                    struct kde_grid *grid, struct kde_refusal *refusal);

/*
 * One grid for `count` >= 1 curves: from the smallest min - cut * sd to the largest max + cut *
 * sd over the curves, min and max of their values and sd their kernels' standard deviations
 * (R's cut; no kernel but the Gaussian reaches beyond 3 sd), but not below a curve's boundary; of
 * logarithms carried back where boundary is log. cut >= 0.
 * STATUS_INVALID with KDE_FAULT_CUT or KDE_FAULT_GRID_*; *grid is then untouched.
 */
NODISCARD enum status kde_grid_cover(const struct kde_curve *const *curves, size_t count,
                                     double cut, size_t points, struct kde_grid *grid,
                                     struct kde_refusal *refusal);

/* The place of point i < points; the last is exactly `to`. */
double kde_grid_at(const struct kde_grid *grid, size_t i);

/* The integral over the grid by the trapezoidal rule; density has grid->points values. */
double kde_grid_integral(const struct kde_grid *grid, const double *density);

/*
 * density[i] = f(place i) for grid->points places, exact to 1e-13 of the peak for the points
 * that the curve adds up. ORs the warnings that grid and curve give together into *warnings:
 * KDE_WARNING_GRID_CUTS where a value lies outside the grid or f at an end is above 5 % of the
 * highest density, KDE_WARNING_GRID_COARSE. STATUS_BUSY where the curve's watch said so: *warnings
 * is untouched then, density (the caller's) may have been written to. Fails in no other way.
 */
NODISCARD enum status kde_curve_evaluate(const struct kde_curve *curve, const struct kde_grid *grid,
                                         double *density, unsigned *warnings);

#endif
