/*
 * What changed between two curves on one grid. modes.c finds the modes compared here.
 */
#include "analytics/kde/change.h"

#include <assert.h>
#include <math.h>

#include "analytics/kde/kde.h"
#include "analytics/kde/modes.h"

/* Mean over one cell of the smaller of two lines, given by their values at its ends. Where they
 * cross at the share t of the cell, the smaller one is a polygon with its corner there. */
static double smaller_mean(double a0, double b0, double a1, double b1)
{
    const double d0 = a0 - b0;
    const double d1 = a1 - b1;
    const double ends = 0.5 * (fmin(a0, b0) + fmin(a1, b1));
    if ((d0 > 0.0 && d1 < 0.0) || (d0 < 0.0 && d1 > 0.0)) {
        const double t = d0 / (d0 - d1);
        const double corner = a0 + t * (a1 - a0);
        return 0.5 * (t * (fmin(a0, b0) + corner) + (1.0 - t) * (corner + fmin(a1, b1)));
    }
    return ends;
}

static double overlap(const struct kde_grid *grid, const double *a, const double *b)
{
    double sum = 0.0;
    for (size_t i = 0; i + 1 < grid->points; i++) {
        sum += smaller_mean(a[i], b[i], a[i + 1], b[i + 1]);
    }
    return sum * ((grid->to - grid->from) / (double)(grid->points - 1));
}

static double ratio(double to, double from)
{
    assert(to > 0.0 && from > 0.0);
    return to / from;
}

struct kde_change kde_change_between(const struct kde_side *from, const struct kde_side *to,
                                     const struct kde_grid *grid)
{
    return (struct kde_change){
        .mean_shift = to->mean - from->mean,
        .mode_shift = to->highest->x - from->highest->x,
        .height_ratio = ratio(to->highest->height, from->highest->height),
        .width_ratio = ratio(to->highest->width, from->highest->width),
        .overlap = overlap(grid, from->density, to->density),
    };
}
