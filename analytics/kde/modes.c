/*
 * Heights, prominences and widths of modes. scan.c finds where the curve turns; this file
 * reads the landscape between the turns.
 */
#include "analytics/kde/modes.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "analytics/kde/kde.h"
#include "analytics/kde/extremes.h"
#include "analytics/kde/root.h"
#include "analytics/kde/scan.h"

/* Heights that differ by less, relative to the highest, are the same height. */
static const double SAME_HEIGHT = 1e-12;

/* One step of a descending staircase of modes, seen while walking in one direction. */
struct stair {
    double height;
    double lowest; /* the lowest valley between this mode and the stair before it */
};

/*
 * For every mode the lowest valley on one side before a higher mode (or the end of the line,
 * which is 0). Each mode enters and leaves the staircase once: linear. Modes are visited in the
 * order of `step` (+1 from the left, -1 from the right); base[m], 0 at first, keeps the higher
 * of what both walks say.
 */
static void find_bases(const struct kde_extremes *extremes, size_t modes, int step,
                       double tolerance, struct stair *stairs, double *base)
{
    size_t depth = 0;
    for (size_t i = 0; i < modes; i++) {
        const size_t m = step > 0 ? i : modes - 1 - i;
        const size_t place = 2 * m + 1;
        const double height = extremes->at[place].height;
        double lowest = extremes->at[step > 0 ? place - 1 : place + 1].height;
        while (depth > 0 && stairs[depth - 1].height <= height + tolerance) {
            lowest = fmin(lowest, stairs[depth - 1].lowest);
            depth--;
        }
        base[m] = depth == 0 ? base[m] : fmax(base[m], lowest);
        stairs[depth++] = (struct stair){.height = height, .lowest = lowest};
    }
}

/* What a crossing is searched of: the curve above a level. */
struct level {
    const struct kde_curve *curve;
    double height;
};

static double above_level(const void *context, double x)
{
    const struct level *level = context;
    return kde_curve_at(level->curve, x) - level->height;
}

/* Where the curve first falls to the level on the way out from mode m. Between a mode and the
 * valley beside it the curve is monotone, so that the first valley below the level and the mode
 * before it bracket the crossing. */
static double cross_level(const struct kde_curve *curve, const struct kde_extremes *extremes,
                          size_t m, double height, int step)
{
    const struct level level = {.curve = curve, .height = height};
    const struct kde_root_function function = {.at = above_level, .context = &level};
    size_t valley = step < 0 ? 2 * m : 2 * m + 2;

    while (extremes->at[valley].height > height && valley > 0 && valley + 1 < extremes->count) {
        valley = step < 0 ? valley - 2 : valley + 2;
    }
    return step < 0 ? kde_root_find(&function, extremes->at[valley].x, extremes->at[valley + 1].x)
                    : kde_root_find(&function, extremes->at[valley - 1].x, extremes->at[valley].x);
}

static int compare_descending(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x < y) - (x > y);
}

/* The prominence that a mode needs to be among the `room` most prominent; `scratch` has room
 * for all. How many that are just as prominent still fit goes to *ties. */
static double least_prominence(const double *prominence, size_t modes, size_t room,
                               double *scratch, size_t *ties)
{
    if (modes <= room) {
        *ties = modes;
        return 0.0;
    }
    for (size_t m = 0; m < modes; m++) {
        scratch[m] = prominence[m];
    }
    qsort(scratch, modes, sizeof *scratch, compare_descending);
    const double least = scratch[room - 1];
    *ties = 0;
    for (size_t i = 0; i < room; i++) {
        *ties += scratch[i] == least ? 1 : 0;
    }
    return least;
}

/* Writes one mode with its width. */
static struct kde_mode describe(const struct kde_curve *curve,
                                const struct kde_extremes *extremes, size_t m, double prominence,
                                double highest)
{
    const struct kde_extreme *top = &extremes->at[2 * m + 1];
    struct kde_mode mode = {.x = top->x, .height = top->height, .prominence = prominence};

    double level = top->height - 0.5 * prominence;
    if (curve->kernel == KDE_KERNEL_UNIFORM) {
        /* A whole stair can lie at the level: it counts as fallen to, whatever its rounding. */
        level += SAME_HEIGHT * top->height;
    }
    mode.left = fmin(cross_level(curve, extremes, m, level, -1), mode.x);
    mode.right = fmax(cross_level(curve, extremes, m, level, 1), mode.x);
    mode.width = mode.right - mode.left;
    mode.is_peak = prominence >= KDE_PEAK_SHARE * highest;
    return mode;
}

static enum status list_modes(const struct kde_curve *curve, const struct kde_extremes *extremes,
                              size_t room, double *prominence, double *scratch, struct kde_mode *modes,
                              struct kde_mode_list *out)
{
    const size_t total = (extremes->count - 1) / 2;
    struct kde_mode_list list = {.total = total};
    double highest = 0.0;
    size_t ties = 0;

    for (size_t m = 0; m < total; m++) {
        highest = fmax(highest, extremes->at[2 * m + 1].height);
    }
    const double least = least_prominence(prominence, total, room, scratch, &ties);
    for (size_t m = 0; m < total; m++) {
        const double height = extremes->at[2 * m + 1].height;
        list.peaks += prominence[m] >= KDE_PEAK_SHARE * highest ? 1 : 0;
        if (prominence[m] < least || (prominence[m] == least && ties == 0)) {
            continue;
        }
        if (kde_is_cancelled(&curve->watch)) {
            return STATUS_BUSY;
        }
        ties -= prominence[m] == least ? 1 : 0;
        if (list.count == 0 || height > modes[list.highest].height * (1.0 + SAME_HEIGHT)) {
            list.highest = list.count;
        }
        modes[list.count++] = describe(curve, extremes, m, prominence[m], highest);
    }
    list.warnings = (total > room ? KDE_WARNING_MODES_LEFT_OUT : 0u) |
                     (extremes->is_coarse ? KDE_WARNING_MODES_COARSE : 0u);
    *out = list;
    return STATUS_OK;
}

enum status kde_modes_find(const struct kde_curve *curve, size_t room, struct kde_mode *modes,
                           struct kde_mode_list *list)
{
    struct kde_extremes extremes;

    assert(room >= 1);
    enum status status = kde_scan_curve(curve, &extremes);
    if (status != STATUS_OK) {
        goto failed;
    }
    const size_t total = (extremes.count - 1) / 2;
    double *prominence = calloc(2 * total, sizeof *prominence);
    if (prominence == NULL) {
        status = STATUS_EXHAUSTED;
        goto failed_prominence;
    }
    struct stair *stairs = calloc(total, sizeof *stairs);
    if (stairs == NULL) {
        status = STATUS_EXHAUSTED;
        goto failed_stairs;
    }
    double highest = 0.0;
    for (size_t m = 0; m < total; m++) {
        highest = fmax(highest, extremes.at[2 * m + 1].height);
    }
    find_bases(&extremes, total, 1, SAME_HEIGHT * highest, stairs, prominence);
    find_bases(&extremes, total, -1, SAME_HEIGHT * highest, stairs, prominence);
    for (size_t m = 0; m < total; m++) {
        prominence[m] = extremes.at[2 * m + 1].height - prominence[m];
    }
    status = list_modes(curve, &extremes, room, prominence, prominence + total, modes, list);
    free(stairs);
failed_stairs:
    free(prominence);
failed_prominence:
    kde_extremes_fini(&extremes);
failed:
    return status;
}
