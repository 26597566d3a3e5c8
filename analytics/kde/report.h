#ifndef ANALYTICS_KDE_REPORT_H
#define ANALYTICS_KDE_REPORT_H

#include <stddef.h>

/*
 * Why a density could not be computed, and what to bear in mind about one that was.
 * Every fallible kde function that answers STATUS_INVALID fills a struct kde_refusal.
 */
enum kde_fault {
    KDE_FAULT_NONE,
    KDE_FAULT_EMPTY,             /* no values at all */
    KDE_FAULT_VALUE_NOT_FINITE,  /* index: the value that is NaN or infinite */
    KDE_FAULT_VALUE_TOO_LARGE,   /* index: a value beyond +-KDE_MAGNITUDE_MAX */
    KDE_FAULT_WEIGHT_NOT_FINITE, /* index: the weight that is NaN, infinite or too large */
    KDE_FAULT_WEIGHT_NEGATIVE,   /* index: the weight below 0 */
    KDE_FAULT_WEIGHTS_ZERO,      /* the weights sum to 0 */
    KDE_FAULT_FEW_VALUES,        /* a rule needs at least two values */
    KDE_FAULT_NO_SPREAD,         /* a rule needs values that differ */
    KDE_FAULT_BANDWIDTH,         /* the bandwidth given is not a positive finite number */
    KDE_FAULT_BANDWIDTH_RANGE,   /* the bandwidth is outside 1/KDE_MAGNITUDE_MAX .. the maximum */
    KDE_FAULT_BANDWIDTH_TINY,    /* below 16 roundings of the largest value: no curve to see */
    KDE_FAULT_RULE,              /* the rule's equation has no solution in double precision */
    KDE_FAULT_BELOW_BOUNDARY,    /* index: a value below the bound, or at it where logarithms are taken */
    KDE_FAULT_PEAK_AT_BOUNDARY,  /* the highest mode lies so near the bound that it has no height or width in double precision */
    KDE_FAULT_BOUNDARY_KERNEL,   /* this kernel has no curve over logarithms */
    KDE_FAULT_ADJUST,            /* the adjust factor is not a positive finite number */
    KDE_FAULT_GRID_POINTS,       /* the number of points is outside 2..KDE_POINTS_MAX */
    KDE_FAULT_GRID_BOUNDS,       /* from and to are not finite, not ascending or too far apart */
    KDE_FAULT_GRID_RESOLUTION,   /* the points are too close together for doubles */
    KDE_FAULT_CUT                /* cut is negative or not finite */
};

/* What was wrong and, where the fault says so, with which element (0-based), else 0. */
struct kde_refusal {
    enum kde_fault fault;
    size_t index;
};

/* A stable code in snake_case ("no_spread") and a sentence for people. Never NULL; static. */
const char *kde_fault_code(enum kde_fault fault);
const char *kde_fault_text(enum kde_fault fault);

/* Values, weights and bandwidths lie within this, so that no square overflows. */
#define KDE_MAGNITUDE_MAX 1e150

/*
 * Warnings are bits; a result carries their union. Walk 1u << 0 .. 1u << (KDE_WARNING_COUNT - 1).
 */
enum kde_warning {
    KDE_WARNING_FEW_VALUES = 1u << 0,      /* fewer than KDE_FEW_VALUES values */
    KDE_WARNING_IQR_ZERO = 1u << 1,        /* the rule fell back to s alone */
    KDE_WARNING_WEIGHTS_NOT_IN_RULE = 1u << 2, /* the rule ignored the weights, as in R */
    KDE_WARNING_GRID_CUTS = 1u << 3,       /* the curve goes on beyond the grid */
    KDE_WARNING_GRID_COARSE = 1u << 4,     /* grid step above the kernel's standard deviation */
    KDE_WARNING_MODES_LEFT_OUT = 1u << 5,  /* more modes than room; the most prominent stand */
    KDE_WARNING_MODES_COARSE = 1u << 6,    /* modes were searched in steps too wide to see all */
    KDE_WARNING_AT_BOUND = 1u << 7,        /* the rule's minimum lies at an end of where it looks */
    KDE_WARNING_TESTS_WEIGHTED = 1u << 8,  /* the tests of modes and changes know no weights */
    KDE_WARNING_CRITICAL_LEFT_OUT = 1u << 9 /* too many values for critical.h, or no two that differ */
};

#define KDE_WARNING_COUNT 10

/*
 * Below this many values second peaks are often chance. Share of samples from one normal
 * distribution whose curve (Gaussian kernel, Silverman's rule) shows two or more modes, and two
 * or more peaks (prominence at least a tenth of the highest mode), in 5,000 samples each:
 *   n       10    15    20    30    50   100
 *   modes  57 %  52 %  51 %  47 %  42 %  37 %
 *   peaks  22 %  15 %  10 %   4 %   1 %   0.4 %
 */
#define KDE_FEW_VALUES 30

/* A stable code and a sentence for one bit. Never NULL; static. */
const char *kde_warning_code(enum kde_warning warning);
const char *kde_warning_text(enum kde_warning warning);

#endif
