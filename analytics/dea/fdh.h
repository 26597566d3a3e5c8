#ifndef ANALYTICS_DEA_FDH_H
#define ANALYTICS_DEA_FDH_H

/*
 * The free disposal hull (Deprins, Simar and Tulkens, in "The Performance of Public Enterprises", 1984; Tulkens, J.
 * Productivity Analysis 4 (1993) 183): a unit is measured against single others, never against mixtures. No program
 * is solved; the score is found by comparing the data as given, so there is nothing that a certificate could add.
 *
 *   output   phi   = max over j with X_j <= x_o of   min over r with y_ro > 0 of Y_rj / y_ro
 *   input    theta = min over j with Y_j >= y_o of   max over i with x_io > 0 of X_ij / x_io, X_ij = 0 where x_io = 0
 *
 * Internal to analytics/. Any thread; time grows with the units.
 */

#include "analytics/dea/dea.h"
#include "analytics/dea/slacks.h"
#include "analytics/dea/work.h"

struct dea_hull {
    double factor; /* phi or theta */
    double score;  /* 1 / phi or theta */
    size_t peer;   /* among those that reach it the one with the most slack, each over its column's maximum; then the
                    * first column of the work, so that targets do not depend on the units' order. */
};

/* Scores a unit in the state DEA_UNIT_SCORED. */
void dea_fdh_solve(const struct dea_problem *problem, const struct dea_work *work, size_t unit, struct dea_hull *hull);

/* The slacks against the peer, in the work's scale; all zero with DEA_SLACKS_NONE, which has_slack does not heed. */
void dea_fdh_project(const struct dea_work *work, size_t unit, const struct dea_hull *hull, enum dea_slacks method,
                     struct dea_projection *projection);

#endif
