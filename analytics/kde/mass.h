#ifndef ANALYTICS_KDE_MASS_H
#define ANALYTICS_KDE_MASS_H

struct kde_curve;

/*
 * The share of a curve's mass below x: sum w_i C((x - x_i)/s), C the integral of the kernel from
 * where it begins, in closed form; exact to rounding for the points that the curve adds up
 * (for the Gaussian beyond its reach of 8.5, 1e-17, too). Between 0 and 1 and, but for rounding
 * (and for what cubic binning leaves, 1e-9), never falling. x is finite. Pure.
 */
double kde_curve_mass_below(const struct kde_curve *curve, double x);

/*
 * Where the share p of the mass lies below, 0 < p < 1: a quantile of the curve, not of the
 * sample (it is wider by the kernel). Good to the last bits of x. Where the curve is 0 between
 * two parts of it, some place between them. Pure.
 */
double kde_curve_quantile(const struct kde_curve *curve, double p);

#endif
