/*
 * Kernels and their weighted sums: the inner loops of density estimation. Every sum runs over
 * KDE_LANES independent lanes without branches, which the compilers turn into vector code.
 * Read kde.c next: it chooses which points a sum has to visit.
 */
#include "analytics/kde/kernel.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* Nothing here reads the floating-point exception flags. Without this promise gcc keeps a
 * branch in each comparison and makes no vector code (half the speed). */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-trapping-math")
#endif

#include "analytics/kde/exponential.h" /* below the pragma, else gcc does not inline it */

static const double PI = 3.14159265358979323846;
static const double GAUSSIAN_HEIGHT = 0.39894228040143267794; /* 1/sqrt(2 pi) */

struct kernel_facts {
    const char *name;
    double variance;  /* integral of u^2 K(u) */
    double roughness; /* integral of K(u)^2 */
};

/* Closed forms: cosine 1/3 - 2/pi^2 and 3/4, optcosine 1 - 8/pi^2 and pi^2/16. */
static const struct kernel_facts facts[KDE_KERNEL_COUNT] = {
    [KDE_KERNEL_GAUSSIAN] = {"gaussian", 1.0, 0.28209479177387814347},
    [KDE_KERNEL_EPANECHNIKOV] = {"epanechnikov", 1.0 / 5.0, 3.0 / 5.0},
    [KDE_KERNEL_TRIANGULAR] = {"triangular", 1.0 / 6.0, 2.0 / 3.0},
    [KDE_KERNEL_UNIFORM] = {"uniform", 1.0 / 3.0, 1.0 / 2.0},
    [KDE_KERNEL_BIWEIGHT] = {"biweight", 1.0 / 7.0, 5.0 / 7.0},
    [KDE_KERNEL_TRIWEIGHT] = {"triweight", 1.0 / 9.0, 350.0 / 429.0},
    [KDE_KERNEL_COSINE] = {"cosine", 0.13069096604865779834, 3.0 / 4.0},
    [KDE_KERNEL_OPTCOSINE] = {"optcosine", 0.18943053086129782668, 0.61685027506808491368},
};

const char *kde_kernel_name(enum kde_kernel kernel)
{
    return facts[kernel].name;
}

bool kde_kernel_find(const char *name, enum kde_kernel *kernel)
{
    for (int k = 0; k < KDE_KERNEL_COUNT; k++) {
        if (strcmp(facts[k].name, name) == 0) {
            *kernel = (enum kde_kernel)k;
            return true;
        }
    }
    return false;
}

double kde_kernel_sd(enum kde_kernel kernel)
{
    return sqrt(facts[kernel].variance);
}

double kde_kernel_reach(enum kde_kernel kernel)
{
    return kernel == KDE_KERNEL_GAUSSIAN ? KDE_GAUSSIAN_REACH : 1.0;
}

double kde_kernel_canonical(enum kde_kernel kernel)
{
    const struct kernel_facts *k = &facts[kernel];
    const struct kernel_facts *gaussian = &facts[KDE_KERNEL_GAUSSIAN];
    return pow(k->roughness / (k->variance * k->variance) / gaussian->roughness, 0.2);
}

bool kde_kernel_is_polygonal(enum kde_kernel kernel)
{
    return kernel == KDE_KERNEL_UNIFORM || kernel == KDE_KERNEL_TRIANGULAR;
}

/* exp(-u^2/2). u^2 is clamped: below exp(-700) the result would underflow, which is slow. */
static inline double bell(double u)
{
    const double square = u * u;
    return kde_exponential(-0.5 * (square < 1400.0 ? square : 1400.0));
}

/* cos(pi u / 2) for t = u^2 in [0, 1]: minimax polynomial, absolute error 4e-18. */
static inline double half_cosine(double t)
{
    double p = 6.3317744097762764692e-11;
    p = p * t - 6.3822375921418410944e-9;
    p = p * t + 4.7108307704609296827e-7;
    p = p * t - 2.5202039784521427049e-5;
    p = p * t + 9.1926027394456233566e-4;
    p = p * t - 2.0863480763179134348e-2;
    p = p * t + 2.5366950790103109665e-1;
    p = p * t - 1.2337005501361691934;
    return p * t + 1.0;
}

/* sin(pi u / 2) / u for t = u^2 in [0, 1]: minimax polynomial, absolute error 4e-19. */
static inline double half_sine(double t)
{
    double p = 5.8730070101102449723e-12;
    p = p * t - 6.6844180824079481501e-10;
    p = p * t + 5.6921364484188916009e-8;
    p = p * t - 3.5988430206391856563e-6;
    p = p * t + 1.6044118471317217579e-4;
    p = p * t - 4.6817541353042758328e-3;
    p = p * t + 7.9692626246165642391e-2;
    p = p * t - 6.4596409750624620109e-1;
    return p * t + 1.5707963267948966189;
}

/* 1 - u^2 inside the support, 0 outside. */
static inline double cap(double u)
{
    const double v = 1.0 - u * u;
    return v > 0.0 ? v : 0.0;
}

/* 1 where |u| < 1, else 0. */
static inline double inside(double u)
{
    return u * u < 1.0 ? 1.0 : 0.0;
}

static inline double triangle(double u)
{
    const double v = 1.0 - fabs(u);
    return v > 0.0 ? v : 0.0;
}

/* cos(pi u / 2) inside the support, 0 outside. */
static inline double cosine(double u)
{
    const double c = inside(u) * half_cosine(1.0 - cap(u));
    return c > 0.0 ? c : 0.0;
}

/* Each shape lacks its kernel's constant factor, which is applied once to the whole sum. */
#define SHAPE_GAUSSIAN(u) bell(u)
#define SHAPE_EPANECHNIKOV(u) cap(u)
#define SHAPE_TRIANGULAR(u) triangle(u)
#define SHAPE_UNIFORM(u) inside(u)
#define SHAPE_BIWEIGHT(u) (cap(u) * cap(u))
#define SHAPE_TRIWEIGHT(u) (cap(u) * cap(u) * cap(u))
#define SHAPE_COSINE(u) (cosine(u) * cosine(u)) /* (1 + cos 2a)/2 = cos(a)^2 */
#define SHAPE_OPTCOSINE(u) cosine(u)

#define SLOPE_GAUSSIAN(u) ((u) * bell(u))
#define SLOPE_EPANECHNIKOV(u) ((u) * inside(u))
#define SLOPE_TRIANGULAR(u) (inside(u) * ((u) > 0.0 ? 1.0 : (u) < 0.0 ? -1.0 : 0.0))
#define SLOPE_UNIFORM(u) (0.0 * (u))
#define SLOPE_BIWEIGHT(u) ((u) * cap(u))
#define SLOPE_TRIWEIGHT(u) ((u) * cap(u) * cap(u))
#define SLOPE_COSINE(u) ((u) * half_sine(1.0 - cap(u)) * cosine(u))
#define SLOPE_OPTCOSINE(u) ((u) * inside(u) * half_sine(1.0 - cap(u)))

static inline double fold(const double lane[KDE_LANES])
{
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) +
           ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

#define DEFINE_SUM(function, shape)                                                           \
    static double function(const double *x, const double *w, size_t groups, double at,       \
                           double inverse_scale)                                             \
    {                                                                                         \
        double lane[KDE_LANES] = {0};                                                         \
        for (size_t g = 0; g < groups; g++, x += KDE_LANES, w += KDE_LANES) {                 \
            for (int j = 0; j < KDE_LANES; j++) {                                             \
                const double u = (at - x[j]) * inverse_scale;                                 \
                lane[j] += w[j] * shape(u);                                                   \
            }                                                                                 \
        }                                                                                     \
        return fold(lane);                                                                    \
    }

DEFINE_SUM(sum_gaussian, SHAPE_GAUSSIAN)
DEFINE_SUM(sum_epanechnikov, SHAPE_EPANECHNIKOV)
DEFINE_SUM(sum_triangular, SHAPE_TRIANGULAR)
DEFINE_SUM(sum_uniform, SHAPE_UNIFORM)
DEFINE_SUM(sum_biweight, SHAPE_BIWEIGHT)
DEFINE_SUM(sum_triweight, SHAPE_TRIWEIGHT)
DEFINE_SUM(sum_cosine, SHAPE_COSINE)
DEFINE_SUM(sum_optcosine, SHAPE_OPTCOSINE)

DEFINE_SUM(slope_gaussian, SLOPE_GAUSSIAN)
DEFINE_SUM(slope_epanechnikov, SLOPE_EPANECHNIKOV)
DEFINE_SUM(slope_triangular, SLOPE_TRIANGULAR)
DEFINE_SUM(slope_uniform, SLOPE_UNIFORM)
DEFINE_SUM(slope_biweight, SLOPE_BIWEIGHT)
DEFINE_SUM(slope_triweight, SLOPE_TRIWEIGHT)
DEFINE_SUM(slope_cosine, SLOPE_COSINE)
DEFINE_SUM(slope_optcosine, SLOPE_OPTCOSINE)

double kde_kernel_sum(enum kde_kernel kernel, const double *x, const double *w, size_t groups,
                      double at, double inverse_scale)
{
    switch (kernel) {
    case KDE_KERNEL_GAUSSIAN:
        return GAUSSIAN_HEIGHT * sum_gaussian(x, w, groups, at, inverse_scale);
    case KDE_KERNEL_EPANECHNIKOV:
        return 0.75 * sum_epanechnikov(x, w, groups, at, inverse_scale);
    case KDE_KERNEL_TRIANGULAR:
        return sum_triangular(x, w, groups, at, inverse_scale);
    case KDE_KERNEL_UNIFORM:
        return 0.5 * sum_uniform(x, w, groups, at, inverse_scale);
    case KDE_KERNEL_BIWEIGHT:
        return 15.0 / 16.0 * sum_biweight(x, w, groups, at, inverse_scale);
    case KDE_KERNEL_TRIWEIGHT:
        return 35.0 / 32.0 * sum_triweight(x, w, groups, at, inverse_scale);
    case KDE_KERNEL_COSINE:
        return sum_cosine(x, w, groups, at, inverse_scale);
    case KDE_KERNEL_OPTCOSINE:
        return PI / 4.0 * sum_optcosine(x, w, groups, at, inverse_scale);
    }
    return 0.0;
}

double kde_kernel_slope(enum kde_kernel kernel, const double *x, const double *w, size_t groups,
                        double at, double inverse_scale)
{
    switch (kernel) {
    case KDE_KERNEL_GAUSSIAN:
        return -GAUSSIAN_HEIGHT * slope_gaussian(x, w, groups, at, inverse_scale);
    case KDE_KERNEL_EPANECHNIKOV:
        return -1.5 * slope_epanechnikov(x, w, groups, at, inverse_scale);
    case KDE_KERNEL_TRIANGULAR:
        return -slope_triangular(x, w, groups, at, inverse_scale);
    case KDE_KERNEL_UNIFORM:
        return slope_uniform(x, w, groups, at, inverse_scale);
    case KDE_KERNEL_BIWEIGHT:
        return -15.0 / 4.0 * slope_biweight(x, w, groups, at, inverse_scale);
    case KDE_KERNEL_TRIWEIGHT:
        return -105.0 / 16.0 * slope_triweight(x, w, groups, at, inverse_scale);
    case KDE_KERNEL_COSINE:
        return -PI * slope_cosine(x, w, groups, at, inverse_scale);
    case KDE_KERNEL_OPTCOSINE:
        return -PI * PI / 8.0 * slope_optcosine(x, w, groups, at, inverse_scale);
    }
    return 0.0;
}

/*
 * exp(-(v + j t)^2/2) = exp(-v^2/2) exp(-v t)^j exp(-(j t)^2/2) for v = (start - x)/s and
 * t = step/s: two exponentials a point instead of one for every pair. The last factor belongs
 * to the column alone. Limits on t keep the middle factor below exp(60), see the header.
 */
void kde_kernel_gaussian_run(const double *x, const double *w, size_t groups, double start,
                             double step, double inverse_scale, size_t count, double *sums)
{
    const double t = step * inverse_scale;
    double column[KDE_RUN_MAX][KDE_LANES] = {{0}};
    assert(count <= KDE_RUN_MAX && (double)count * t <= KDE_RUN_SPAN_MAX);
    for (size_t g = 0; g < groups; g++, x += KDE_LANES, w += KDE_LANES) {
        double term[KDE_LANES];
        double ratio[KDE_LANES];
        for (int j = 0; j < KDE_LANES; j++) {
            /* Points outside the reach stand in a group for company only: holding them at the
             * clamp keeps the ratio small; their term is 0 to a double. */
            double v = (start - x[j]) * inverse_scale;
            v = v < 15.0 ? v : 15.0;
            v = v > -15.0 ? v : -15.0;
            term[j] = w[j] * kde_exponential(-0.5 * v * v);
            ratio[j] = kde_exponential(-v * t);
        }
        for (size_t c = 0; c < count; c++) {
            for (int j = 0; j < KDE_LANES; j++) {
                column[c][j] += term[j];
                term[j] *= ratio[j];
            }
        }
    }
    for (size_t c = 0; c < count; c++) {
        const double u = (double)c * t;
        sums[c] = GAUSSIAN_HEIGHT * kde_exponential(-0.5 * u * u) * fold(column[c]);
    }
}
