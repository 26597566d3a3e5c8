/*
 * Pairs of a sample: all of them, or how many nodes apart they lie. selector.c is the user.
 */
#include "analytics/kde/pairs.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "analytics/kde/kernel.h"
#include "analytics/kde/sample.h"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-trapping-math") /* as in kernel.c: without it no vector code */
#endif

#include "analytics/kde/exponential.h" /* below the pragma, else gcc does not inline it */

/* exp(-q/4) is below 1e-16 beyond, and so is exp(-q/2) times any of the polynomials. */
static const double Q_MAX = 180.0;
static const double SQRT_8 = 2.82842712474619009760;

enum { WATCH_EVERY = 256 };

static inline double term_at(enum kde_pair_term term, double q)
{
    const double bounded = q < 1400.0 ? q : 1400.0;
    const double wide = term == KDE_PAIR_UCV || term == KDE_PAIR_BCV ? kde_exponential(-0.25 * bounded)
                                                                     : kde_exponential(-0.5 * bounded);
    switch (term) {
    case KDE_PAIR_UCV:
        return wide - SQRT_8 * wide * wide;
    case KDE_PAIR_BCV:
        return wide * ((bounded - 12.0) * bounded + 12.0);
    case KDE_PAIR_PHI4:
        return wide * ((bounded - 6.0) * bounded + 3.0);
    case KDE_PAIR_PHI6:
        return wide * (((bounded - 15.0) * bounded + 45.0) * bounded - 15.0);
    }
    return 0.0;
}

/* sum of m[j] t((x[j] - at)/h) over whole groups; inlined with a constant term for each case. */
static inline double sum_groups(enum kde_pair_term term, const double *x, const double *m, size_t groups,
                                double at, double inverse)
{
    double lane[KDE_LANES] = {0};
    for (size_t g = 0; g < groups; g++) {
        for (size_t l = 0; l < KDE_LANES; l++) {
            const double u = (x[g * KDE_LANES + l] - at) * inverse;
            lane[l] += m[g * KDE_LANES + l] * term_at(term, u * u);
        }
    }
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

static double sum_row(enum kde_pair_term term, const double *x, const double *m, size_t groups, double at,
                      double inverse)
{
    switch (term) {
    case KDE_PAIR_UCV:
        return sum_groups(KDE_PAIR_UCV, x, m, groups, at, inverse);
    case KDE_PAIR_BCV:
        return sum_groups(KDE_PAIR_BCV, x, m, groups, at, inverse);
    case KDE_PAIR_PHI4:
        return sum_groups(KDE_PAIR_PHI4, x, m, groups, at, inverse);
    case KDE_PAIR_PHI6:
        return sum_groups(KDE_PAIR_PHI6, x, m, groups, at, inverse);
    }
    return 0.0;
}

/*
 * Every point against those behind it, up to the reach. Rows are of whole groups, so that each
 * group's points before the row's own are summed too and taken away again: they are few.
 */
static double sum_exact(const struct kde_pairs *pairs, enum kde_pair_term term, double h)
{
    const struct kde_points *points = &pairs->points;
    const double reach = sqrt(Q_MAX) * h;
    const double inverse = 1.0 / h;
    double total = pairs->ties * term_at(term, 0.0);
    size_t end = 0;
    for (size_t i = 0; i < points->n; i++) {
        const size_t next = (i / KDE_LANES + 1) * KDE_LANES;
        double row = 0.0;
        while (end < points->n && points->x[end] - points->x[i] <= reach) {
            end++;
        }
        for (size_t j = i + 1; j < next && j < points->n; j++) {
            const double u = (points->x[j] - points->x[i]) * inverse;
            row += points->w[j] * term_at(term, u * u);
        }
        if (end > next) {
            row += sum_row(term, points->x + next, points->w + next, (end - next + KDE_LANES - 1) / KDE_LANES,
                           points->x[i], inverse);
        }
        total += points->w[i] * row;
    }
    return total;
}

static double sum_binned(const struct kde_pairs *pairs, enum kde_pair_term term, double h)
{
    const double step = pairs->spacing / h;
    double total = 0.0;
    for (size_t k = 0; k < pairs->lags; k++) {
        const double q = (double)k * step * ((double)k * step);
        if (q > Q_MAX) {
            break;
        }
        total += pairs->counts[k] * term_at(term, q);
    }
    return total;
}

double kde_pairs_sum(const struct kde_pairs *pairs, enum kde_pair_term term, double h)
{
    assert(h > 0.0);
    return pairs->counts == NULL ? sum_exact(pairs, term, h) : sum_binned(pairs, term, h);
}

/* A node that values were dealt to. */
struct node {
    int64_t at;
    double weight;
};

static size_t add_to_node(struct node *nodes, size_t count, int64_t at, double weight)
{
    for (size_t back = 1; back <= 2 && back <= count; back++) {
        if (nodes[count - back].at == at) {
            nodes[count - back].weight += weight;
            return count;
        }
    }
    nodes[count] = (struct node){.at = at, .weight = weight};
    return count + 1;
}

/* Deals the sorted points out; nodes has room for two each. Answers how many nodes there are, ascending, and takes
 * what values count with themselves out of the first two counts. */
static size_t deal(struct kde_pairs *pairs, struct node *nodes)
{
    const struct kde_points *points = &pairs->points;
    size_t count = 0;
    for (size_t i = 0; i < points->n; i++) {
        const double place = (points->x[i] - points->x[0]) / pairs->spacing;
        const double low = floor(place);
        const double share = place - low;
        const double m = points->w[i];
        count = add_to_node(nodes, count, (int64_t)low, m * (1.0 - share));
        if (share > 0.0) {
            count = add_to_node(nodes, count, (int64_t)low + 1, m * share);
        }
        pairs->counts[0] -= 0.5 * m * (share * share + (1.0 - share) * (1.0 - share));
        pairs->counts[1] -= m * share * (1.0 - share);
    }
    return count;
}

static enum status count_lags(struct kde_pairs *pairs, const struct node *nodes, size_t count,
                              const struct kde_watch *watch)
{
    for (size_t i = 0; i < count; i++) {
        if (i % WATCH_EVERY == 0) {
            kde_tell(watch, i, count);
            if (kde_is_cancelled(watch)) {
                return STATUS_BUSY;
            }
        }
        pairs->counts[0] += 0.5 * nodes[i].weight * nodes[i].weight;
        for (size_t j = i + 1; j < count && nodes[j].at - nodes[i].at < (int64_t)pairs->lags; j++) {
            pairs->counts[nodes[j].at - nodes[i].at] += nodes[i].weight * nodes[j].weight;
        }
    }
    return STATUS_OK;
}

static enum status bin(struct kde_pairs *pairs, double reach, const struct kde_watch *watch)
{
    enum status status = STATUS_EXHAUSTED;
    pairs->lags = (size_t)ceil(reach / pairs->spacing) + 2;
    pairs->counts = calloc(pairs->lags, sizeof *pairs->counts);
    struct node *nodes = malloc(2 * pairs->points.n * sizeof *nodes);
    if (pairs->counts != NULL && nodes != NULL) {
        status = count_lags(pairs, nodes, deal(pairs, nodes), watch);
    }
    free(nodes);
    return status;
}

enum status kde_pairs_make(const struct kde_sample *sample, double spacing, double reach,
                           const struct kde_watch *watch, struct kde_pairs *pairs)
{
    const struct kde_sample unweighted = {.values = sample->values, .weights = NULL, .n = sample->n};
    struct kde_pairs made = {.n = (double)sample->n};
    enum status status = kde_points_sort(&unweighted, &made.points);
    if (status != STATUS_OK) {
        return status;
    }
    for (size_t i = 0; i < made.points.n; i++) { /* counts instead of weights */
        made.points.w[i] = made.points.below[i + 1] - made.points.below[i];
        made.ties += 0.5 * made.points.w[i] * (made.points.w[i] - 1.0);
    }
    if (sample->n > KDE_PAIRS_EXACT_MAX) {
        made.spacing = spacing;
        status = bin(&made, reach, watch);
    }
    if (status != STATUS_OK) {
        kde_pairs_fini(&made);
        return status;
    }
    *pairs = made;
    return STATUS_OK;
}

void kde_pairs_fini(struct kde_pairs *pairs)
{
    kde_points_fini(&pairs->points);
    free(pairs->counts);
    pairs->counts = NULL;
}
