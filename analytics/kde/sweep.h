#ifndef ANALYTICS_KDE_SWEEP_H
#define ANALYTICS_KDE_SWEEP_H

#include "base/status.h"

struct kde_curve;
struct kde_extremes;

/*
 * Appends the turns of a polygonal curve (kde_kernel_is_polygonal), alternating and beginning
 * with a mode: every point sends corners to its own place and to the ends of its support, and
 * between corners the curve is constant (uniform) or straight (triangular). A flat top or bottom
 * counts once, at its middle. Corners closer than 64 rounding errors (and a quarter of the
 * scale) count as one, so that supports which meet but for rounding leave no gap.
 * Linear in the number of points.
 * STATUS_EXHAUSTED without memory; *extremes then holds a part of the turns.
 */
NODISCARD enum status kde_sweep_corners(const struct kde_curve *curve,
                                        struct kde_extremes *extremes);

#endif
