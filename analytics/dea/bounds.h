#ifndef ANALYTICS_DEA_BOUNDS_H
#define ANALYTICS_DEA_BOUNDS_H

/*
 * The proof of a radial score: a number it cannot exceed and one it cannot fall below. Internal to analytics/.
 *
 * An absolute tolerance once let theta = 7e-7 pass for 2e-6: the judged unit's own inputs, beside the largest
 * unit's, were smaller than what a row might be missed by.
 *
 * Any lambda gives a point the unit could be moved to, any weights on inputs and outputs give a limit to how far it
 * could be moved, and the score lies between. Both are computed in shares of what the judged unit itself has, from
 * lambda and the weights alone: the solver's own factor plays no part. No absolute tolerance appears, so the proof of a
 * score of 1e-12 is as sharp as that of 1.
 *
 *   CRS   max_i X_i lambda / x_io  /  min_r Y_r lambda / y_ro   >=   theta   >=   min_j v X_j / u Y_j
 *         where v x_o = u y_o = 1. Nothing is subtracted, so nothing can cancel. phi = 1 / theta.
 *   VRS   theta <= max_i X_i lambda / x_io       where sum(lambda) = 1 and Y lambda >= y_o,
 *         theta >= min_j v X_j + u (y_o - Y_j)   where v x_o = 1;
 *         phi >= min_r Y_r lambda / y_ro         where sum(lambda) = 1 and X lambda <= x_o,
 *         phi <= max_j u Y_j + v (x_o - X_j)     where u y_o = 1.
 *         The sums over j may cancel; what rounding can have done to them is counted against the proof.
 *
 * The limit is over all reference units, also where the program has but the frame of them (program->all).
 *
 * Free rows say nothing. A unit that uses something of which the judged one has none must have been left out
 * (pins.h).
 */

#include "analytics/dea/program.h"

/*
 * In: a program with is_radial; solution's lambda and dual as a solver claims them.
 * Out: lambda and extra, moved to a point that obeys the rows: to rounding under CRS, to what check says under VRS;
 * dual, normalised so that dual times the row's radial target is the share of the score that the row accounts for (the
 * score changes by as many per cent when the target does by one); objective; reduced, as a share of the largest term
 * it is the difference of, 0 for columns that could be peers and below 0 for those that would improve the answer;
 * and check:
 *   primal_infeasibility  the largest share of the unit's own value by which a row is missed, counted as often as its
 *       multiplier says that it moves the score, and at least once; misses above 1e-13 count as infinite. 0 under CRS.
 *   dual_infeasibility  0: the weights are made to fit all columns; what that costs is in the gap.
 *   duality_gap  1 - lower bound / upper bound.
 * What is no number, or proves nothing, gives infinite violations; the rest of solution is then undefined.
 */
void dea_bounds_check(const struct dea_program *program, struct dea_solution *solution);

/* What the judged unit could reach if it had to copy a single other one: the size of its score, for scaling. */
double dea_bounds_guess(const struct dea_program *program);

#endif
