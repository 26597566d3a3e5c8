/*
 * Density estimation on standard input and output, for comparisons with other programs.
 *
 * In:  lines `kernel NAME`, `convention NAME`, `rule NAME`, `bandwidth NUMBER` (makes the rule
 *      `number`), `adjust NUMBER`, `tests` (dip and critical bandwidth), `below X` (mass) and
 *      `share P` (quantile), `boundary NAME`, `lower X`, up to 16 of each, then one of `grid FROM TO POINTS` and `cover CUT POINTS`, then
 *      `values N` or `weighted N` and N lines of one or two numbers.
 * Out: lines `name value ...` with 17 significant digits, or `fault CODE INDEX`.
 * Exit: 0 also for a fault, 2 where the input cannot be read, 3 without memory.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analytics/kde/critical.h"
#include "analytics/kde/dip.h"
#include "analytics/kde/kde.h"
#include "analytics/kde/mass.h"
#include "analytics/kde/modes.h"

enum { ROOM = 64, ASKED = 16 };

struct job {
    struct kde_options options;
    bool is_cover;
    double from;
    double to;
    double cut;
    size_t points;
    bool is_tested;
    double below[ASKED];
    double share[ASKED];
    size_t below_count;
    size_t share_count;
    double *values;
    double *weights;
    size_t n;
};

static void stop(int code, const char *what)
{
    fprintf(stderr, "kde_driver: %s\n", what);
    exit(code);
}

static void read_values(struct job *job, bool is_weighted)
{
    if (scanf("%zu", &job->n) != 1) {
        stop(2, "no number of values");
    }
    job->values = calloc(job->n + 1, sizeof *job->values);
    job->weights = is_weighted ? calloc(job->n + 1, sizeof *job->weights) : NULL;
    if (job->values == NULL || (is_weighted && job->weights == NULL)) {
        stop(3, "no memory");
    }
    for (size_t i = 0; i < job->n; i++) {
        if (scanf("%lf", &job->values[i]) != 1 ||
            (is_weighted && scanf("%lf", &job->weights[i]) != 1)) {
            stop(2, "a value is missing");
        }
    }
}

static void read_name(struct job *job, const char *word)
{
    char name[32];
    bool is_known = false;
    if (scanf("%31s", name) != 1) {
        stop(2, "a name is missing");
    }
    if (strcmp(word, "kernel") == 0) {
        is_known = kde_kernel_find(name, &job->options.kernel);
    } else if (strcmp(word, "rule") == 0) {
        is_known = kde_rule_find(name, &job->options.rule);
    } else if (strcmp(word, "boundary") == 0) {
        is_known = kde_boundary_find(name, &job->options.boundary);
    } else if (strcmp(word, "convention") == 0) {
        is_known = kde_convention_find(name, &job->options.convention);
    }
    if (!is_known) {
        stop(2, "an unknown word or name");
    }
}

static void read_job(struct job *job)
{
    char word[32];
    bool is_read = true;

    while (is_read && job->values == NULL && scanf("%31s", word) == 1) {
        if (strcmp(word, "bandwidth") == 0) {
            job->options.rule = KDE_RULE_NUMBER;
            is_read = scanf("%lf", &job->options.bandwidth) == 1;
        } else if (strcmp(word, "adjust") == 0) {
            is_read = scanf("%lf", &job->options.adjust) == 1;
        } else if (strcmp(word, "lower") == 0) {
            is_read = scanf("%lf", &job->options.lower) == 1;
        } else if (strcmp(word, "tests") == 0) {
            job->is_tested = true;
        } else if (strcmp(word, "below") == 0 && job->below_count < ASKED) {
            is_read = scanf("%lf", &job->below[job->below_count++]) == 1;
        } else if (strcmp(word, "share") == 0 && job->share_count < ASKED) {
            is_read = scanf("%lf", &job->share[job->share_count++]) == 1;
        } else if (strcmp(word, "grid") == 0) {
            is_read = scanf("%lf %lf %zu", &job->from, &job->to, &job->points) == 3;
        } else if (strcmp(word, "cover") == 0) {
            job->is_cover = true;
            is_read = scanf("%lf %zu", &job->cut, &job->points) == 2;
        } else if (strcmp(word, "values") == 0 || strcmp(word, "weighted") == 0) {
            read_values(job, word[0] == 'w');
        } else {
            read_name(job, word);
        }
    }
    if (!is_read || job->values == NULL) {
        stop(2, "the input ends early");
    }
}

static void print_curve(const struct kde_curve *curve)
{
    const struct kde_summary *s = &curve->summary;
    printf("method %s\n", kde_method_name(curve->method));
    printf("n %zu\n", s->n);
    printf("mean %.17g\nweighted_mean %.17g\nsd %.17g\n", s->mean, s->weighted_mean, s->sd);
    printf("min %.17g\nmax %.17g\neffective_n %.17g\n", s->min, s->max, s->effective_n);
    printf("quartiles %.17g %.17g\n", s->quartile_1, s->quartile_3);
    printf("bandwidth %.17g\nbandwidth_sd %.17g\nscale %.17g\n", curve->bandwidth.value,
           curve->bandwidth.sd, curve->bandwidth.scale);
}

static void print_modes(const struct kde_curve *curve, unsigned *warnings)
{
    struct kde_mode modes[ROOM];
    struct kde_mode_list list;

    if (kde_modes_find(curve, ROOM, modes, &list) != STATUS_OK) {
        stop(3, "no memory");
    }
    *warnings |= list.warnings;
    printf("modes %zu\npeaks %zu\nhighest %zu\n", list.total, list.peaks, list.highest);
    for (size_t i = 0; i < list.count; i++) {
        printf("mode %.17g %.17g %.17g %.17g %.17g %.17g\n", modes[i].x, modes[i].height,
               modes[i].prominence, modes[i].width, modes[i].left, modes[i].right);
    }
}

static void print_density(const struct kde_curve *curve, const struct kde_grid *grid,
                          unsigned warnings)
{
    double *density = calloc(grid->points, sizeof *density);
    if (density == NULL) {
        stop(3, "no memory");
    }
    if (kde_curve_evaluate(curve, grid, density, &warnings) != STATUS_OK) {
        stop(3, "given up");
    }
    printf("grid %.17g %.17g %zu\n", grid->from, grid->to, grid->points);
    printf("integral %.17g\ndensity", kde_grid_integral(grid, density));
    for (size_t i = 0; i < grid->points; i++) {
        printf(" %.17g", density[i]);
    }
    printf("\nwarnings");
    for (int bit = 0; bit < KDE_WARNING_COUNT; bit++) {
        if (warnings >> bit & 1u) {
            printf(" %s", kde_warning_code((enum kde_warning)(1u << bit)));
        }
    }
    printf("\n");
    free(density);
}

static void print_tests(const struct job *job, const struct kde_curve *curve)
{
    const struct kde_watch nobody = {NULL, NULL, NULL};
    struct kde_dip dip;
    struct kde_critical critical;
    for (size_t i = 0; i < job->below_count; i++) {
        printf("below %.17g\n", kde_curve_mass_below(curve, job->below[i]));
    }
    for (size_t i = 0; i < job->share_count; i++) {
        printf("share %.17g\n", kde_curve_quantile(curve, job->share[i]));
    }
    if (!job->is_tested) {
        return;
    }
    if (kde_dip_test(job->values, job->n, &nobody, &dip) != STATUS_OK) {
        stop(3, "no dip");
    }
    printf("dip %.17g %.17g\n", dip.statistic, dip.p_value);
    if (job->n <= KDE_CRITICAL_MAX && curve->summary.max > curve->summary.min) {
        if (kde_critical_test(job->values, job->n, &nobody, &critical) != STATUS_OK) {
            stop(3, "no critical bandwidth");
        }
        printf("critical %.17g %.17g %.17g\n", critical.bandwidth, critical.p_value, critical.calibrated_p);
    }
}

int main(void)
{
    struct job job = {.options = kde_options_default(), .points = 512, .cut = 3.0};
    struct kde_refusal refusal = {KDE_FAULT_NONE, 0};
    struct kde_curve *curve = NULL;
    struct kde_grid grid;

    read_job(&job);
    const struct kde_sample sample = {.values = job.values, .weights = job.weights, .n = job.n};
    enum status status = kde_curve_create(&sample, &job.options, &curve, &refusal);
    if (status == STATUS_OK) {
        const struct kde_curve *const curves[] = {curve};
        status = job.is_cover ? kde_grid_cover(curves, 1, job.cut, job.points, &grid, &refusal)
                              : kde_grid_make(job.from, job.to, job.points, &grid, &refusal);
    }
    if (status == STATUS_OK) {
        unsigned warnings = curve->warnings;
        print_curve(curve);
        print_modes(curve, &warnings);
        print_tests(&job, curve);
        print_density(curve, &grid, warnings);
    } else if (status == STATUS_INVALID) {
        printf("fault %s %zu\n", kde_fault_code(refusal.fault), refusal.index);
    } else {
        stop(3, "no memory");
    }
    kde_curve_free(curve);
    free(job.weights);
    free(job.values);
    return 0;
}
