/*
 * Curves and grids. A curve is a list of weighted points under one kernel; evaluating it means
 * visiting, for each place, the points within the kernel's reach, which lie together because
 * the points are sorted. kernel.c has the inner loops, modes.c reads curves further.
 */
#include "analytics/kde/kde.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "analytics/kde/inner.h"

/* Nodes per scale, see KDE_EXACT_MAX. */
static const double NODES_PER_SD_GAUSSIAN = 32.0;
static const double NODES_PER_SCALE_OTHERS = 1024.0;
/* At an end of the grid, part of the highest density that counts as cut. With cut = 3 a lone
 * Gaussian has 1.1 % left there. */
static const double CUT_SHARE = 0.05;

const char *kde_method_name(enum kde_method method)
{
    return method == KDE_METHOD_EXACT ? "exact" : "binned";
}

static enum status refuse(struct kde_refusal *refusal, enum kde_fault fault)
{
    *refusal = (struct kde_refusal){.fault = fault, .index = 0};
    return STATUS_INVALID;
}

/* The distance of nodes for this curve, or 0 where the sample itself has to be summed. */
static double choose_spacing(const struct kde_curve *curve, const struct kde_inner *inner)
{
    const double range = inner->summary.max - inner->summary.min;
    const double fine =
        curve->bandwidth.scale / (curve->kernel == KDE_KERNEL_GAUSSIAN ? NODES_PER_SD_GAUSSIAN
                                                                       : NODES_PER_SCALE_OTHERS);
    if (curve->summary.n <= KDE_EXACT_MAX || curve->kernel == KDE_KERNEL_UNIFORM ||
        !(range > 0.0) || range / fine > KDE_NODES_MAX) {
        return 0.0;
    }
    return fmin(fine, range / (KDE_NODES_MIN - 1));
}

static enum status gather_inner(const struct kde_inner *inner, struct kde_curve *curve)
{
    curve->node_spacing = choose_spacing(curve, inner);
    if (curve->node_spacing > 0.0) {
        curve->method = KDE_METHOD_BINNED;
        return kde_points_bin(&inner->sample, inner->summary.min, inner->summary.max,
                              curve->node_spacing,
                              curve->kernel == KDE_KERNEL_GAUSSIAN ? KDE_BINNING_CUBIC
                                                                   : KDE_BINNING_LINEAR,
                              &curve->points);
    }
    curve->method = KDE_METHOD_EXACT;
    return kde_points_sort(&inner->sample, &curve->points);
}

static enum status gather(const struct kde_inner *inner, struct kde_curve *curve)
{
    enum status status = gather_inner(inner, curve);
    if (status == STATUS_OK && curve->boundary == KDE_BOUNDARY_REFLECT) {
        status = kde_points_mirror(&curve->points, curve->lower);
        if (status != STATUS_OK) {
            kde_points_fini(&curve->points);
        }
    }
    return status;
}

/* What comes before the points: checks, summaries and the bandwidth. Caller ends *inner where it is STATUS_OK. */
static enum status prepare(const struct kde_sample *sample, const struct kde_options *options, struct kde_curve *made,
                           struct kde_inner *inner, struct kde_refusal *refusal)
{
    enum status status = kde_sample_check(sample, refusal);
    if (status == STATUS_OK) {
        status = kde_sample_summarise(sample, &made->summary);
    }
    if (status == STATUS_OK) {
        status = kde_inner_make(sample, &made->summary, options, inner, refusal);
    }
    if (status != STATUS_OK) {
        return status;
    }
    status = kde_bandwidth_choose(options, &inner->sample, &inner->summary, &made->bandwidth, &made->warnings, refusal);
    if (status != STATUS_OK) {
        kde_inner_fini(inner);
    }
    return status;
}

enum status kde_curve_create(const struct kde_sample *sample, const struct kde_options *options,
                             struct kde_curve **curve, struct kde_refusal *refusal)
{
    struct kde_inner inner;
    struct kde_curve made = {
        .kernel = options->kernel,
        .convention = options->convention,
        .rule = options->rule,
        .watch = options->watch,
        .boundary = options->boundary,
        .lower = options->lower,
    };

    enum status status = prepare(sample, options, &made, &inner, refusal);
    if (status != STATUS_OK) {
        return status;
    }
    if (sample->n < KDE_FEW_VALUES) {
        made.warnings |= KDE_WARNING_FEW_VALUES;
    }
    if (sample->weights != NULL && options->rule != KDE_RULE_NUMBER) {
        made.warnings |= KDE_WARNING_WEIGHTS_NOT_IN_RULE;
    }
    struct kde_curve *kept = malloc(sizeof *kept);
    status = kept == NULL ? STATUS_EXHAUSTED : kde_is_cancelled(&made.watch) ? STATUS_BUSY : gather(&inner, &made);
    kde_inner_fini(&inner);
    if (status != STATUS_OK) {
        free(kept);
        return status;
    }
    *kept = made;
    *curve = kept;
    return STATUS_OK;
}

void kde_curve_free(struct kde_curve *curve)
{
    if (curve != NULL) {
        kde_points_fini(&curve->points);
        free(curve);
    }
}

/* The groups of points that matter between low and high; none where first >= end. */
struct window {
    size_t first;
    size_t end;
};

static struct window window_between(const struct kde_curve *curve, double low, double high)
{
    const struct kde_points *points = &curve->points;
    const double reach = kde_kernel_reach(curve->kernel) * curve->bandwidth.scale;
    const size_t first = kde_points_seek(points, low - reach);
    const size_t end = kde_points_seek(points, nextafter(high + reach, INFINITY));
    if (first >= end) {
        return (struct window){0, 0};
    }
    return (struct window){first / KDE_LANES, (end + KDE_LANES - 1) / KDE_LANES};
}

/* The uniform kernel counts: the weight strictly between x - scale and x + scale. */
static double uniform_at(const struct kde_curve *curve, double x)
{
    const struct kde_points *points = &curve->points;
    const double scale = curve->bandwidth.scale;
    const size_t first = kde_points_seek(points, nextafter(x - scale, INFINITY));
    const size_t end = kde_points_seek(points, x + scale);
    const double weight = end > first ? points->below[end] - points->below[first] : 0.0;
    return fmax(weight / points->below[points->n] / (2.0 * scale), 0.0);
}

double kde_curve_inner_at(const struct kde_curve *curve, double x)
{
    if (curve->kernel == KDE_KERNEL_UNIFORM) {
        return uniform_at(curve, x);
    }
    const struct window window = window_between(curve, x, x);
    const double inverse = 1.0 / curve->bandwidth.scale;
    const double sum = kde_kernel_sum(curve->kernel, curve->points.x + window.first * KDE_LANES,
                                      curve->points.w + window.first * KDE_LANES,
                                      window.end - window.first, x, inverse);
    return fmax(sum * inverse, 0.0);
}

double kde_curve_inner_slope_at(const struct kde_curve *curve, double x)
{
    const struct window window = window_between(curve, x, x);
    const double inverse = 1.0 / curve->bandwidth.scale;
    return kde_kernel_slope(curve->kernel, curve->points.x + window.first * KDE_LANES,
                            curve->points.w + window.first * KDE_LANES,
                            window.end - window.first, x, inverse) *
           inverse * inverse;
}

double kde_boundary_outwards(const struct kde_curve *curve, double y)
{
    return curve->boundary == KDE_BOUNDARY_LOG ? curve->lower + exp(y) : y;
}

double kde_boundary_inwards(const struct kde_curve *curve, double x)
{
    return curve->boundary == KDE_BOUNDARY_LOG ? log(x - curve->lower) : x;
}

double kde_curve_at(const struct kde_curve *curve, double x)
{
    switch (curve->boundary) {
    case KDE_BOUNDARY_NONE:
        break;
    case KDE_BOUNDARY_REFLECT: /* the points' mass is halved: half of it lies below */
        return x < curve->lower ? 0.0 : 2.0 * kde_curve_inner_at(curve, x);
    case KDE_BOUNDARY_LOG:
        return x - curve->lower > 0.0
                   ? kde_curve_inner_at(curve, kde_boundary_inwards(curve, x)) / (x - curve->lower)
                   : 0.0;
    }
    return kde_curve_inner_at(curve, x);
}

double kde_curve_slope_at(const struct kde_curve *curve, double x)
{
    const double above = x - curve->lower;
    double y = x;
    switch (curve->boundary) {
    case KDE_BOUNDARY_NONE:
        break;
    case KDE_BOUNDARY_REFLECT:
        return above < 0.0 ? 0.0 : 2.0 * kde_curve_inner_slope_at(curve, x);
    case KDE_BOUNDARY_LOG:
        y = kde_boundary_inwards(curve, x);
        return above > 0.0
                   ? (kde_curve_inner_slope_at(curve, y) - kde_curve_inner_at(curve, y)) / (above * above)
                   : 0.0;
    }
    return kde_curve_inner_slope_at(curve, x);
}

static double grid_step(const struct kde_grid *grid)
{
    return (grid->to - grid->from) / (double)(grid->points - 1);
}

enum status kde_grid_make(double from, double to, size_t points, struct kde_grid *grid,
                          struct kde_refusal *refusal)
{
    const struct kde_grid made = {.from = from, .to = to, .points = points};

    if (points < 2 || points > KDE_POINTS_MAX) {
        return refuse(refusal, KDE_FAULT_GRID_POINTS);
    }
    if (!(fabs(from) <= 16.0 * KDE_MAGNITUDE_MAX) || !(fabs(to) <= 16.0 * KDE_MAGNITUDE_MAX) ||
        !(from < to)) {
        return refuse(refusal, KDE_FAULT_GRID_BOUNDS);
    }
    const double step = grid_step(&made);
    if (!(from + step > from && to - step < to)) {
        return refuse(refusal, KDE_FAULT_GRID_RESOLUTION);
    }
    *grid = made;
    return STATUS_OK;
}

enum status kde_grid_cover(const struct kde_curve *const *curves, size_t count, double cut,
                           size_t points, struct kde_grid *grid, struct kde_refusal *refusal)
{
    double from = INFINITY;
    double to = -INFINITY;

    assert(count > 0);
    if (!isfinite(cut) || cut < 0.0) {
        return refuse(refusal, KDE_FAULT_CUT);
    }
    for (size_t i = 0; i < count; i++) {
        const struct kde_curve *curve = curves[i];
        const double margin = cut * curve->bandwidth.sd;
        double low = curve->summary.min - margin;
        double high = curve->summary.max + margin;
        if (curve->boundary == KDE_BOUNDARY_LOG) {
            low = kde_boundary_outwards(curve, kde_boundary_inwards(curve, curve->summary.min) - margin);
            high = kde_boundary_outwards(curve, kde_boundary_inwards(curve, curve->summary.max) + margin);
        } else if (curve->boundary == KDE_BOUNDARY_REFLECT) {
            low = fmax(low, curve->lower);
        }
        from = fmin(from, low);
        to = fmax(to, high);
    }
    return kde_grid_make(from, to, points, grid, refusal);
}

double kde_grid_at(const struct kde_grid *grid, size_t i)
{
    return i + 1 == grid->points ? grid->to : grid->from + (double)i * grid_step(grid);
}

double kde_grid_integral(const struct kde_grid *grid, const double *density)
{
    double sum = 0.5 * (density[0] + density[grid->points - 1]);
    for (size_t i = 1; i + 1 < grid->points; i++) {
        sum += density[i];
    }
    return sum * grid_step(grid);
}

/* The Gaussian in runs of neighbouring places; see kde_kernel_gaussian_run. */
static enum status evaluate_runs(const struct kde_curve *curve, const struct kde_grid *grid,
                          double *density)
{
    const double step = grid_step(grid);
    const double inverse = 1.0 / curve->bandwidth.scale;
    const double fitting = KDE_RUN_SPAN_MAX / (step * inverse);
    const size_t run = fitting < KDE_RUN_MAX ? (size_t)fitting : KDE_RUN_MAX;

    for (size_t i = 0; i < grid->points; i += run) {
        kde_tell(&curve->watch, i, grid->points);
        if (kde_is_cancelled(&curve->watch)) {
            return STATUS_BUSY;
        }
        const size_t count = grid->points - i < run ? grid->points - i : run;
        const double start = kde_grid_at(grid, i);
        const struct window window =
            window_between(curve, start, kde_grid_at(grid, i + count - 1));
        kde_kernel_gaussian_run(curve->points.x + window.first * KDE_LANES,
                                curve->points.w + window.first * KDE_LANES,
                                window.end - window.first, start, step, inverse, count,
                                density + i);
        for (size_t j = i; j < i + count; j++) {
            density[j] = fmax(density[j] * inverse, 0.0);
            if (curve->boundary == KDE_BOUNDARY_REFLECT) {
                density[j] = kde_grid_at(grid, j) < curve->lower ? 0.0 : 2.0 * density[j];
            }
        }
    }
    return STATUS_OK;
}

static enum status evaluate_places(const struct kde_curve *curve, const struct kde_grid *grid,
                                   double *density)
{
    for (size_t i = 0; i < grid->points; i++) {
        kde_tell(&curve->watch, i, grid->points);
        if (kde_is_cancelled(&curve->watch)) {
            return STATUS_BUSY;
        }
        density[i] = kde_curve_at(curve, kde_grid_at(grid, i));
    }
    return STATUS_OK;
}

enum status kde_curve_evaluate(const struct kde_curve *curve, const struct kde_grid *grid,
                               double *density, unsigned *warnings)
{
    double highest = 0.0;

    assert(grid->points >= 2 && grid->points <= KDE_POINTS_MAX && grid->from < grid->to);
    const double step = grid_step(grid);
    const bool is_run = curve->kernel == KDE_KERNEL_GAUSSIAN && curve->boundary != KDE_BOUNDARY_LOG &&
                        step <= 0.5 * curve->bandwidth.scale;
    enum status status = is_run ? evaluate_runs(curve, grid, density)
                                : evaluate_places(curve, grid, density);
    if (status != STATUS_OK) {
        return status;
    }
    for (size_t i = 0; i < grid->points; i++) {
        highest = fmax(highest, density[i]);
    }
    const bool is_bounded = curve->boundary != KDE_BOUNDARY_NONE && grid->from <= curve->lower;
    /* The kernel's standard deviation where it is least; of logarithms it grows with the distance from the bound. */
    const double sd = curve->boundary == KDE_BOUNDARY_LOG
                          ? curve->bandwidth.sd * (curve->summary.min - curve->lower)
                          : curve->bandwidth.sd;
    if (curve->summary.min < grid->from || curve->summary.max > grid->to ||
        (!is_bounded && density[0] > CUT_SHARE * highest) || density[grid->points - 1] > CUT_SHARE * highest) {
        *warnings |= KDE_WARNING_GRID_CUTS;
    }
    if (step > sd) {
        *warnings |= KDE_WARNING_GRID_COARSE;
    }
    return STATUS_OK;
}
