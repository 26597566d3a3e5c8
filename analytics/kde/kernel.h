#ifndef ANALYTICS_KDE_KERNEL_H
#define ANALYTICS_KDE_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The kernels K of kernel density estimation, f(x) = 1/(N s) sum K((x - x_i)/s).
 *
 * u = (x - x_i)/s is measured in scales. The scale s is the standard deviation for the
 * Gaussian and half the width of the support for all others, so that these live on (-1, 1)
 * (Silverman 1986, Density Estimation for Statistics and Data Analysis, section 3.3):
 *
 *   gaussian      exp(-u^2/2) / sqrt(2 pi)   cut where |u| > KDE_GAUSSIAN_REACH
 *   epanechnikov  3/4 (1 - u^2)
 *   triangular    1 - |u|
 *   uniform       1/2                        0 at |u| = 1, as in R
 *   biweight      15/16 (1 - u^2)^2
 *   triweight     35/32 (1 - u^2)^3
 *   cosine        (1 + cos(pi u)) / 2        R's "cosine"
 *   optcosine     pi/4 cos(pi u / 2)         R's "optcosine", EViews' cosinus
 *
 * Pure functions of their arguments; safe in any thread. The sums use polynomials of our own
 * for exp, sin and cos (absolute error below 3e-16), so that they vectorise and give the same
 * bits on every processor.
 */
enum kde_kernel {
    KDE_KERNEL_GAUSSIAN,
    KDE_KERNEL_EPANECHNIKOV,
    KDE_KERNEL_TRIANGULAR,
    KDE_KERNEL_UNIFORM,
    KDE_KERNEL_BIWEIGHT,
    KDE_KERNEL_TRIWEIGHT,
    KDE_KERNEL_COSINE,
    KDE_KERNEL_OPTCOSINE
};

#define KDE_KERNEL_COUNT 8

/* exp(-8.5^2/2) is 2e-16: what lies further away does not show in a double. */
#define KDE_GAUSSIAN_REACH 8.5

/* Points are summed in groups of this many; arrays given to the sums are padded to it. */
#define KDE_LANES 8

/* The name as the interface spells it ("gaussian", ...). Static storage, never NULL. */
const char *kde_kernel_name(enum kde_kernel kernel);

/* Finds a kernel by that name. False, and *kernel untouched, where there is none. */
bool kde_kernel_find(const char *name, enum kde_kernel *kernel);

/* Standard deviation of K in scales: 1 for the Gaussian, below 1 for the others. */
double kde_kernel_sd(enum kde_kernel kernel);

/* Distance in scales beyond which K counts as 0: 8.5 for the Gaussian, 1 for the others. */
double kde_kernel_reach(enum kde_kernel kernel);

/*
 * Canonical factor: how many Gaussian standard deviations the scale has to be for this kernel
 * to smooth as much as the Gaussian does (Marron and Nolan 1988, Statistics & Probability
 * Letters 7, 195): with d(K) = (R(K)/sd(K)^4)^(1/5), R(K) the integral of K^2, it is
 * d(K)/d(Gaussian). 1 for the Gaussian, 2.2138 for the Epanechnikov kernel.
 */
double kde_kernel_canonical(enum kde_kernel kernel);

/* True where the curve is a step function (uniform) or a polygon (triangular): its modes are
 * corners or plateaus, found by sorting corners and not as zeros of a derivative. */
bool kde_kernel_is_polygonal(enum kde_kernel kernel);

/*
 * Weighted kernel sums over `groups` groups of KDE_LANES points each:
 *   sum    sum_i w[i] K(u_i),   u_i = (at - x[i]) * inverse_scale
 *   slope  sum_i w[i] K'(u_i)   (at a corner of K: 0 for the uniform kernel, and the value
 *                                from outside the support for the others; K'(0) = 0)
 * Args: x, w    groups * KDE_LANES values, finite; a padding point has w = 0
 *       at      finite;  inverse_scale  > 0, such that u stays finite
 * To get f divide the sum by the scale and by the total weight, for f' by the scale once more.
 * The order of additions is fixed: lane by lane, then across the lanes.
 */
double kde_kernel_sum(enum kde_kernel kernel, const double *x, const double *w, size_t groups,
                      double at, double inverse_scale);
double kde_kernel_slope(enum kde_kernel kernel, const double *x, const double *w, size_t groups,
                        double at, double inverse_scale);

/*
 * The Gaussian sums at count equally spaced places at once, sums[c] = sum_i w[i] K(u_i) at
 * start + c * step; several times faster than one by one, and equal to kde_kernel_sum within
 * 1e-14 of the total weight. Points must reach no further than KDE_GAUSSIAN_REACH beyond the
 * run's two ends, apart from those that fill up the first and the last group.
 * Requires count <= KDE_RUN_MAX and count * step * inverse_scale <= KDE_RUN_SPAN_MAX.
 */
#define KDE_RUN_MAX 32
#define KDE_RUN_SPAN_MAX 4.0
void kde_kernel_gaussian_run(const double *x, const double *w, size_t groups, double start,
                             double step, double inverse_scale, size_t count, double *sums);

#endif
