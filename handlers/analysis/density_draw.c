/*
 * From samples to curves. The grid comes after all curves, since it covers them all; so
 * there are three passes over the series: make, cover, evaluate.
 */
#include "handlers/analysis/density_draw.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "analytics/kde/shift.h"
#include "base/text.h"
#include "handlers/analysis/analysis.h"
#include "handlers/analysis/density_family.h"
#include "handlers/analysis/reply.h"
#include "handlers/problem.h"

const char *const density_kernels[] = { "gaussian", "epanechnikov", "triangular", "uniform", "biweight", "triweight",
                                        "cosine", "optcosine", NULL };
const char *const density_conventions[] = { "sd", "half-width", NULL };
const char *const density_boundaries[] = { "none", "reflect", "log", NULL };

#define BANDWIDTH_MIN 1e-100

bool density_rule_find(const char *text, struct kde_options *options)
{
    enum kde_rule rule;
    if (!kde_rule_find(text, &rule) || rule == KDE_RULE_NUMBER) {
        return false;
    }
    options->rule = rule;
    return true;
}

bool density_bandwidth_set(double number, struct kde_options *options)
{
    if (!(number >= BANDWIDTH_MIN && number <= (double)ANALYSIS_NUMBER_MAX)) {
        return false;
    }
    options->rule = KDE_RULE_NUMBER;
    options->bandwidth = number;
    return true;
}

const char *density_bandwidth_wanted(struct arena *arena)
{
    const char *wanted = "a number of 1e-100 to 1e15";
    for (int rule = 0; rule < KDE_RULE_COUNT && wanted != NULL; rule++) {
        if (rule != KDE_RULE_NUMBER) {
            wanted = arena_format(arena, "%s or %s", wanted, kde_rule_name((enum kde_rule)rule));
        }
    }
    return wanted != NULL ? wanted : "a number or a rule";
}

size_t density_bounds_set(const struct density_bounds *bounds, struct density_settings *settings,
                          struct density_fault faults[DENSITY_BOUND_FAULTS_MAX])
{
    size_t count = 0;
    if (bounds->has_from != bounds->has_to) {
        faults[count++] = (struct density_fault){ bounds->has_from ? "to" : "from", NULL,
                                                  "from and to go together: one of them is missing" };
    } else if (bounds->has_from && bounds->from >= bounds->to) {
        faults[count++] = (struct density_fault){ "to", "out_of_range", "to is not above from" };
    }
    if (bounds->has_cut && (bounds->has_from || bounds->has_to)) {
        faults[count++] = (struct density_fault){ "cut", "conflicting_values",
                                                  "cut and the bounds from and to exclude each other" };
    }
    settings->has_bounds = bounds->has_from;
    settings->from = bounds->from;
    settings->to = bounds->to;
    settings->cut = bounds->has_cut ? bounds->cut : DENSITY_CUT_DEFAULT;
    return count;
}

bool density_boundary_set(int boundary, double lower, bool has_lower, struct kde_options *options,
                          struct density_fault *fault)
{
    options->boundary = boundary < 0 ? KDE_BOUNDARY_NONE : (enum kde_boundary)boundary;
    options->lower = has_lower && isfinite(lower) ? lower : 0;
    if (has_lower && options->boundary == KDE_BOUNDARY_NONE) {
        *fault = (struct density_fault){ "lower", "conflicting_values", "lower goes with the boundary reflect or log" };
        return false;
    }
    if (options->boundary == KDE_BOUNDARY_LOG && kde_kernel_is_polygonal(options->kernel)) {
        *fault = (struct density_fault){ "boundary", "conflicting_values", kde_fault_text(KDE_FAULT_BOUNDARY_KERNEL) };
        return false;
    }
    return true;
}

const char *density_size_fault(struct arena *arena, size_t series, size_t points)
{
    if (series <= DENSITY_TOTAL_POINTS_MAX / points) {
        return NULL;
    }
    const char *detail = arena_format(arena, "%zu series of %zu points each are more than %d points in all: ask for fewer years or points",
                                      series, points, DENSITY_TOTAL_POINTS_MAX);
    return detail != NULL ? detail : "too many points in all: ask for fewer years or points";
}

/* "the series western of 2010", "the series of 2010" or "the sample". */
static const char *phrase_series(struct arena *arena, const struct density_series *series)
{
    const char *phrase = "the sample";
    if (series->year != 0) {
        phrase = arena_format(arena, "the series%s%s of %" PRId64, series->group != NULL ? " " : "",
                              series->group != NULL ? series->group : "", series->year);
    }
    return phrase != NULL ? phrase : "a series";
}

/* The code of a fault, and what was sent that it is about. */
static const char *code_of(enum kde_fault fault, const char **name)
{
    *name = "values";
    switch (fault) {
    case KDE_FAULT_EMPTY:
    case KDE_FAULT_FEW_VALUES:
        return "too_few_values";
    case KDE_FAULT_NO_SPREAD:
    case KDE_FAULT_RULE:
        return "no_spread";
    case KDE_FAULT_WEIGHTS_ZERO:
        *name = "weights";
        return "weights_zero";
    case KDE_FAULT_WEIGHT_NOT_FINITE:
    case KDE_FAULT_WEIGHT_NEGATIVE:
        *name = "weights";
        break;
    case KDE_FAULT_BANDWIDTH:
    case KDE_FAULT_BANDWIDTH_RANGE:
    case KDE_FAULT_BANDWIDTH_TINY:
        *name = "bandwidth";
        break;
    case KDE_FAULT_ADJUST:
        *name = "adjust";
        break;
    case KDE_FAULT_BOUNDARY_KERNEL:
        *name = "boundary";
        break;
    case KDE_FAULT_BELOW_BOUNDARY:
    case KDE_FAULT_PEAK_AT_BOUNDARY:
        *name = "lower";
        break;
    case KDE_FAULT_GRID_POINTS:
    case KDE_FAULT_GRID_BOUNDS:
    case KDE_FAULT_GRID_RESOLUTION:
    case KDE_FAULT_CUT:
    case KDE_FAULT_NONE:
    case KDE_FAULT_VALUE_NOT_FINITE:
    case KDE_FAULT_VALUE_TOO_LARGE:
        break;
    }
    return "out_of_range";
}

/* Says why a series has no curve: of stored figures the years are to blame, of a body its values or units. */
static void complain_series(struct arena *arena, const struct density_drawing *drawing, const struct density_series *series,
                            enum kde_fault fault, struct faults *faults)
{
    const char *name = NULL;
    const char *code = code_of(fault, &name);
    size_t n = series->sample.n;
    const char *detail = arena_format(arena, "About %s, which has %zu value%s: %s", phrase_series(arena, series), n,
                                      n == 1 ? "" : "s", kde_fault_text(fault));
    detail = detail != NULL ? detail : kde_fault_text(fault);
    bool is_of_values = strcmp(name, "values") == 0 || strcmp(name, "weights") == 0;
    if (series->year != 0 && !drawing->is_of_units) {
        faults_add_parameter(faults, strcmp(name, "values") == 0 ? "years" : name, code, "%s", detail);
        return;
    }
    name = drawing->is_of_units && is_of_values ? "units" : name;
    const char *pointer = arena_format(arena, "/%s", name);
    faults_add(faults, pointer != NULL ? pointer : "", code, "%s", detail);
}

/* One code that all share, or invalid_request. */
static void refuse_series(struct exchange *exchange, const struct faults *faults)
{
    const char *code = faults->count > 0 ? faults->items[0].code : "invalid_request";
    for (size_t i = 1; i < faults->count; i++) {
        code = strcmp(code, faults->items[i].code) == 0 ? code : "invalid_request";
    }
    if (faults->total == 1 && faults->count == 1) {
        problem_faults(exchange, code, faults, "%s", faults->items[0].detail);
    } else {
        problem_faults(exchange, code, faults, "%s And %zu more cannot be drawn; errors names them.",
                       faults->count > 0 ? faults->items[0].detail : "", faults->total - 1);
    }
}

bool density_draw_failed(struct exchange *exchange, const struct density_drawing *drawing, enum status status)
{
    size_t values = 0;
    for (size_t i = 0; i < drawing->series_count; i++) {
        values += drawing->series[i].sample.n;
    }
    const char *work = arena_format(exchange->arena, "%zu series of %zu points each from %zu values in all",
                                    drawing->series_count, drawing->settings.points, values);
    analysis_reply_failed(exchange, status, work != NULL ? work : "So many values",
                          "fewer values, points or series, or a wider bandwidth");
    return false;
}

/* How long each phase takes, for each series: its curve with the bandwidth, its grid with the modes. */
enum { SHARE_CURVE = 5, SHARE_GRID = 2 };

static bool make_curves(struct exchange *exchange, struct density_drawing *drawing)
{
    struct faults faults;
    faults_init(&faults, exchange->arena);
    size_t share = SHARE_CURVE + SHARE_GRID + density_more_share(&drawing->settings.wishes);
    drawing->watch = analysis_watch_begin(exchange, drawing->series_count * share + drawing->later_share);
    drawing->settings.options.watch = (struct kde_watch){ analysis_watch_is_cancelled, &drawing->watch, analysis_watch_progress };
    for (size_t i = 0; i < drawing->series_count; i++) {
        struct density_series *series = &drawing->series[i];
        struct kde_refusal refusal = { KDE_FAULT_NONE, 0 };
        analysis_watch_next(&drawing->watch, SHARE_CURVE);
        if (analysis_watch_is_cancelled(&drawing->watch)) {
            return density_draw_failed(exchange, drawing, STATUS_BUSY);
        }
        enum status status = kde_curve_create(&series->sample, &drawing->settings.options, &series->curve, &refusal);
        if (status == STATUS_INVALID) {
            complain_series(exchange->arena, drawing, series, refusal.fault, &faults);
        } else if (status != STATUS_OK) {
            return density_draw_failed(exchange, drawing, status);
        }
    }
    if (faults.total > 0) {
        refuse_series(exchange, &faults);
    }
    return faults.total == 0;
}

/* Why there is no grid: by the bounds that were sent, else by what made them. */
static void refuse_grid(struct exchange *exchange, const struct density_settings *settings, enum kde_fault fault)
{
    const char *name = NULL;
    const char *code = code_of(fault, &name);
    char cut[TEXT_DOUBLE_BYTES];
    text_from_double(cut, settings->cut);
    if (!settings->has_bounds && fault == KDE_FAULT_GRID_BOUNDS) {
        problem_reply(exchange, code,
                      "The curve is drawn to cut=%s bandwidths beyond the values, and such ends are equal or too far away: give another cut "
                      "or bandwidth, or the ends themselves by from and to.", cut);
    } else if (!settings->has_bounds && fault == KDE_FAULT_GRID_RESOLUTION) {
        problem_reply(exchange, code,
                      "The curve is drawn to cut=%s bandwidths beyond the values, and double precision cannot tell %zu points there apart: "
                      "give a larger cut or bandwidth, fewer points, or the ends themselves by from and to.", cut, settings->points);
    } else {
        problem_reply(exchange, code, "%s", kde_fault_text(fault));
    }
}

static bool make_grid(struct exchange *exchange, struct density_drawing *drawing)
{
    const struct density_settings *settings = &drawing->settings;
    struct kde_refusal refusal = { KDE_FAULT_NONE, 0 };
    enum status status;
    if (settings->has_bounds) {
        status = kde_grid_make(settings->from, settings->to, settings->points, &drawing->grid, &refusal);
    } else {
        const struct kde_curve **curves = arena_array(exchange->arena, drawing->series_count, sizeof *curves);
        for (size_t i = 0; curves != NULL && i < drawing->series_count; i++) {
            curves[i] = drawing->series[i].curve;
        }
        status = curves == NULL ? STATUS_EXHAUSTED
                                : kde_grid_cover(curves, drawing->series_count, settings->cut, settings->points,
                                                 &drawing->grid, &refusal);
    }
    if (status == STATUS_INVALID) {
        refuse_grid(exchange, settings, refusal.fault);
        return false;
    }
    return status == STATUS_OK ? true : density_draw_failed(exchange, drawing, status);
}

/* Density and modes of one series, and what else is told of it. */
static enum status evaluate(struct arena *arena, struct density_drawing *drawing, struct density_series *series)
{
    const struct kde_grid *grid = &drawing->grid;
    size_t n = series->sample.n;
    size_t room = n < DENSITY_MODES_MAX / 2 ? 2 * n + 1 : DENSITY_MODES_MAX; /* corners may give more modes than n */
    series->density = arena_array(arena, grid->points, sizeof *series->density);
    series->modes = arena_array(arena, room, sizeof *series->modes);
    if (series->density == NULL || series->modes == NULL) {
        return STATUS_EXHAUSTED;
    }
    series->warnings = series->curve->warnings;
    series->spread = series->sample.weights != NULL ? kde_spread(&series->sample, series->curve->summary.weighted_mean)
                                                    : series->curve->summary.sd;
    analysis_watch_next(&drawing->watch, SHARE_GRID);
    enum status status = kde_curve_evaluate(series->curve, grid, series->density, &series->warnings);
    if (status == STATUS_OK) {
        status = kde_modes_find(series->curve, room, series->modes, &series->mode_list);
    }
    if (status == STATUS_OK) {
        series->warnings |= series->mode_list.warnings;
        status = density_more_find(series->curve, &series->sample, &drawing->settings.wishes, &drawing->watch, &series->more,
                                   &series->warnings);
    }
    return status;
}

/* Whether the highest mode can be told of: near the bound of logarithms its height or width may underflow. */
static bool has_peak(const struct density_series *series)
{
    const struct kde_mode *highest = &series->modes[series->mode_list.highest];
    return isfinite(highest->height) && highest->height > 0 && highest->width > 0;
}

bool density_draw(struct exchange *exchange, struct density_drawing *drawing)
{
    struct faults faults;
    faults_init(&faults, exchange->arena);
    if (!make_curves(exchange, drawing) || !make_grid(exchange, drawing)) {
        return false;
    }
    for (size_t i = 0; i < drawing->series_count; i++) {
        enum status status = analysis_watch_is_cancelled(&drawing->watch)
            ? STATUS_BUSY
            : evaluate(exchange->arena, drawing, &drawing->series[i]);
        if (status != STATUS_OK) {
            return density_draw_failed(exchange, drawing, status);
        }
        if (!has_peak(&drawing->series[i])) {
            complain_series(exchange->arena, drawing, &drawing->series[i], KDE_FAULT_PEAK_AT_BOUNDARY, &faults);
        }
    }
    if (faults.total > 0) {
        refuse_series(exchange, &faults);
        return false;
    }
    enum status status = density_family_of_curves(exchange->arena, drawing);
    return status == STATUS_OK ? true : density_draw_failed(exchange, drawing, status);
}

void density_drawing_fini(struct density_drawing *drawing)
{
    for (size_t i = 0; i < drawing->series_count; i++) {
        kde_curve_free(drawing->series[i].curve);
        drawing->series[i].curve = NULL;
    }
}
