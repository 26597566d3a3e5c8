/*
 * Samples looked at through a boundary. kde.c makes curves of what comes out, boundary.c carries their turns back.
 */
#include "analytics/kde/inner.h"

#include <math.h>
#include <stdlib.h>

#include "analytics/kde/report.h"

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
