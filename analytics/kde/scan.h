#ifndef ANALYTICS_KDE_SCAN_H
#define ANALYTICS_KDE_SCAN_H

#include "base/status.h"

struct kde_curve;
struct kde_extremes;

/*
 * Finds the turns. Smooth kernels: f' at steps of an eighth of the kernel's standard deviation
 * (and, for up to 1,000 points, at the points where f' has corners), each change of sign
 * refined by kde_root_find; where |f'| dips between equal signs the dip is searched too, so that
 * pairs closer than a step are found. Polygonal kernels: kde_sweep_corners, exact.
 * Caller ends *extremes with kde_extremes_fini. STATUS_EXHAUSTED without memory, STATUS_BUSY where
 * the curve's watch said so; *extremes is then untouched.
 */
NODISCARD enum status kde_scan_curve(const struct kde_curve *curve,
                                     struct kde_extremes *extremes);

#endif
