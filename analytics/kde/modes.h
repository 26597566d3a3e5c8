#ifndef ANALYTICS_KDE_MODES_H
#define ANALYTICS_KDE_MODES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

struct kde_curve;

/*
 * A mode: a local maximum of the curve, refined as a zero of f' (smooth kernels) or taken from
 * the corners (uniform, triangular); a flat top counts once, at its middle.
 *   prominence  how far one has to go down before one can go up to a higher place: height minus
 *               the higher of the two lowest points between the mode and the next higher place
 *               on either side, the ends of the line being 0 (topographic; scipy's
 *               peak_prominences on the curve itself). Heights that agree to 1e-12 count as
 *               equal, so that twins are both as prominent as they are high.
 *   width       right - left, where the curve falls to height - prominence/2 on either side.
 *               The prominence of the highest mode is its height, so that its width is the full
 *               width at half of its height. A stair of a step curve at that level has fallen.
 * Invariants: 1. 0 < prominence <= height; 2. left <= x <= right; 3. is_peak if and only if
 * prominence >= KDE_PEAK_SHARE * the highest mode's height.
 */
struct kde_mode {
    double x;
    double height;
    double prominence;
    double width;
    double left;
    double right;
    bool is_peak;
};

#define KDE_PEAK_SHARE 0.1

/*
 * All modes of a curve in numbers. Invariants: 1. 1 <= peaks <= total; 2. count is the smaller
 * of total and the room; 3. highest < count is the index of the highest mode (of equals, the
 * first). total counts every mode, also those left out.
 */
struct kde_mode_list {
    size_t count;
    size_t total;
    size_t peaks;
    size_t highest;
    unsigned warnings; /* KDE_WARNING_MODES_LEFT_OUT, KDE_WARNING_MODES_COARSE */
};

/*
 * Finds the modes of the curve on the whole line, whatever grid it is drawn on, and writes up
 * to `room` of them, in ascending x, to modes (the caller's, room >= 1). Where there are more,
 * the most prominent ones. Position good to 1e-9 of the bandwidth (1e-15 of its own size at
 * best); for a binned curve these are the modes of the curve over the nodes.
 * STATUS_EXHAUSTED without memory, STATUS_BUSY where the curve's watch said so; *modes may then be
 * written to, *list is not.
 */
NODISCARD enum status kde_modes_find(const struct kde_curve *curve, size_t room,
                                     struct kde_mode *modes, struct kde_mode_list *list);

#endif
