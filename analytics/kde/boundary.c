/*
 * Boundaries: what happens to values on their way in, and to turns on their way out. kde.c does
 * the same for the curve, mass.c for its mass.
 */
#include "analytics/kde/boundary.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "analytics/kde/extremes.h"
#include "analytics/kde/kde.h"

/* Turns this near to a mirror, in units of the scale, are at it: by symmetry one is. */
static const double AT_MIRROR = 1e-6;

static enum status refuse(struct kde_refusal *refusal, enum kde_fault fault, size_t index)
{
    *refusal = (struct kde_refusal){.fault = fault, .index = index};
    return STATUS_INVALID;
}

static enum status take_logarithms(const struct kde_sample *sample, double lower, struct kde_inner *inner)
{
    double *logarithms = malloc(sample->n * sizeof *logarithms);
    if (logarithms == NULL) {
        return STATUS_EXHAUSTED;
    }
    for (size_t i = 0; i < sample->n; i++) {
        logarithms[i] = log(sample->values[i] - lower);
    }
    struct kde_inner made = {.sample = *sample, .logarithms = logarithms};
    made.sample.values = logarithms;
    const enum status status = kde_sample_summarise(&made.sample, &made.summary);
    if (status != STATUS_OK) {
        free(logarithms);
        return status;
    }
    *inner = made;
    return STATUS_OK;
}

enum status kde_inner_make(const struct kde_sample *sample, const struct kde_summary *summary,
                           const struct kde_options *options, struct kde_inner *inner, struct kde_refusal *refusal)
{
    const bool is_log = options->boundary == KDE_BOUNDARY_LOG;
    if (options->boundary == KDE_BOUNDARY_NONE) {
        *inner = (struct kde_inner){.sample = *sample, .summary = *summary};
        return STATUS_OK;
    }
    if (is_log && kde_kernel_is_polygonal(options->kernel)) {
        return refuse(refusal, KDE_FAULT_BOUNDARY_KERNEL, 0);
    }
    for (size_t i = 0; i < sample->n; i++) {
        if (is_log ? !(sample->values[i] - options->lower > 0.0) : !(sample->values[i] >= options->lower)) {
            return refuse(refusal, KDE_FAULT_BELOW_BOUNDARY, i);
        }
    }
    if (is_log) {
        return take_logarithms(sample, options->lower, inner);
    }
    *inner = (struct kde_inner){.sample = *sample, .summary = *summary};
    return STATUS_OK;
}

void kde_inner_fini(struct kde_inner *inner)
{
    free(inner->logarithms);
    inner->logarithms = NULL;
}

double kde_boundary_outwards(const struct kde_curve *curve, double y)
{
    return curve->boundary == KDE_BOUNDARY_LOG ? curve->lower + exp(y) : y;
}

double kde_boundary_inwards(const struct kde_curve *curve, double x)
{
    return curve->boundary == KDE_BOUNDARY_LOG ? log(x - curve->lower) : x;
}

/* The upper half of a mirrored landscape, twice as high. Its first turn is at the mirror: a mode, which then stands
 * behind a valley of height 0 at the same place, or a valley, which is that valley. */
static void fold(const struct kde_curve *curve, struct kde_extremes *extremes)
{
    const double mirror = curve->lower + AT_MIRROR * curve->bandwidth.scale;
    size_t first = 0;
    size_t kept = 0;
    while (first < extremes->count && extremes->at[first].x <= mirror) {
        first++;
    }
    assert(first > 0 && first < extremes->count);
    const struct kde_extreme middle = extremes->at[first - 1];
    const bool is_mode = (first - 1) % 2 == 1;
    extremes->at[kept++] = (struct kde_extreme){.x = curve->lower, .height = 0.0};
    if (is_mode) {
        extremes->at[kept++] = (struct kde_extreme){.x = curve->lower, .height = 2.0 * middle.height};
    }
    for (size_t i = first; i < extremes->count; i++) {
        const struct kde_extreme turn = extremes->at[i];
        extremes->at[kept++] = (struct kde_extreme){.x = turn.x, .height = 2.0 * turn.height};
    }
    extremes->count = kept;
}

void kde_boundary_carry(const struct kde_curve *curve, struct kde_extremes *extremes)
{
    if (curve->boundary == KDE_BOUNDARY_REFLECT) {
        fold(curve, extremes);
    }
    for (size_t i = 0; i < extremes->count && curve->boundary == KDE_BOUNDARY_LOG; i++) {
        struct kde_extreme *turn = &extremes->at[i];
        turn->x = kde_boundary_outwards(curve, turn->x);
        turn->height = turn->height > 0.0 ? kde_curve_at(curve, turn->x) : 0.0;
    }
}
