#ifndef HANDLERS_ANALYSIS_DENSITY_DRAW_H
#define HANDLERS_ANALYSIS_DENSITY_DRAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analytics/kde/kde.h"
#include "analytics/kde/modes.h"
#include "base/status.h"
#include "handlers/analysis/density_more.h"
#include "handlers/analysis/watch.h"
#include "handlers/exchange.h"

/*
 * What GET and POST /density share: how curves are asked for, and from samples to curves
 * on one grid.
 */

enum {
    DENSITY_POINTS_MIN = 16,
    DENSITY_POINTS_MAX = 8192,
    DENSITY_POINTS_DEFAULT = 512,
    DENSITY_CUT_DEFAULT = 3,
    DENSITY_CUT_MAX = 1000,
    DENSITY_ADJUST_MAX = 1000,
    DENSITY_TOTAL_POINTS_MAX = 1000000, /* of all series of an answer: 20 MB of JSON */
    DENSITY_MODES_MAX = 256             /* named; the most prominent ones */
};

/* The words of kernels, conventions and boundaries, in the order of their enums; each ends with NULL. */
extern const char *const density_kernels[];
extern const char *const density_conventions[];
extern const char *const density_boundaries[];

/* How the curves are wanted. */
struct density_settings {
    struct kde_options options;
    bool has_bounds;  /* from and to instead of cut */
    double from, to;
    double cut;
    size_t points;
    struct density_wishes wishes;
};

/* What was sent for the grid. A number that was sent and could not be read is NAN; its fault was named before. */
struct density_bounds {
    double from, to, cut;
    bool has_from, has_to, has_cut; /* were sent */
};

/* What is wrong with the bounds sent: the name of the faulty one, a code and a sentence. */
struct density_fault {
    const char *name;
    const char *code; /* NULL: it is missing */
    const char *detail;
};

enum { DENSITY_BOUND_FAULTS_MAX = 2 };

/* A bandwidth as a text: the name of a rule. False where it is none. */
bool density_rule_find(const char *text, struct kde_options *options);

/* A bandwidth as a number. False where it is outside what is accepted. */
bool density_bandwidth_set(double number, struct kde_options *options);

/* "a number of 1e-100 to 1e15 or silverman or ...": for the faults of both. In the arena;
 * never NULL. */
const char *density_bandwidth_wanted(struct arena *arena);

/* Takes the bounds over, with the default for cut. Returns how many things are wrong with them. */
size_t density_bounds_set(const struct density_bounds *bounds, struct density_settings *settings,
                          struct density_fault faults[DENSITY_BOUND_FAULTS_MAX]);

/* Takes a boundary (an index into density_boundaries, -1 for none) and its bound over, the kernel being set: false,
 * with what is wrong in *fault, where they do not go together. */
bool density_boundary_set(int boundary, double lower, bool has_lower, struct kde_options *options,
                          struct density_fault *fault);

/* Why so many series are too many (DENSITY_TOTAL_POINTS_MAX), a sentence in the arena; NULL where they are not. */
const char *density_size_fault(struct arena *arena, size_t series, size_t points);

/* One sample and its curve. */
struct density_series {
    const char *group; /* NULL: not by group */
    int64_t year;      /* 0: none */
    struct kde_sample sample;
    const char *const *members; /* an id for each value, or NULL */
    const size_t *units;        /* of each value, ascending: of two years, equal numbers are the same unit; or NULL */

    /* filled by density_draw */
    struct kde_curve *curve;
    struct kde_mode *modes;
    struct kde_mode_list mode_list;
    double *density; /* grid.points values */
    double spread; /* the standard deviation, weighed where the sample is (shift.h) */
    struct density_more more;
    unsigned warnings;
};

struct density_drawing {
    struct density_settings settings;
    struct density_series *series; /* by group, then by year */
    size_t series_count;
    size_t years;       /* of each group; 1 or more */
    bool is_of_units;   /* of a caller's own; a year is to blame for nothing then */
    size_t later_share; /* of the watch's whole, for what follows density_draw */
    struct kde_grid grid; /* filled by density_draw */
    struct analysis_watch watch; /* the same; the curves ask it */
};

/* Makes all curves, the grid that they share, and everything told of them. False: the
 * problem is the reply (too_few_values, no_spread, out_of_range, weights_zero, with a fault for
 * each series that cannot be drawn; invalid_request where they differ in kind). Either way the drawing is to be given to density_drawing_fini. */
bool density_draw(struct exchange *exchange, struct density_drawing *drawing);

/* The problem of a drawing that did not come to its end (STATUS_BUSY, STATUS_EXHAUSTED) is the reply; false. */
bool density_draw_failed(struct exchange *exchange, const struct density_drawing *drawing, enum status status);

/* Frees the curves. */
void density_drawing_fini(struct density_drawing *drawing);

#endif
