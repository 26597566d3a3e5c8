/*
 * From a sample to the points that a curve adds up: sorted and merged, or dealt out to nodes.
 * kde.c decides which.
 */
#include "analytics/kde/points.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "analytics/kde/kernel.h"
#include "analytics/kde/sample.h"

enum { BATCH = 16 };

/* Less than this share of all weight does not show in any curve. */
static const double NEGLIGIBLE = 1e-100;

struct pair {
    double x;
    double w;
};

static int compare_pairs(const void *a, const void *b)
{
    const double x = ((const struct pair *)a)->x;
    const double y = ((const struct pair *)b)->x;
    return (x > y) - (x < y);
}

/* Room for n points and their padding. */
static enum status make_room(size_t n, struct kde_points *points)
{
    const size_t groups = (n + KDE_LANES - 1) / KDE_LANES;
    points->x = calloc(groups * KDE_LANES, sizeof *points->x);
    points->w = calloc(groups * KDE_LANES, sizeof *points->w);
    points->below = calloc(groups * KDE_LANES + 1, sizeof *points->below);
    points->n = 0;
    points->groups = 0;
    if (points->x == NULL || points->w == NULL || points->below == NULL) {
        kde_points_fini(points);
        return STATUS_EXHAUSTED;
    }
    return STATUS_OK;
}

/* Adds the weights up, scales them to sum 1 and pads the last group. */
static void finish(struct kde_points *points)
{
    assert(points->n > 0);
    for (size_t i = 0; i < points->n; i++) {
        points->below[i + 1] = points->below[i] + points->w[i];
    }
    const double total = points->below[points->n];
    assert(total > 0.0);
    points->groups = (points->n + KDE_LANES - 1) / KDE_LANES;
    for (size_t i = 0; i < points->n; i++) {
        points->w[i] /= total;
    }
    for (size_t i = points->n; i < points->groups * KDE_LANES; i++) {
        points->x[i] = points->x[points->n - 1];
        points->w[i] = 0.0;
    }
}

enum status kde_points_sort(const struct kde_sample *sample, struct kde_points *points)
{
    struct kde_points made;
    struct pair *pairs = malloc(sample->n * sizeof *pairs);
    double total = 0.0;

    if (pairs == NULL) {
        goto failed;
    }
    if (make_room(sample->n, &made) != STATUS_OK) {
        goto failed_room;
    }
    for (size_t i = 0; i < sample->n; i++) {
        pairs[i].x = sample->values[i];
        pairs[i].w = sample->weights == NULL ? 1.0 : sample->weights[i];
        total += pairs[i].w;
    }
    qsort(pairs, sample->n, sizeof *pairs, compare_pairs);
    for (size_t i = 0; i < sample->n; i++) {
        if (pairs[i].w == 0.0 || pairs[i].w < NEGLIGIBLE * total) {
            continue;
        }
        if (made.n > 0 && made.x[made.n - 1] == pairs[i].x) {
            made.w[made.n - 1] += pairs[i].w;
        } else {
            made.x[made.n] = pairs[i].x;
            made.w[made.n] = pairs[i].w;
            made.n++;
        }
    }
    finish(&made);
    *points = made;
    free(pairs);
    return STATUS_OK;
failed_room:
    free(pairs);
failed:
    return STATUS_EXHAUSTED;
}

/* Deals the weight w out to the nodes around share s of the cell that begins at at[1]. */
static void deal_one(double *at, double s, double w, enum kde_binning binning)
{
    if (binning == KDE_BINNING_LINEAR) {
        at[1] += w * (1.0 - s);
        at[2] += w * s;
        return;
    }
    const double low = w * s * (1.0 - s) / 6.0;
    const double high = w * (1.0 - s * s) / 2.0;
    at[0] -= low * (2.0 - s);
    at[1] += high * (2.0 - s);
    at[2] += w * s * (1.0 + s) * (2.0 - s) / 2.0;
    at[3] -= low * (1.0 + s);
}

/* Deals every value out; node[k] stands at min + (k - 1) spacing. Returns the total weight.
 * Cells first, stores after: by turns the arithmetic would wait for the stores. */
static double deal_out(const struct kde_sample *sample, double min, double spacing,
                       enum kde_binning binning, double *node, size_t nodes)
{
    const double inverse = 1.0 / spacing;
    double total = 0.0;

    for (size_t i = 0; i < sample->n; i += BATCH) {
        const size_t count = sample->n - i < BATCH ? sample->n - i : BATCH;
        int cell[BATCH];
        double share[BATCH];
        for (size_t j = 0; j < count; j++) {
            const double t = (sample->values[i + j] - min) * inverse;
            cell[j] = (int)t;
            share[j] = t - cell[j];
            assert(cell[j] >= 0 && (size_t)cell[j] + 3 < nodes);
        }
        for (size_t j = 0; j < count; j++) {
            const double w = sample->weights == NULL ? 1.0 : sample->weights[i + j];
            deal_one(node + cell[j], share[j], w, binning);
            total += w;
        }
    }
    return total;
}

enum status kde_points_bin(const struct kde_sample *sample, double min, double max,
                           double spacing, enum kde_binning binning, struct kde_points *points)
{
    struct kde_points made;

    assert(spacing > 0.0 && (max - min) / spacing <= KDE_NODES_MAX);
    const size_t nodes = (size_t)((max - min) / spacing) + 5;
    if (make_room(nodes, &made) != STATUS_OK) {
        return STATUS_EXHAUSTED;
    }
    const double total = deal_out(sample, min, spacing, binning, made.w, nodes);
    for (size_t k = 0; k < nodes; k++) {
        const double w = made.w[k];
        if (fabs(w) > NEGLIGIBLE * total) {
            made.x[made.n] = min + ((double)k - 1.0) * spacing;
            made.w[made.n] = w;
            made.n++;
        }
    }
    finish(&made);
    *points = made;
    return STATUS_OK;
}

enum status kde_points_mirror(struct kde_points *points, double at)
{
    struct kde_points made;
    if (make_room(2 * points->n, &made) != STATUS_OK) {
        return STATUS_EXHAUSTED;
    }
    /* The image ascends from the last point down to the first: both are merged, places that are the same become one. */
    size_t image = points->n;
    size_t own = 0;
    while (image > 0 || own < points->n) {
        const double mirrored = image > 0 ? at - (points->x[image - 1] - at) : INFINITY;
        const bool is_image = own == points->n || mirrored <= points->x[own];
        const double x = is_image ? mirrored : points->x[own];
        const double w = is_image ? points->w[--image] : points->w[own++];
        if (made.n > 0 && made.x[made.n - 1] == x) {
            made.w[made.n - 1] += w;
        } else {
            made.x[made.n] = x;
            made.w[made.n++] = w;
        }
    }
    finish(&made);
    kde_points_fini(points);
    *points = made;
    return STATUS_OK;
}

void kde_points_fini(struct kde_points *points)
{
    free(points->below);
    free(points->w);
    free(points->x);
    *points = (struct kde_points){.x = NULL};
}

size_t kde_points_seek(const struct kde_points *points, double bound)
{
    size_t low = 0;
    size_t high = points->n;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (points->x[middle] < bound) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}
