/*
 * The curve's own distribution function and its inverse. kde.c has the curve.
 */
#include "analytics/kde/mass.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>

#include "analytics/kde/kde.h"
#include "analytics/kde/root.h"

static const double PI = 3.14159265358979323846;

/* The integral of K from the left up to u, |u| within the kernel's reach. */
static double kernel_below(enum kde_kernel kernel, double u)
{
    const double v = u * u;
    switch (kernel) {
    case KDE_KERNEL_GAUSSIAN:
        return 0.5 * erfc(-u / sqrt(2.0));
    case KDE_KERNEL_EPANECHNIKOV:
        return 0.5 + 0.75 * u * (1.0 - v / 3.0);
    case KDE_KERNEL_TRIANGULAR:
        return u < 0.0 ? 0.5 * (1.0 + u) * (1.0 + u) : 1.0 - 0.5 * (1.0 - u) * (1.0 - u);
    case KDE_KERNEL_UNIFORM:
        return 0.5 * (1.0 + u);
    case KDE_KERNEL_BIWEIGHT:
        return 0.5 + 15.0 / 16.0 * u * (1.0 - v * (2.0 / 3.0 - v / 5.0));
    case KDE_KERNEL_TRIWEIGHT:
        return 0.5 + 35.0 / 32.0 * u * (1.0 - v * (1.0 - v * (3.0 / 5.0 - v / 7.0)));
    case KDE_KERNEL_COSINE:
        return 0.5 * (1.0 + u + sin(PI * u) / PI);
    case KDE_KERNEL_OPTCOSINE:
        return 0.5 * (1.0 + sin(0.5 * PI * u));
    }
    return 0.0;
}

/* Of the points as they are. */
static double inner_below(const struct kde_curve *curve, double x)
{
    const struct kde_points *points = &curve->points;
    const double scale = curve->bandwidth.scale;
    const double reach = kde_kernel_reach(curve->kernel) * scale;
    const size_t first = kde_points_seek(points, x - reach);
    const size_t end = kde_points_seek(points, x + reach);
    double sum = points->below[first] / points->below[points->n];
    for (size_t i = first; i < end; i++) {
        sum += points->w[i] * kernel_below(curve->kernel, (x - points->x[i]) / scale);
    }
    return fmin(fmax(sum, 0.0), 1.0);
}

double kde_curve_mass_below(const struct kde_curve *curve, double x)
{
    switch (curve->boundary) {
    case KDE_BOUNDARY_NONE:
        break;
    case KDE_BOUNDARY_REFLECT: /* half of the points' mass lies below the mirror */
        return x <= curve->lower ? 0.0 : fmin(fmax(2.0 * inner_below(curve, x) - 1.0, 0.0), 1.0);
    case KDE_BOUNDARY_LOG:
        return x - curve->lower > 0.0 ? inner_below(curve, kde_boundary_inwards(curve, x)) : 0.0;
    }
    return inner_below(curve, x);
}

/* What a quantile is searched of. */
struct share {
    const struct kde_curve *curve;
    double p;
};

static double excess(const void *context, double x)
{
    const struct share *share = context;
    return inner_below(share->curve, x) - share->p;
}

/* The point at which the share p of the points' own weight is reached. */
static double point_at(const struct kde_points *points, double p)
{
    size_t low = 0;
    size_t high = points->n - 1;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (points->below[middle + 1] < p * points->below[points->n]) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return points->x[low];
}

double kde_curve_quantile(const struct kde_curve *curve, double p)
{
    const bool is_mirror = curve->boundary == KDE_BOUNDARY_REFLECT;
    const struct share share = {.curve = curve, .p = is_mirror ? 0.5 + 0.5 * p : p};
    const struct kde_root_function function = {.at = excess, .context = &share};
    const double reach = kde_kernel_reach(curve->kernel) * curve->bandwidth.scale;
    assert(p > 0.0 && p < 1.0);
    /* A kernel moves no mass further than its reach; four nodes more, since cubic binning has weights below 0. */
    const double near = point_at(&curve->points, share.p);
    const double far = reach + 4.0 * curve->node_spacing;
    const double y = kde_root_find(&function, is_mirror ? fmax(curve->lower, near - far) : near - far, near + far);
    return kde_boundary_outwards(curve, y);
}
