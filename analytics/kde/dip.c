/*
 * The dip and its test. The letters are those of AS 217: the greatest convex minorant (gcm) and
 * the least concave majorant (lcm) of the distribution function, taken of ever smaller intervals
 * around the mode until they stay. critical.c has the other test of the number of modes.
 */
#include "analytics/kde/dip.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "analytics/kde/random.h"

enum { WATCH_EVERY = 16 };

/* Indices count from 1, as distribution functions do: X(1) is the smallest value. */
#define X(I) (x[(I) - 1])

/* mn[j]: the vertex before j of the convex minorant of the values up to j. */
static void link_minorant(const double *x, size_t n, size_t *mn)
{
    mn[1] = 1;
    for (size_t j = 2; j <= n; j++) {
        mn[j] = j - 1;
        for (;;) {
            const size_t a = mn[j];
            const size_t b = mn[a];
            if (a == 1 || (X(j) - X(a)) * (double)(a - b) < (X(a) - X(b)) * (double)(j - a)) {
                break;
            }
            mn[j] = b;
        }
    }
}

/* mj[k]: the vertex behind k of the concave majorant of the values from k on. */
static void link_majorant(const double *x, size_t n, size_t *mj)
{
    mj[n] = n;
    for (size_t k = n - 1; k >= 1; k--) {
        mj[k] = k + 1;
        for (;;) {
            const size_t a = mj[k];
            const size_t b = mj[a];
            if (a == n || (X(a) - X(k)) * (double)(b - a) < (X(b) - X(a)) * (double)(a - k)) {
                break;
            }
            mj[k] = b;
        }
    }
}

/* The two hulls over an interval, vertex by vertex: the minorant's from high down to low, the majorant's upwards. */
struct hulls {
    size_t *gcm;
    size_t *lcm;
    size_t gcm_count;
    size_t lcm_count;
    size_t ig; /* where their distance is largest */
    size_t ih;
};

/* The largest vertical distance of the hulls; sets ig and ih. */
static double separate(const double *x, struct hulls *h)
{
    size_t ix = h->gcm_count - 1;
    size_t iv = 2;
    double d = 0.0;
    h->ig = h->gcm_count;
    h->ih = h->lcm_count;
    if (h->gcm_count == 2 && h->lcm_count == 2) {
        return 1.0;
    }
    do {
        const size_t g = h->gcm[ix];
        const size_t l = h->lcm[iv];
        if (g > l) { /* a vertex of the majorant stands over an edge of the minorant */
            const size_t before = h->gcm[ix + 1];
            const double dx = (double)(l + 1) - (double)before -
                              (X(l) - X(before)) * (double)(g - before) / (X(g) - X(before));
            iv++;
            if (dx >= d) {
                d = dx;
                h->ig = ix + 1;
                h->ih = iv - 1;
            }
        } else {
            const size_t before = h->lcm[iv - 1];
            const double dx = (X(g) - X(before)) * (double)(l - before) / (X(l) - X(before)) -
                              ((double)g - (double)before - 1.0);
            ix--;
            if (dx >= d) {
                d = dx;
                h->ig = ix + 1;
                h->ih = iv;
            }
        }
        ix = ix < 1 ? 1 : ix;
        iv = iv > h->lcm_count ? h->lcm_count : iv;
    } while (h->gcm[ix] != h->lcm[iv]);
    return d;
}

/* How far the distribution function leaves an edge of a hull, upwards or downwards, in steps of 1/n; at least 1. */
static double leave_edge(const double *x, size_t begin, size_t end, bool is_upwards)
{
    double most = 1.0;
    if (end - begin > 1 && X(end) > X(begin)) {
        const double slope = (double)(end - begin) / (X(end) - X(begin));
        for (size_t j = begin; j <= end; j++) {
            const double line = (X(j) - X(begin)) * slope;
            const double t = is_upwards ? (double)(j - begin) + 1.0 - line : line - ((double)(j - begin) - 1.0);
            most = fmax(most, t);
        }
    }
    return most;
}

/* Walks the vertices of both hulls between low and high. */
static void collect(const size_t *mn, const size_t *mj, size_t low, size_t high, struct hulls *h)
{
    h->gcm_count = 1;
    h->gcm[1] = high;
    while (h->gcm[h->gcm_count] > low) {
        h->gcm[h->gcm_count + 1] = mn[h->gcm[h->gcm_count]];
        h->gcm_count++;
    }
    h->lcm_count = 1;
    h->lcm[1] = low;
    while (h->lcm[h->lcm_count] < high) {
        h->lcm[h->lcm_count + 1] = mj[h->lcm[h->lcm_count]];
        h->lcm_count++;
    }
}

double kde_dip_sorted(const double *x, size_t n, size_t *room)
{
    double dip = 1.0;
    size_t low = 1;
    size_t high = n;
    assert(n >= 1);
    if (n < 2 || !(X(n) > X(1))) {
        return 0.5 / (double)n;
    }
    size_t *mn = room;
    size_t *mj = room + n + 1;
    struct hulls h = {.gcm = room + 2 * (n + 1), .lcm = room + 3 * (n + 1)};
    link_minorant(x, n, mn);
    link_majorant(x, n, mj);
    for (;;) {
        collect(mn, mj, low, high, &h);
        if (separate(x, &h) < dip) {
            break;
        }
        for (size_t j = h.ig; j < h.gcm_count; j++) {
            dip = fmax(dip, leave_edge(x, h.gcm[j + 1], h.gcm[j], true));
        }
        for (size_t j = h.ih; j < h.lcm_count; j++) {
            dip = fmax(dip, leave_edge(x, h.lcm[j], h.lcm[j + 1], false));
        }
        if (low == h.gcm[h.ig] && high == h.lcm[h.ih]) {
            break;
        }
        low = h.gcm[h.ig];
        high = h.lcm[h.ih];
    }
    return dip / (2.0 * (double)n);
}

static int compare_values(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* A sorted uniform sample: sums of exponential deviates (Devroye 1986, Non-Uniform Random
 * Variate Generation, V.3.1), up to the scale, which the dip does not see. */
static void fill_uniform(struct kde_random *random, double *x, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum -= log(kde_random_uniform(random));
        x[i] = sum;
    }
}

static enum status simulate(double scaled, size_t n, double *x, size_t *room, const struct kde_watch *watch,
                            double *p_value)
{
    size_t count = 0;
    for (size_t r = 0; r < KDE_DIP_REPLICATES; r++) {
        struct kde_random random = kde_random_stream(KDE_DIP_SEED, r);
        if (r % WATCH_EVERY == 0) {
            kde_tell(watch, r, KDE_DIP_REPLICATES);
            if (kde_is_cancelled(watch)) {
                return STATUS_BUSY;
            }
        }
        fill_uniform(&random, x, n);
        count += kde_dip_sorted(x, n, room) * sqrt((double)n) >= scaled * (1.0 - 1e-12) ? 1 : 0;
    }
    *p_value = (1.0 + (double)count) / (1.0 + KDE_DIP_REPLICATES);
    return STATUS_OK;
}

enum status kde_dip_test(const double *values, size_t n, const struct kde_watch *watch, struct kde_dip *dip)
{
    enum status status = STATUS_EXHAUSTED;
    struct kde_dip made = {0.0, 1.0};
    double *x = malloc(n * sizeof *x);
    size_t *room = malloc(4 * (n + 1) * sizeof *room);
    if (x != NULL && room != NULL) {
        for (size_t i = 0; i < n; i++) {
            x[i] = values[i];
        }
        qsort(x, n, sizeof *x, compare_values);
        made.statistic = kde_dip_sorted(x, n, room);
        const double scaled = made.statistic * sqrt((double)n);
        status = simulate(scaled, n < KDE_DIP_SAMPLE_MAX ? n : KDE_DIP_SAMPLE_MAX, x, room, watch, &made.p_value);
    }
    free(room);
    free(x);
    if (status == STATUS_OK) {
        *dip = made;
    }
    return status;
}
