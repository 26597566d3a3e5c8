#ifndef ANALYTICS_KDE_ROOT_H
#define ANALYTICS_KDE_ROOT_H

/* A function of one variable with what it needs besides; must be finite on the bracket. */
struct kde_root_function {
    double (*at)(const void *context, double x);
    const void *context;
};

/*
 * A zero of the function between low and high, where it has opposite signs (or a change of
 * sign by a jump): to the last bits of x, at most 200 evaluations, typically 8. Inverse
 * quadratic interpolation guarded by bisection: Brent's idea (1973, Algorithms for Minimization
 * without Derivatives, chapter 4) with the simpler acceptance test of Chandrupatla (1997,
 * Advances in Engineering Software 28, 145).
 * Where both ends have the same sign, answers the end whose value is nearer to 0.
 * Requires low <= high. Pure as far as the function is.
 */
double kde_root_find(const struct kde_root_function *function, double low, double high);

#endif
