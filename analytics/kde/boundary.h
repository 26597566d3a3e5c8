#ifndef ANALYTICS_KDE_BOUNDARY_H
#define ANALYTICS_KDE_BOUNDARY_H

struct kde_curve;
struct kde_extremes;

/* Turns of the points' curve made turns of the curve: halves of a mirror folded, with a drop to 0 at the bound;
 * places of logarithms carried back, heights with them. Nothing is done where there is no boundary. */
void kde_boundary_carry(const struct kde_curve *curve, struct kde_extremes *extremes);

#endif
