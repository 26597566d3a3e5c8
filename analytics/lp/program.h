#ifndef ANALYTICS_LP_PROGRAM_H
#define ANALYTICS_LP_PROGRAM_H

/*
 * What the solvers are asked, and what they claim: a problem, and what only who has made it knows. Programs by the thousand
 * that share their columns are asked where these stand, so that nothing is copied. Internal to analytics/.
 */

#include "analytics/lp/lp.h"
#include "analytics/lp/panel.h"

/* All borrowed for the call; what is left out is NULL or zero. */
struct lp_program {
    struct lp_problem problem;    /* of any number of columns */
    /* The problem's columns once more, side by side, with all rows. They then have neither costs nor a free one among them.
     * NULL: the solver lays them out itself. */
    const struct lp_panel *panel;
    bool is_positive;             /* no element of a column is below 0: each gain is then measured beside its own terms */
    const double *last;           /* one column more than the problem's; >= 0, an element for each row */
    double last_cost;
    const double *unit;           /* what counts as one of each row's slack; > 0. NULL: 1 */
    /* A basis to begin with: for each row that is not free a column, LP_START_LAST or LP_START_SLACK, the row's own. */
    const size_t *start;
    bool has_enough;              /* whether to end at a point that costs no more than enough */
    double enough;
};

#define LP_START_LAST  ((size_t) -1)
#define LP_START_SLACK ((size_t) -2)

/* Nothing in it is checked. */
struct lp_claim {
    enum lp_outcome outcome;
    double *x;                    /* caller's, room for every column of the problem */
    double last;                  /* the same of the last column */
    double dual[LP_ROWS_MAX + 1]; /* one more than callers may ask for: lp.c's own programs */
};

#endif
