/*
 * Bandwidth rules. sample.c delivers s, IQR and n; kde.c uses what is chosen here.
 */
#include "analytics/kde/bandwidth.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "analytics/kde/report.h"
#include "analytics/kde/sample.h"
#include "analytics/kde/selector.h"

static const char *const rule_names[KDE_RULE_COUNT] = {
    [KDE_RULE_NUMBER] = "number",
    [KDE_RULE_SILVERMAN] = "silverman",
    [KDE_RULE_SCOTT] = "scott",
    [KDE_RULE_EVIEWS] = "eviews",
    [KDE_RULE_UCV] = "ucv",
    [KDE_RULE_BCV] = "bcv",
    [KDE_RULE_SJ_STE] = "sj-ste",
    [KDE_RULE_SJ_DPI] = "sj-dpi",
};

static const char *const convention_names[KDE_CONVENTION_COUNT] = {
    [KDE_CONVENTION_SD] = "sd",
    [KDE_CONVENTION_HALF_WIDTH] = "half-width",
};

static const char *const boundary_names[KDE_BOUNDARY_COUNT] = {
    [KDE_BOUNDARY_NONE] = "none",
    [KDE_BOUNDARY_REFLECT] = "reflect",
    [KDE_BOUNDARY_LOG] = "log",
};

/* The place of a name in a list, or -1. */
static int find(const char *const *names, int count, const char *name)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0) {
            return i;
        }
    }
    return -1;
}

const char *kde_rule_name(enum kde_rule rule)
{
    return rule_names[rule];
}

bool kde_rule_find(const char *name, enum kde_rule *rule)
{
    const int found = find(rule_names, KDE_RULE_COUNT, name);
    if (found >= 0) {
        *rule = (enum kde_rule)found;
    }
    return found >= 0;
}

const char *kde_convention_name(enum kde_convention convention)
{
    return convention_names[convention];
}

bool kde_convention_find(const char *name, enum kde_convention *convention)
{
    const int found = find(convention_names, KDE_CONVENTION_COUNT, name);
    if (found >= 0) {
        *convention = (enum kde_convention)found;
    }
    return found >= 0;
}

const char *kde_boundary_name(enum kde_boundary boundary)
{
    return boundary_names[boundary];
}

bool kde_boundary_find(const char *name, enum kde_boundary *boundary)
{
    const int found = find(boundary_names, KDE_BOUNDARY_COUNT, name);
    if (found >= 0) {
        *boundary = (enum kde_boundary)found;
    }
    return found >= 0;
}

struct kde_options kde_options_default(void)
{
    return (struct kde_options){
        .kernel = KDE_KERNEL_GAUSSIAN,
        .convention = KDE_CONVENTION_SD,
        .rule = KDE_RULE_SILVERMAN,
        .bandwidth = 0.0,
        .adjust = 1.0,
    };
}

static enum status refuse(struct kde_refusal *refusal, enum kde_fault fault)
{
    *refusal = (struct kde_refusal){.fault = fault, .index = 0};
    return STATUS_INVALID;
}

/* A n^(-1/5), the part that all rules share. */
static double reference_width(const struct kde_summary *summary, unsigned *warnings)
{
    const double iqr = summary->quartile_3 - summary->quartile_1;
    double spread = summary->sd;
    if (iqr > 0.0) {
        spread = fmin(spread, iqr / 1.34);
    } else {
        *warnings |= KDE_WARNING_IQR_ZERO;
    }
    return spread * pow((double)summary->n, -0.2);
}

/* The bandwidth that the options name, without adjust, and the unit in which it came about. */
static enum status choose_value(const struct kde_options *options, const struct kde_sample *sample,
                                const struct kde_summary *summary, double *value,
                                enum kde_convention *unit, unsigned *warnings)
{
    *unit = KDE_CONVENTION_SD;
    switch (options->rule) {
    case KDE_RULE_NUMBER:
        *unit = options->convention;
        *value = options->bandwidth;
        break;
    case KDE_RULE_SILVERMAN:
        *value = 0.9 * reference_width(summary, warnings);
        break;
    case KDE_RULE_SCOTT:
        *value = 1.06 * reference_width(summary, warnings);
        break;
    case KDE_RULE_EVIEWS:
        *unit = KDE_CONVENTION_HALF_WIDTH;
        *value = 0.9 * reference_width(summary, warnings) * kde_kernel_canonical(options->kernel);
        break;
    case KDE_RULE_UCV:
    case KDE_RULE_BCV:
    case KDE_RULE_SJ_STE:
    case KDE_RULE_SJ_DPI:
        return kde_selector_choose(options->rule, sample, summary, &options->watch, value, warnings);
    }
    return STATUS_OK;
}

/* What the options cannot be asked of this sample for; KDE_FAULT_NONE where they can. */
static enum kde_fault find_fault(const struct kde_options *options, const struct kde_summary *summary)
{
    if (options->rule != KDE_RULE_NUMBER && summary->n < 2) {
        return KDE_FAULT_FEW_VALUES;
    }
    if (options->rule != KDE_RULE_NUMBER && !(summary->max > summary->min)) {
        return KDE_FAULT_NO_SPREAD;
    }
    if (options->rule == KDE_RULE_NUMBER && (!isfinite(options->bandwidth) || options->bandwidth <= 0.0)) {
        return KDE_FAULT_BANDWIDTH;
    }
    return isfinite(options->adjust) && options->adjust > 0.0 ? KDE_FAULT_NONE : KDE_FAULT_ADJUST;
}

enum status kde_bandwidth_choose(const struct kde_options *options,
                                 const struct kde_sample *sample,
                                 const struct kde_summary *summary,
                                 struct kde_bandwidth *bandwidth, unsigned *warnings,
                                 struct kde_refusal *refusal)
{
    unsigned seen = 0;
    double value = 0.0;
    enum kde_convention unit;
    const enum kde_fault fault = find_fault(options, summary);
    if (fault != KDE_FAULT_NONE) {
        return refuse(refusal, fault);
    }
    const enum status status = choose_value(options, sample, summary, &value, &unit, &seen);
    if (status != STATUS_OK) {
        return status == STATUS_INVALID ? refuse(refusal, KDE_FAULT_RULE) : status;
    }
    /* Converting only away from the unit of origin hands a caller's number back as it came. */
    value *= options->adjust;
    const double kernel_sd = kde_kernel_sd(options->kernel);
    const double sd = unit == KDE_CONVENTION_SD ? value : value * kernel_sd;
    const double scale = unit == KDE_CONVENTION_SD ? value / kernel_sd : value;
    if (!(sd >= 1.0 / KDE_MAGNITUDE_MAX && scale <= KDE_MAGNITUDE_MAX)) {
        return refuse(refusal, KDE_FAULT_BANDWIDTH_RANGE);
    }
    if (sd < 16.0 * DBL_EPSILON * fmax(fabs(summary->min), fabs(summary->max))) {
        return refuse(refusal, KDE_FAULT_BANDWIDTH_TINY);
    }
    *bandwidth = (struct kde_bandwidth){
        .value = options->convention == KDE_CONVENTION_SD ? sd : scale,
        .sd = sd,
        .scale = scale,
    };
    *warnings |= seen;
    return STATUS_OK;
}
