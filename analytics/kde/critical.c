/*
 * Critical bandwidths. Whether a curve has one mode is asked of the sign of f' along the values,
 * as scan.c does, but without making the curve: it is asked some thousand times.
 */
#include "analytics/kde/critical.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "analytics/kde/kernel.h"
#include "analytics/kde/random.h"

enum { STEPS_PER_H = 8, DIP_STEPS = 24, FINER = 48, HALVINGS = 60, WATCH_EVERY = 4, PLACES_MAX = 100000, SEARCHES = 7 };

/* Above this, in units of 1/h^2, f' cannot reach 0 within a step of an eighth: max|K'''| / 8^2 / 2 (scan.c). */
static const double DIP_LIMIT = 0.005;
/* l(a) lies between these for all levels a. */
static const double RATIO_LEAST = 0.98;
static const double RATIO_MOST = 1.16;

/* Values from 0 up (a sample's own from 0 to 1), in ascending order and padded to whole groups, each with the weight 1/n. */
struct ladder {
    double *x;
    double *w;
    size_t n;
    size_t groups;
    double length; /* the largest */
};

static int compare_values(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

static enum status make_ladder(size_t n, struct ladder *ladder)
{
    const size_t groups = (n + KDE_LANES - 1) / KDE_LANES;
    struct ladder made = {.n = n, .groups = groups};
    made.x = calloc(groups * KDE_LANES, sizeof *made.x);
    made.w = calloc(groups * KDE_LANES, sizeof *made.w);
    if (made.x == NULL || made.w == NULL) {
        free(made.w);
        free(made.x);
        return STATUS_EXHAUSTED;
    }
    for (size_t i = 0; i < n; i++) {
        made.w[i] = 1.0 / (double)n;
    }
    *ladder = made;
    return STATUS_OK;
}

static void free_ladder(struct ladder *ladder)
{
    free(ladder->w);
    free(ladder->x);
}

/* Sorts what x holds and lets it begin at 0. */
static void settle(struct ladder *ladder)
{
    qsort(ladder->x, ladder->n, sizeof *ladder->x, compare_values);
    const double least = ladder->x[0];
    for (size_t i = 0; i < ladder->n; i++) {
        ladder->x[i] -= least;
    }
    ladder->length = ladder->x[ladder->n - 1];
    for (size_t i = ladder->n; i < ladder->groups * KDE_LANES; i++) {
        ladder->x[i] = ladder->length;
    }
}

/* f' at a place, in units of 1/h^2. */
static double slope_at(const struct ladder *ladder, double h, double at)
{
    const double reach = KDE_GAUSSIAN_REACH * h;
    size_t first = 0;
    size_t end = ladder->groups;
    while (end - first > 1 && ladder->x[(first + 1) * KDE_LANES - 1] < at - reach) {
        first++;
    }
    while (end - first > 1 && ladder->x[(end - 1) * KDE_LANES] > at + reach) {
        end--;
    }
    return kde_kernel_slope(KDE_KERNEL_GAUSSIAN, ladder->x + first * KDE_LANES, ladder->w + first * KDE_LANES,
                            end - first, at, 1.0 / h);
}

/* Whether f' changes its sign between two places of the same sign with a smaller |f'| between: golden section. */
static bool has_dip(const struct ladder *ladder, double h, double sign, double low, double high)
{
    const double golden = 0.61803398874989484820;
    double left = high - golden * (high - low);
    double right = low + golden * (high - low);
    double at_left = sign * slope_at(ladder, h, left);
    double at_right = sign * slope_at(ladder, h, right);
    for (int i = 0; i < DIP_STEPS && at_left > 0.0 && at_right > 0.0; i++) {
        if (at_left < at_right) {
            high = right;
            right = left;
            at_right = at_left;
            left = high - golden * (high - low);
            at_left = sign * slope_at(ladder, h, left);
        } else {
            low = left;
            left = right;
            at_left = at_right;
            right = low + golden * (high - low);
            at_right = sign * slope_at(ladder, h, right);
        }
    }
    return at_left < 0.0 || at_right < 0.0;
}

/* Whether f' goes back and forth around a place where it changes its sign: a valley between two modes that lie closer
 * than a step. */
static bool has_double(const struct ladder *ladder, double h, double low, double high)
{
    bool is_falling = false;
    for (int i = 1; i < FINER; i++) {
        const double slope = slope_at(ladder, h, low + (high - low) * i / FINER);
        if (slope > 0.0 && is_falling) {
            return true;
        }
        is_falling = is_falling || slope < 0.0;
    }
    return false;
}

/*
 * Whether the curve has one mode. f' > 0 before the first value and < 0 behind the last: one mode if it never rises
 * again after it fell. Where the values lie further apart than the kernel reaches there are more, of course.
 */
static bool is_unimodal(const struct ladder *ladder, double h)
{
    const double places = ceil(ladder->length / h * STEPS_PER_H) + 1.0;
    double before[2] = {INFINITY, INFINITY}; /* the two slopes before */
    bool is_falling = false;
    if (places > PLACES_MAX) {
        return false;
    }
    const double step = ladder->length / places;
    for (double i = 0.0; i <= places; i++) {
        const double x = i == places ? ladder->length : i * step;
        const double slope = slope_at(ladder, h, x);
        const double sign = is_falling ? -1.0 : 1.0;
        if (slope < 0.0 && !is_falling) {
            if (fabs(slope) < DIP_LIMIT && has_double(ladder, h, x - 2.0 * step, x + step)) {
                return false;
            }
            is_falling = true;
            before[0] = before[1] = -INFINITY;
        } else if (slope > 0.0 && is_falling) {
            return false;
        } else if (isfinite(before[0]) && fabs(before[1]) < fabs(before[0]) && fabs(before[1]) <= fabs(slope) &&
                   fabs(before[1]) < DIP_LIMIT && has_dip(ladder, h, sign, x - 2.0 * step, x)) {
            return false;
        }
        before[0] = before[1];
        before[1] = slope;
    }
    return true;
}

static double find_critical(const struct ladder *ladder)
{
    double high = ladder->length; /* n kernels whose means lie within one standard deviation have one mode */
    double low = 0.0;
    for (int i = 0; i < HALVINGS && high - low > 1e-10 * high; i++) {
        const double middle = 0.5 * (low + high);
        if (is_unimodal(ladder, middle)) {
            high = middle;
        } else {
            low = middle;
        }
    }
    return high;
}

/* *range is the unit of what the ladder holds. */
static enum status fill_ladder(const double *values, size_t n, struct ladder *ladder, double *range)
{
    enum status status = make_ladder(n, ladder);
    if (status == STATUS_OK) {
        for (size_t i = 0; i < n; i++) {
            ladder->x[i] = values[i];
        }
        settle(ladder);
        *range = ladder->length;
        assert(*range > 0.0);
        for (size_t i = 0; i < ladder->groups * KDE_LANES; i++) {
            ladder->x[i] /= *range;
        }
        ladder->length = 1.0;
    }
    return status;
}

enum status kde_critical_bandwidth(const double *values, size_t n, double *bandwidth)
{
    struct ladder ladder;
    double range = 0.0;
    enum status status = fill_ladder(values, n, &ladder, &range);
    if (status == STATUS_OK) {
        *bandwidth = find_critical(&ladder) * range;
        free_ladder(&ladder);
    }
    return status;
}

/* l(a) of Hall and York. */
static double ratio_of_level(double a)
{
    return (((0.94029 * a - 1.59914) * a + 0.17695) * a + 0.48971) / (((a - 1.77793) * a + 0.36162) * a + 0.42423);
}

/* The samples drawn from the curve, one after the other. */
struct draw {
    const struct ladder *sample;
    struct ladder drawn;
    double h;
    double mean;
    double shrink; /* 1 / sqrt(1 + h^2/s^2) */
    double *spread; /* what a sample is before it is drawn in */
};

static void draw_sample(struct draw *draw, size_t replicate)
{
    const size_t n = draw->sample->n;
    struct kde_random random = kde_random_stream(KDE_CRITICAL_SEED, replicate);
    double pair[2] = {0.0, 0.0};
    for (size_t i = 0; i < n; i++) {
        const double value = draw->sample->x[kde_random_below(&random, n)];
        if (i % 2 == 0) {
            kde_random_normals(&random, pair);
        }
        draw->spread[i] = value + draw->h * pair[i % 2];
    }
}

static void take_sample(struct draw *draw, double centre, double shrink)
{
    for (size_t i = 0; i < draw->sample->n; i++) {
        draw->drawn.x[i] = centre + (draw->spread[i] - centre) * shrink;
    }
    settle(&draw->drawn);
}

/* Where a sample's critical bandwidth lies in units of h, between the least and the most that any level asks for. */
static double find_ratio(const struct draw *draw)
{
    double low = RATIO_LEAST;
    double high = RATIO_MOST;
    if (is_unimodal(&draw->drawn, low * draw->h)) {
        return low;
    }
    if (!is_unimodal(&draw->drawn, high * draw->h)) {
        return INFINITY;
    }
    for (int i = 0; i < SEARCHES; i++) {
        const double middle = 0.5 * (low + high);
        if (is_unimodal(&draw->drawn, middle * draw->h)) {
            high = middle;
        } else {
            low = middle;
        }
    }
    return high;
}

/* The share of those who are beyond, the sample itself counted among them: never 0, and no finer than the replicates. */
static double share_of(size_t beyond)
{
    return (1.0 + (double)beyond) / (1.0 + KDE_CRITICAL_REPLICATES);
}

/* The least of the levels that a share can be at which the calibrated test rejects; 1 where none but that does. */
static double calibrate(const double *ratios)
{
    for (size_t others = 0; others < KDE_CRITICAL_REPLICATES; others++) {
        const double most = ratio_of_level(share_of(others));
        size_t beyond = 0;
        for (size_t r = 0; r < KDE_CRITICAL_REPLICATES; r++) {
            beyond += ratios[r] > most ? 1 : 0;
        }
        if (beyond <= others) {
            return share_of(others);
        }
    }
    return 1.0;
}

static enum status run(struct draw *draw, const struct kde_watch *watch, struct kde_critical *critical)
{
    double ratios[KDE_CRITICAL_REPLICATES];
    size_t several = 0;
    for (size_t r = 0; r < KDE_CRITICAL_REPLICATES; r++) {
        if (r % WATCH_EVERY == 0) {
            kde_tell(watch, r, KDE_CRITICAL_REPLICATES);
            if (kde_is_cancelled(watch)) {
                return STATUS_BUSY;
            }
        }
        draw_sample(draw, r);
        take_sample(draw, 0.0, 1.0);
        ratios[r] = find_ratio(draw);
        take_sample(draw, draw->mean, draw->shrink);
        several += is_unimodal(&draw->drawn, draw->h) ? 0 : 1;
    }
    critical->p_value = share_of(several);
    critical->calibrated_p = calibrate(ratios);
    return STATUS_OK;
}

enum status kde_critical_test(const double *values, size_t n, const struct kde_watch *watch,
                              struct kde_critical *critical)
{
    struct ladder sample;
    struct kde_critical made = {0.0, 1.0, 1.0};
    assert(n >= 2 && n <= KDE_CRITICAL_MAX);
    double range = 0.0;
    enum status status = fill_ladder(values, n, &sample, &range);
    if (status != STATUS_OK) {
        return status;
    }
    struct draw draw = {.sample = &sample, .h = find_critical(&sample), .spread = malloc(n * sizeof(double))};
    status = draw.spread == NULL ? STATUS_EXHAUSTED : make_ladder(n, &draw.drawn);
    if (status == STATUS_OK) {
        double squares = 0.0;
        for (size_t i = 0; i < n; i++) {
            draw.mean += sample.x[i] / (double)n;
        }
        for (size_t i = 0; i < n; i++) {
            squares += (sample.x[i] - draw.mean) * (sample.x[i] - draw.mean) / (double)n;
        }
        draw.shrink = 1.0 / sqrt(1.0 + draw.h * draw.h / squares);
        made.bandwidth = draw.h * range;
        status = run(&draw, watch, &made);
        free_ladder(&draw.drawn);
    }
    free(draw.spread);
    free_ladder(&sample);
    if (status == STATUS_OK) {
        *critical = made;
    }
    return status;
}
