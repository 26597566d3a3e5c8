/*
 * Cross validation and plug-in bandwidths. pairs.c adds up, bandwidth.c calls.
 */
#include "analytics/kde/selector.h"

#include <assert.h>
#include <math.h>

#include "analytics/kde/pairs.h"
#include "analytics/kde/report.h"
#include "analytics/kde/root.h"
#include "analytics/kde/sample.h"

static const double PI = 3.14159265358979323846;
static const double FACTOR_MAX = 1.144;     /* of hmax */
static const double NODES_PER_MAX = 80.0;   /* binned: nodes in hmax */
static const double REACH_PER_MAX = 14.0;   /* binned: pairs kept, in the widest h: exp(-14^2/4) = 5e-22 */
static const double REACH_PER_PILOT = 20.0; /* the same in b, since S is asked at widths of its own */
static const double GOLDEN = 0.61803398874989484820;

enum { SCAN = 32, GOLDEN_STEPS = 30, WIDENINGS = 100 };

bool kde_selector_is_rule(enum kde_rule rule)
{
    return rule == KDE_RULE_UCV || rule == KDE_RULE_BCV || rule == KDE_RULE_SJ_STE || rule == KDE_RULE_SJ_DPI;
}

/* The pairs and the unit that widths are told in, of the size of the answer: fifth and seventh
 * powers of a width in the unit of the values could underflow. */
struct search {
    struct kde_pairs pairs;
    double unit;
    const struct kde_watch *watch;
};

static double sum(const struct search *search, enum kde_pair_term term, double h)
{
    return kde_pairs_sum(&search->pairs, term, h * search->unit);
}

static double score(enum kde_rule rule, const struct search *search, double h)
{
    const double n = search->pairs.n;
    if (rule == KDE_RULE_UCV) {
        return (0.5 + sum(search, KDE_PAIR_UCV, h) / n) / (n * h * sqrt(PI));
    }
    return (1.0 + sum(search, KDE_PAIR_BCV, h) / (32.0 * n)) / (2.0 * n * h * sqrt(PI));
}

/* The lowest place between low and high, where there is one minimum. */
static double descend(enum kde_rule rule, const struct search *search, double low, double high)
{
    double left = high - GOLDEN * (high - low);
    double right = low + GOLDEN * (high - low);
    double at_left = score(rule, search, left);
    double at_right = score(rule, search, right);
    for (int i = 0; i < GOLDEN_STEPS; i++) {
        if (at_left < at_right) {
            high = right;
            right = left;
            at_right = at_left;
            left = high - GOLDEN * (high - low);
            at_left = score(rule, search, left);
        } else {
            low = left;
            left = right;
            at_left = at_right;
            right = low + GOLDEN * (high - low);
            at_right = score(rule, search, right);
        }
    }
    return 0.5 * (low + high);
}

/* Looks at SCAN + 1 widths, equally far apart as logarithms, and goes down from the best. */
static enum status minimise(enum kde_rule rule, const struct search *search, double most, double *h,
                            unsigned *warnings)
{
    const double least = 0.1 * most;
    double best = INFINITY;
    int best_at = 0;
    for (int i = 0; i <= SCAN; i++) {
        kde_tell(search->watch, (size_t)i, SCAN + 1);
        if (kde_is_cancelled(search->watch)) {
            return STATUS_BUSY;
        }
        const double here = score(rule, search, least * pow(10.0, (double)i / SCAN));
        if (here < best) {
            best = here;
            best_at = i;
        }
    }
    const double low = best_at == 0 ? least : least * pow(10.0, (double)(best_at - 1) / SCAN);
    const double high = best_at == SCAN ? most : least * pow(10.0, (double)(best_at + 1) / SCAN);
    double found = descend(rule, search, low, high);
    if (found < least * 1.000001 || found > most * 0.999999) {
        found = found < most * 0.5 ? least : most;
        *warnings |= KDE_WARNING_AT_BOUND;
    }
    *h = found;
    return STATUS_OK;
}

/* S(g), the estimate of the integral of f''^2. */
static double curvature(const struct search *search, double g)
{
    const double n = search->pairs.n;
    return (2.0 * sum(search, KDE_PAIR_PHI4, g) + 3.0 * n) / (n * (n - 1.0) * pow(g, 5.0) * sqrt(2.0 * PI));
}

/* T(g), the estimate of the integral of f'''^2. */
static double roughness(const struct search *search, double g)
{
    const double n = search->pairs.n;
    return (15.0 * n - 2.0 * sum(search, KDE_PAIR_PHI6, g)) / (n * (n - 1.0) * pow(g, 7.0) * sqrt(2.0 * PI));
}

/* What the equation of sj-ste is made of. */
struct equation {
    const struct search *search;
    double factor; /* a2 */
};

/* The width that the curvature at h asks for, less h. */
static double excess(const void *context, double h)
{
    const struct equation *equation = context;
    const double n = equation->search->pairs.n;
    const double s = curvature(equation->search, equation->factor * pow(h, 5.0 / 7.0));
    return pow(1.0 / (2.0 * sqrt(PI) * n * s), 0.2) - h;
}

static enum status solve(const struct search *search, double factor, double most, double *h)
{
    const struct equation equation = {.search = search, .factor = factor};
    const struct kde_root_function function = {.at = excess, .context = &equation};
    double low = 0.1 * most;
    double high = most;
    for (int i = 0; i < WIDENINGS; i++) {
        const double at_low = excess(&equation, low);
        const double at_high = excess(&equation, high);
        if (kde_is_cancelled(search->watch)) {
            return STATUS_BUSY;
        }
        if (!isfinite(at_low) || !isfinite(at_high)) {
            return STATUS_INVALID;
        }
        if (at_low * at_high <= 0.0) {
            *h = kde_root_find(&function, low, high);
            return STATUS_OK;
        }
        /* As R does: the upper end and the lower one by turns. */
        high = i % 2 == 0 ? high * 1.2 : high;
        low = i % 2 == 0 ? low : low / 1.2;
    }
    return STATUS_INVALID;
}

static enum status plug_in(enum kde_rule rule, const struct search *search, double *h)
{
    const double n = search->pairs.n;
    const double t = roughness(search, 1.23 * pow(n, -1.0 / 9.0));
    double found = 0.0;
    enum status status = isfinite(t) && t > 0.0 ? STATUS_OK : STATUS_INVALID;
    if (status == STATUS_OK && rule == KDE_RULE_SJ_STE) {
        const double factor = 1.357 * pow(curvature(search, 1.24 * pow(n, -1.0 / 7.0)) / t, 1.0 / 7.0);
        status = isfinite(factor) && factor > 0.0 ? solve(search, factor, FACTOR_MAX * pow(n, -0.2), &found)
                                                  : STATUS_INVALID;
    } else if (status == STATUS_OK) {
        found = pow(1.0 / (2.0 * sqrt(PI) * n * curvature(search, pow(2.394 / (n * t), 1.0 / 7.0))), 0.2);
    }
    if (status == STATUS_OK && !(isfinite(found) && found > 0.0)) {
        status = STATUS_INVALID;
    }
    *h = status == STATUS_OK ? found : *h;
    return status;
}

enum status kde_selector_choose(enum kde_rule rule, const struct kde_sample *sample, const struct kde_summary *summary,
                                const struct kde_watch *watch, double *h, unsigned *warnings)
{
    const bool is_plug_in = rule == KDE_RULE_SJ_STE || rule == KDE_RULE_SJ_DPI;
    const double iqr = summary->quartile_3 - summary->quartile_1;
    const double n = (double)sample->n;
    struct search search = {.unit = summary->sd, .watch = watch};
    unsigned seen = 0;
    double found = 0.0;

    assert(kde_selector_is_rule(rule) && summary->n >= 2 && summary->max > summary->min);
    if (is_plug_in && iqr > 0.0) {
        search.unit = fmin(search.unit, iqr / 1.349);
    } else if (is_plug_in) {
        seen = KDE_WARNING_IQR_ZERO;
    }
    if (!(search.unit >= 1.0 / KDE_MAGNITUDE_MAX)) { /* squares of differences underflow, and so may the spread itself */
        return STATUS_INVALID;
    }
    const double most = FACTOR_MAX * pow(n, -0.2);
    const double reach = is_plug_in ? REACH_PER_PILOT * 1.23 * pow(n, -1.0 / 9.0) : REACH_PER_MAX * most;
    enum status status =
        kde_pairs_make(sample, most / NODES_PER_MAX * search.unit, reach * search.unit, watch, &search.pairs);
    if (status != STATUS_OK) {
        return status;
    }
    status = is_plug_in ? plug_in(rule, &search, &found) : minimise(rule, &search, most, &found, &seen);
    kde_pairs_fini(&search.pairs);
    if (status == STATUS_OK) {
        *h = found * search.unit;
        *warnings |= seen;
    }
    return status;
}
