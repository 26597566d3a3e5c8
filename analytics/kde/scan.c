/*
 * Where a curve turns. Smooth curves are walked along their derivative here, step curves and
 * polygons along their corners in sweep.c; both ways end in one list of alternating valleys
 * and modes (extremes.h), from which modes.c reads heights, prominences and widths.
 */
#include "analytics/kde/scan.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "analytics/kde/boundary.h"
#include "analytics/kde/kde.h"
#include "analytics/kde/extremes.h"
#include "analytics/kde/root.h"
#include "analytics/kde/sweep.h"

enum {
    STEPS_PER_SD = 8,
    PLACES_MAX = 1 << 20,  /* bounded time and memory for tiny bandwidths */
    CORNERS_MAX = 1000,    /* points up to which corners of f' are visited */
    DIP_STEPS = 24,
    WATCH_EVERY = 8        /* places: each may take a pass over all points, and most take next to nothing */
};

/* Half a scale outside a cluster of points f' has the sign that it has all the way out. */
static const double OUTSIDE = 0.5;
/* Above this, in units of 1/scale^2, the Gaussian's f' cannot reach 0 within a step of 1/8:
 * max|K'''| (1/8)^2 / 2 = 0.0043. */
static const double DIP_LIMIT_GAUSSIAN = 0.005;

/* The sign of f' at a place among the points: of logarithms y, f(x) = g(y)/(x - lower), that of g'(y) - g(y). */
static double slope_at(const struct kde_curve *curve, double y)
{
    const double slope = kde_curve_inner_slope_at(curve, y);
    return curve->boundary == KDE_BOUNDARY_LOG ? slope - kde_curve_inner_at(curve, y) : slope;
}

static double slope_function(const void *context, double x)
{
    return slope_at(context, x);
}

/* The walk along f': the last sign seen, a flat stretch since then, and the two places before
 * the present one that share that sign. */
struct walk {
    const struct kde_curve *curve;
    struct kde_extremes *extremes;
    struct kde_root_function slope;
    bool is_rising;
    bool is_flat;
    double flat_from;
    double flat_to;
    double last_x;
    size_t *visits; /* places visited on the whole curve */
    size_t history; /* how many of x and d are set */
    double x[2];
    double d[2];
};

static enum status turn(struct walk *walk, double x)
{
    walk->is_rising = !walk->is_rising;
    return kde_extremes_append(walk->extremes, x, kde_curve_inner_at(walk->curve, x));
}

/* |f'| is smallest in the middle of three places of one sign: follow it down by golden section
 * and, where it crosses 0, add the two turns. */
static enum status search_dip(struct walk *walk, double low, double high)
{
    const double golden = 0.61803398874989484820;
    const double sign = walk->is_rising ? 1.0 : -1.0;
    double a = low;
    double b = high;
    double left = b - golden * (b - a);
    double right = a + golden * (b - a);
    double f_left = sign * slope_at(walk->curve, left);
    double f_right = sign * slope_at(walk->curve, right);

    for (int i = 0; i < DIP_STEPS && f_left > 0.0 && f_right > 0.0; i++) {
        if (f_left < f_right) {
            b = right;
            right = left;
            f_right = f_left;
            left = b - golden * (b - a);
            f_left = sign * slope_at(walk->curve, left);
        } else {
            a = left;
            left = right;
            f_left = f_right;
            right = a + golden * (b - a);
            f_right = sign * slope_at(walk->curve, right);
        }
    }
    if (f_left >= 0.0 && f_right >= 0.0) {
        return STATUS_OK;
    }
    const double middle = f_left < 0.0 ? left : right;
    enum status status = turn(walk, kde_root_find(&walk->slope, low, middle));
    if (status == STATUS_OK) {
        status = turn(walk, kde_root_find(&walk->slope, middle, high));
    }
    return status;
}

/* The same sign again: remember the place, and look for a dip around the one before. */
static enum status go_on(struct walk *walk, double x, double slope)
{
    enum status status = STATUS_OK;
    const double scale = walk->curve->bandwidth.scale;
    if (walk->history == 2 && fabs(walk->d[1]) < fabs(walk->d[0]) &&
        fabs(walk->d[1]) <= fabs(slope) &&
        (walk->curve->kernel != KDE_KERNEL_GAUSSIAN || walk->curve->boundary == KDE_BOUNDARY_LOG ||
         fabs(walk->d[1]) * scale * scale < DIP_LIMIT_GAUSSIAN)) {
        const size_t before = walk->extremes->count;
        status = search_dip(walk, walk->x[0], x);
        if (walk->extremes->count > before) {
            walk->history = 0; /* the next triple must not find the same dip again */
        }
    }
    if (walk->history == 2) {
        walk->x[0] = walk->x[1];
        walk->d[0] = walk->d[1];
        walk->history = 1;
    }
    walk->x[walk->history] = x;
    walk->d[walk->history] = slope;
    walk->history++;
    return status;
}

static enum status visit(struct walk *walk, double x)
{
    if (++*walk->visits % WATCH_EVERY == 0 && kde_is_cancelled(&walk->curve->watch)) {
        return STATUS_BUSY;
    }
    const double slope = slope_at(walk->curve, x);
    enum status status = STATUS_OK;

    if (slope == 0.0) {
        walk->flat_from = walk->is_flat ? walk->flat_from : x;
        walk->flat_to = x;
        walk->is_flat = true;
        walk->history = 0;
        return STATUS_OK;
    }
    if ((slope > 0.0) == walk->is_rising) {
        status = go_on(walk, x, slope);
    } else {
        status = turn(walk, walk->is_flat
                                ? walk->flat_from + 0.5 * (walk->flat_to - walk->flat_from)
                                : kde_root_find(&walk->slope, walk->last_x, x));
        walk->history = 0;
    }
    walk->is_flat = false;
    walk->last_x = x;
    return status;
}

/* The end of the cluster that begins at point `begin`: points whose kernels touch. */
static size_t cluster_end(const struct kde_curve *curve, size_t begin)
{
    const double apart = 2.0 * kde_kernel_reach(curve->kernel) * curve->bandwidth.scale;
    size_t end = begin + 1;
    while (end < curve->points.n && curve->points.x[end] - curve->points.x[end - 1] <= apart) {
        end++;
    }
    return end;
}

/* Whether f' has corners that are worth visiting one by one. */
static bool has_corners(const struct kde_curve *curve)
{
    return curve->kernel != KDE_KERNEL_GAUSSIAN && curve->points.n <= CORNERS_MAX;
}

/* How far outside a cluster's points f' has the sign that it has all the way out. Over logarithms g has to grow faster
 * than e^y for f to rise: more than sd^2 before the first point of a Gaussian, near the end of another kernel's support. */
static double outside_of(const struct kde_curve *curve)
{
    const double scale = curve->bandwidth.scale;
    if (curve->boundary != KDE_BOUNDARY_LOG) {
        return OUTSIDE * scale;
    }
    return curve->kernel == KDE_KERNEL_GAUSSIAN ? fmin(scale + OUTSIDE, 0.95 * KDE_GAUSSIAN_REACH) * scale
                                                : fmax(OUTSIDE, 1.0 - 0.25 / fmax(scale, 0.5)) * scale;
}

/* Where the steps along a cluster begin: over logarithms modes can lie before its first point. */
static double cluster_start(const struct kde_curve *curve, size_t begin)
{
    return curve->points.x[begin] - (curve->boundary == KDE_BOUNDARY_LOG ? outside_of(curve) : 0.0);
}

/* Whether a cluster has to be walked: over logarithms even a lone point, whose mode lies beside it. */
static bool is_walked(const struct kde_curve *curve, size_t begin, size_t end)
{
    return end - begin > 1 || curve->boundary == KDE_BOUNDARY_LOG;
}

/* Steps from there to the last point of a cluster. */
static size_t cluster_steps(const struct kde_curve *curve, size_t begin, size_t end, double step)
{
    const double length = curve->points.x[end - 1] - cluster_start(curve, begin);
    return length > 0.0 ? (size_t)fmin(ceil(length / step), 2.0 * PLACES_MAX) : 1;
}

/* Writes the places of one cluster and one outside either end. */
static size_t place_cluster(const struct kde_curve *curve, size_t begin, size_t end, double step,
                            double *places)
{
    const double *x = curve->points.x;
    const size_t steps = cluster_steps(curve, begin, end, step);
    const double outside = outside_of(curve);
    const double start = cluster_start(curve, begin);
    size_t count = 0;

    places[count++] = x[begin] - outside;
    for (size_t i = 0; i < steps; i++) {
        places[count++] = start + (double)i / (double)steps * (x[end - 1] - start);
    }
    places[count++] = x[end - 1];
    places[count++] = x[end - 1] + outside;
    return count;
}

static int compare_places(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Adds the places just beside each corner of f', at the ends of each point's support. */
static size_t place_corners(const struct kde_curve *curve, size_t begin, size_t end,
                            double *places, size_t count)
{
    const double scale = curve->bandwidth.scale;
    const double low = places[0];
    const double high = places[count - 1];
    const double beside = 32.0 * DBL_EPSILON * (fmax(fabs(low), fabs(high)) + scale);

    for (size_t i = begin; i < end; i++) {
        for (int side = -1; side <= 1; side += 2) {
            const double corner = curve->points.x[i] + side * scale;
            if (corner > low && corner < high) {
                places[count++] = corner - beside;
                places[count++] = corner + beside;
            }
        }
    }
    qsort(places, count, sizeof *places, compare_places);
    return count;
}

/* The heaviest of some points. */
static size_t heaviest(const struct kde_points *points, size_t begin, size_t end)
{
    size_t best = begin;
    for (size_t i = begin + 1; i < end; i++) {
        best = points->w[i] > points->w[best] ? i : best;
    }
    return best;
}

/* Makes the turns since `before` an odd number, which begins and ends with a mode: a cluster
 * ends by falling, whatever rounding says. Where the bandwidth is so small that no mode was
 * seen at all, the heaviest point is one. */
static enum status settle(const struct kde_curve *curve, size_t begin, size_t end, size_t before,
                          struct kde_extremes *extremes)
{
    if ((extremes->count - before) % 2 == 1) {
        return STATUS_OK;
    }
    if (extremes->count > before) {
        extremes->count--;
        return STATUS_OK;
    }
    const double x = curve->points.x[heaviest(&curve->points, begin, end)];
    extremes->is_coarse = extremes->is_coarse || end - begin > 1;
    return kde_extremes_append(extremes, x, kde_curve_inner_at(curve, x));
}

/* One cluster; a lone point is its own mode, by symmetry. */
static enum status scan_cluster(const struct kde_curve *curve, size_t begin, size_t end,
                                double step, double *places, size_t *visits, struct kde_extremes *extremes)
{
    const size_t before = extremes->count;
    enum status status = STATUS_OK;

    if (is_walked(curve, begin, end)) {
        size_t count = place_cluster(curve, begin, end, step, places);
        if (has_corners(curve)) {
            count = place_corners(curve, begin, end, places, count);
        }
        struct walk walk = {.curve = curve,
                            .extremes = extremes,
                            .slope = {.at = slope_function, .context = curve},
                            .is_rising = true,
                            .visits = visits,
                            .last_x = places[0]};
        for (size_t i = 0; i < count && status == STATUS_OK; i++) {
            status = visit(&walk, places[i]);
        }
    }
    return status == STATUS_OK ? settle(curve, begin, end, before, extremes) : status;
}

/* The step, and the most places that one cluster needs with it: an eighth of the kernel's
 * standard deviation, or more where that would be too many. */
static size_t choose_step(const struct kde_curve *curve, double *step, bool *is_coarse)
{
    *step = curve->bandwidth.sd / STEPS_PER_SD;
    *is_coarse = false;
    for (;;) {
        size_t total = 0;
        size_t most = 0;
        for (size_t begin = 0, end; begin < curve->points.n; begin = end) {
            end = cluster_end(curve, begin);
            const size_t steps = is_walked(curve, begin, end) ? cluster_steps(curve, begin, end, *step) : 0;
            const size_t corners = has_corners(curve) ? 4 * (end - begin) : 0;
            total += steps;
            most = steps + corners + 3 > most ? steps + corners + 3 : most;
        }
        /* However wide the steps, every cluster keeps one. */
        if (total <= PLACES_MAX + curve->points.n) {
            return most;
        }
        *step *= 2.0;
        *is_coarse = true;
    }
}

static enum status scan_smooth(const struct kde_curve *curve, struct kde_extremes *extremes)
{
    const double *x = curve->points.x;
    double step = 0.0;
    size_t visits = 0;
    bool is_coarse = false;
    enum status status = STATUS_OK;

    const size_t room = choose_step(curve, &step, &is_coarse);
    double *places = malloc(room * sizeof *places);
    if (places == NULL) {
        return STATUS_EXHAUSTED;
    }
    extremes->is_coarse = is_coarse;
    for (size_t begin = 0, end; begin < curve->points.n && status == STATUS_OK; begin = end) {
        end = cluster_end(curve, begin);
        if (begin > 0) {
            const double middle = x[begin - 1] + 0.5 * (x[begin] - x[begin - 1]);
            status = kde_extremes_append(extremes, middle, 0.0);
        }
        if (status == STATUS_OK) {
            status = scan_cluster(curve, begin, end, step, places, &visits, extremes);
        }
    }
    free(places);
    return status;
}

enum status kde_scan_curve(const struct kde_curve *curve, struct kde_extremes *extremes)
{
    struct kde_extremes made = {.at = NULL};
    const struct kde_points *points = &curve->points;
    const double reach = 1.125 * kde_kernel_reach(curve->kernel) * curve->bandwidth.scale;

    enum status status = kde_extremes_append(&made, points->x[0] - reach, 0.0);
    if (status == STATUS_OK) {
        status = kde_kernel_is_polygonal(curve->kernel) ? kde_sweep_corners(curve, &made)
                                                        : scan_smooth(curve, &made);
    }
    if (status == STATUS_OK && kde_kernel_is_polygonal(curve->kernel)) {
        status = settle(curve, 0, points->n, 1, &made);
    }
    if (status == STATUS_OK) {
        status = kde_extremes_append(&made, points->x[points->n - 1] + reach, 0.0);
    }
    if (status != STATUS_OK) {
        kde_extremes_fini(&made);
        return status;
    }
    kde_boundary_carry(curve, &made);
    kde_extremes_drop_faint(&made);
    assert(made.count >= 3 && made.count % 2 == 1);
    *extremes = made;
    return STATUS_OK;
}
