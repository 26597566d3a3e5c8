/*
 * Turns of step curves and polygons: one sweep over their corners from left to right.
 * scan.c calls it for the uniform and the triangular kernel.
 */
#include "analytics/kde/sweep.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>

#include "analytics/kde/kde.h"
#include "analytics/kde/extremes.h"

/* Slopes of a polygon below this share of all weights are rounding. */
static const double FLAT = 1e-12;

/*
 * Corners of a polygonal curve: every point sends one at each offset, where the sweep's state
 * (the height of a step curve, the slope of a polygon) changes by factor * weight.
 */
struct sweep {
    const struct kde_points *points;
    int streams;
    double offset[3];
    double factor[3];
    size_t next[3];
    double nearness;
};

/* Takes all corners at the next place. Answers false at the end. A change that is rounding
 * beside the weights that made it is 0. */
static bool sweep_next(struct sweep *sweep, double *x, double *change)
{
    double place = INFINITY;
    double gross = 0.0;
    double net = 0.0;

    for (int s = 0; s < sweep->streams; s++) {
        if (sweep->next[s] < sweep->points->n) {
            place = fmin(place, sweep->points->x[sweep->next[s]] + sweep->offset[s]);
        }
    }
    if (isinf(place)) {
        return false;
    }
    for (int s = 0; s < sweep->streams; s++) {
        while (sweep->next[s] < sweep->points->n &&
               sweep->points->x[sweep->next[s]] + sweep->offset[s] <= place + sweep->nearness) {
            const double part = sweep->factor[s] * sweep->points->w[sweep->next[s]++];
            net += part;
            gross += fabs(part);
        }
    }
    *x = place;
    *change = fabs(net) > FLAT * gross ? net : 0.0;
    return true;
}

/* Step curve: between a last step up and the next step down lies a top, and the reverse. */
static enum status scan_steps(struct sweep *sweep, double scale, struct kde_extremes *extremes)
{
    enum status status = STATUS_OK;
    bool is_rising = true;
    double height = 0.0;
    double last = 0.0;
    double x = 0.0;
    double change = 0.0;

    while (status == STATUS_OK && sweep_next(sweep, &x, &change)) {
        if (change == 0.0) {
            continue;
        }
        if ((change > 0.0) != is_rising) {
            status = kde_extremes_append(extremes, last + 0.5 * (x - last),
                                         fmax(height, 0.0) / (2.0 * scale));
            is_rising = !is_rising;
        }
        height += change;
        last = x;
    }
    return status;
}

/* Polygon: a top where the slope turns from + to -, at the corner or on the flat between. */
static enum status scan_polygon(struct sweep *sweep, double scale, struct kde_extremes *extremes)
{
    enum status status = STATUS_OK;
    bool is_rising = true;
    bool is_flat = false;
    double flat_from = 0.0;
    double slope = 0.0;  /* in weight / scale^2 */
    double height = 0.0; /* in weight / scale */
    double last = 0.0;
    double x = 0.0;
    double change = 0.0;

    while (status == STATUS_OK && sweep_next(sweep, &x, &change)) {
        height = fmax(height + (is_flat ? 0.0 : slope * ((x - last) / scale)), 0.0);
        slope += change;
        last = x;
        if (fabs(slope) <= FLAT) {
            flat_from = is_flat ? flat_from : x;
            is_flat = true;
            continue;
        }
        if ((slope > 0.0) != is_rising) {
            status = kde_extremes_append(extremes, is_flat ? flat_from + 0.5 * (x - flat_from) : x,
                            height / scale);
            is_rising = !is_rising;
        }
        is_flat = false;
    }
    return status;
}

enum status kde_sweep_corners(const struct kde_curve *curve, struct kde_extremes *extremes)
{
    const struct kde_points *points = &curve->points;
    const double scale = curve->bandwidth.scale;
    const double size = fmax(fabs(points->x[0]), fabs(points->x[points->n - 1])) + scale;
    struct sweep sweep = {.points = points,
                          .nearness = fmin(64.0 * DBL_EPSILON * size, 0.25 * scale)};

    if (curve->kernel == KDE_KERNEL_UNIFORM) {
        sweep.streams = 2;
        sweep.offset[0] = -scale;
        sweep.factor[0] = 1.0;
        sweep.offset[1] = scale;
        sweep.factor[1] = -1.0;
        return scan_steps(&sweep, scale, extremes);
    }
    sweep.streams = 3;
    sweep.offset[0] = -scale;
    sweep.factor[0] = 1.0;
    sweep.offset[1] = 0.0;
    sweep.factor[1] = -2.0;
    sweep.offset[2] = scale;
    sweep.factor[2] = 1.0;
    return scan_polygon(&sweep, scale, extremes);
}
