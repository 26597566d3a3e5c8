/*
 * Names and sentences for faults and warnings, in the words that a reader of the answer sees.
 */
#include "analytics/kde/report.h"

struct entry {
    const char *code;
    const char *text;
};

static const struct entry faults[] = {
    [KDE_FAULT_NONE] = {"none", "Nothing is wrong."},
    [KDE_FAULT_EMPTY] = {"empty", "There are no values."},
    [KDE_FAULT_VALUE_NOT_FINITE] = {"value_not_finite", "A value is not a finite number."},
    [KDE_FAULT_VALUE_TOO_LARGE] = {"value_too_large", "A value lies beyond +-1e150."},
    [KDE_FAULT_WEIGHT_NOT_FINITE] = {"weight_not_finite",
                                     "A weight is not a finite number up to 1e150."},
    [KDE_FAULT_WEIGHT_NEGATIVE] = {"weight_negative", "A weight is below 0."},
    [KDE_FAULT_WEIGHTS_ZERO] = {"weights_zero", "The weights sum to 0."},
    [KDE_FAULT_FEW_VALUES] = {"few_values", "A bandwidth rule needs at least two values; "
                                            "with one, give the bandwidth as a number."},
    [KDE_FAULT_NO_SPREAD] = {"no_spread", "All values are equal, so that no rule can choose a "
                                          "bandwidth; give it as a number."},
    [KDE_FAULT_BANDWIDTH] = {"bandwidth", "The bandwidth is not a positive finite number."},
    [KDE_FAULT_BANDWIDTH_RANGE] = {"bandwidth_range",
                                   "The bandwidth lies outside 1e-150 to 1e150."},
    [KDE_FAULT_BANDWIDTH_TINY] = {"bandwidth_tiny",
                                  "The bandwidth is so small beside the values that double "
                                  "precision cannot resolve the curve."},
    [KDE_FAULT_RULE] = {"rule", "The rule finds no bandwidth for these values; give it as a "
                                "number or by another rule."},
    [KDE_FAULT_BELOW_BOUNDARY] = {"below_boundary", "A value lies below the bound lower, or at it where "
                                                    "boundary is log."},
    [KDE_FAULT_PEAK_AT_BOUNDARY] = {"peak_at_boundary", "The highest peak lies so near the bound lower that double "
                                                        "precision cannot resolve it; give a smaller lower, or boundary reflect."},
    [KDE_FAULT_BOUNDARY_KERNEL] = {"boundary_kernel", "The uniform and the triangular kernel do not go with "
                                                      "the boundary log."},
    [KDE_FAULT_ADJUST] = {"adjust", "The factor adjust is not a positive finite number."},
    [KDE_FAULT_GRID_POINTS] = {"grid_points", "The grid needs 2 to 16384 points."},
    [KDE_FAULT_GRID_BOUNDS] = {"grid_bounds", "The grid needs finite ends with from below to."},
    [KDE_FAULT_GRID_RESOLUTION] = {"grid_resolution",
                                   "The grid's points are too close together to tell apart in "
                                   "double precision."},
    [KDE_FAULT_CUT] = {"cut", "cut is not a finite number of at least 0."},
};

static const struct entry warnings[KDE_WARNING_COUNT] = {
    {"few_values", "Fewer than 30 values make second peaks by chance: of samples of 10 values "
                   "from one normal distribution more than half show two or more modes and a "
                   "fifth two or more peaks. Weigh prominences before reading peaks as groups."},
    {"iqr_zero", "At least half of the values lie together (interquartile range 0): the rule "
                 "used the standard deviation alone."},
    {"weights_not_in_rule", "The bandwidth rule ignored the weights; only the curve uses them."},
    {"grid_cuts", "The curve goes on beyond the grid; the integral lacks that part."},
    {"grid_coarse", "The grid's step exceeds the kernel's standard deviation: peaks can hide "
                    "between its points, and the integral is rough."},
    {"modes_left_out", "There are more modes than fit; the most prominent ones are given."},
    {"modes_coarse", "The bandwidth is so small against the range of the values that modes were "
                     "searched in wider steps; some may be missing."},
    {"at_bound", "The rule's minimum lies at an end of the bandwidths that it looks at, so that "
                 "the end was taken; another rule says more."},
    {"tests_weighted", "The tests were left out: they know no weights."},
    {"critical_left_out", "The critical-bandwidth test was left out: it is made of up to 1,000 values "
                          "that are not all equal."},
};

const char *kde_fault_code(enum kde_fault fault)
{
    return faults[fault].code;
}

const char *kde_fault_text(enum kde_fault fault)
{
    return faults[fault].text;
}

/* The number of the lowest bit set, within the table. */
static int bit_of(enum kde_warning warning)
{
    int bit = 0;
    while (bit < KDE_WARNING_COUNT - 1 && ((unsigned)warning >> bit & 1u) == 0) {
        bit++;
    }
    return bit;
}

const char *kde_warning_code(enum kde_warning warning)
{
    return warnings[bit_of(warning)].code;
}

const char *kde_warning_text(enum kde_warning warning)
{
    return warnings[bit_of(warning)].text;
}
