/*
 * Root finding for modes (zeros of f') and widths (crossings of a level): scan.c and
 * modes.c are its users.
 */
#include "analytics/kde/root.h"

#include <float.h>
#include <math.h>

enum { EVALUATIONS_MAX = 200 };

/* Where between the bracket's ends the next try lies, as a fraction from a to b; c is the end
 * that was given up last. Half where inverse quadratic interpolation cannot be trusted. */
static double next_fraction(double a, double fa, double b, double fb, double c, double fc)
{
    const double xi = (a - b) / (c - b);
    const double phi = (fa - fb) / (fc - fb);
    if (!(phi * phi < xi && (1.0 - phi) * (1.0 - phi) < 1.0 - xi)) {
        return 0.5;
    }
    return fa / (fb - fa) * (fc / (fb - fc)) +
           (c - a) / (b - a) * (fa / (fc - fa)) * (fb / (fc - fb));
}

double kde_root_find(const struct kde_root_function *function, double low, double high)
{
    double a = high;
    double b = low;
    double fa = function->at(function->context, a);
    double fb = function->at(function->context, b);
    double fraction = 0.5;

    if (fa == 0.0 || fb == 0.0 || (fa > 0.0) == (fb > 0.0)) {
        return fabs(fb) <= fabs(fa) ? b : a;
    }
    for (int i = 0; i < EVALUATIONS_MAX; i++) {
        double c = a;
        double fc = fa;
        const double x = a + fraction * (b - a);
        const double fx = function->at(function->context, x);
        if ((fx > 0.0) != (fa > 0.0)) {
            c = b;
            fc = fb;
            b = a;
            fb = fa;
        }
        a = x;
        fa = fx;
        const double best = fabs(fa) < fabs(fb) ? a : b;
        const double tolerance = 2.0 * DBL_EPSILON * fabs(best) + DBL_MIN;
        const double least = tolerance / fabs(b - a);
        if (!(least <= 0.5) || fa == 0.0) {
            return fa == 0.0 ? a : best;
        }
        fraction = next_fraction(a, fa, b, fb, c, fc);
        fraction = isfinite(fraction) ? fmin(fmax(fraction, least), 1.0 - least) : 0.5;
    }
    return fabs(fa) < fabs(fb) ? a : b;
}
