#ifndef ANALYTICS_LP_LP_H
#define ANALYTICS_LP_LP_H

/*
 * Linear programs with few rows and many columns, solved and proved. Pure: the answer depends on the program alone, not
 * on what was solved before.
 *
 *   minimise   cost . x
 *   with       matrix x   (<=, >=, = or free)   bound,     x >= 0, or any x where is_free says so
 *
 * Every answer has been checked against the program's own numbers, whatever solver it came from (certificate.h): an
 * optimum by weak duality, that there is none by Farkas' lemma, that it is unbounded by a ray; the last two in shares, which cannot see
 * what cancels, and where is_certain says so with every rounding error counted. (Schrijver, "Theory of
 * Linear and Integer Programming" (1986), chapter 7.) What cannot be proved is not answered.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

#define LP_ROWS_MAX    64
#define LP_COLUMNS_MAX 50000

/* What a certificate may miss: shares, see struct lp_check. */
#define LP_TOLERANCE 1e-9

enum lp_relation { LP_ROW_FREE, LP_ROW_AT_MOST, LP_ROW_AT_LEAST, LP_ROW_EQUAL };

/* All borrowed for the call. Every number must be finite. */
struct lp_problem {
    size_t rows;                      /* 1 to LP_ROWS_MAX */
    size_t columns;                   /* 1 to LP_COLUMNS_MAX */
    const double *matrix;             /* column after column, rows elements each */
    const double *cost;               /* one for each column, or NULL for zeros */
    const enum lp_relation *relation; /* one for each row */
    const double *bound;              /* one for each row; what a free row has is not read */
    const bool *is_free;              /* one for each column, or NULL: all x >= 0 */
    /* What counts as one of the objective: its error is then held to LP_TOLERANCE of the larger of this and itself (below). 0: the
     * caller asks for no more than shares. */
    double worth;
};

/*
 * How far an answer is from being proved. Shares, so that the units of rows and columns play no part and a small
 * number beside large ones is held to its own size:
 *   primal_infeasibility  the largest miss of a row beside the largest of its terms a_ij x_j and its bound, each in
 *                         absolute value
 *   dual_infeasibility    the largest negative reduced cost (of a free column: the largest of either sign) beside the
 *                         largest of its terms cost_j and dual_i a_ij
 *   duality_gap           |cost . x - dual . bound| beside the largest of the terms of both sums
 * A NaN anywhere gives infinity.
 * Shares cannot see what values or multipliers without limit hide, which a basis that is singular but for rounding has: they
 * cancel to anything, and a wrong objective is small beside their products. Hence
 *   objective_error       how far from the optimum the objective may be beside the larger of worth and itself, by sums in twice
 *                         the precision, unless the optimum lies out of all proportion to x and dual: error.h has the theorem
 */
struct lp_check {
    double primal_infeasibility;
    double dual_infeasibility;
    double duality_gap;
    double objective_error; /* of an optimum; else 0 */
};

enum lp_outcome { LP_OPTIMAL, LP_INFEASIBLE, LP_UNBOUNDED };

struct lp_solution {
    enum lp_outcome outcome;
    double objective;         /* cost . x */
    double *x;                /* caller's, room for every column; >= 0 where not free */
    double *reduced;          /* caller's, room for every column: cost - dual . matrix; or NULL if not wanted */
    double dual[LP_ROWS_MAX]; /* of the minimisation: <= 0 at most, >= 0 at least, any equal, 0 free */
    struct lp_check check;    /* of the optimum; of the proof where there is none */
    bool is_certain;          /* of a proof that there is no optimum: no rounding can have made it (proof.h) */
};

/* Solvers in the order in which they are tried; LP_GLPK leaves the first out. */
enum lp_choice { LP_SIMPLEX, LP_GLPK };

struct lp_solver;

/* A solver for programs of up to so many rows and columns. NULL when memory is short. Belongs to the thread that made
 * it: lp_solver_free there, then, before the thread ends, lp_thread_end. */
struct lp_solver *lp_solver_create(size_t rows_max, size_t columns_max);
void lp_solver_free(struct lp_solver *solver);

/* From now on lp_solve ends with STATUS_BUSY, in the middle of a program too, once is_cancelled says so. NULL: never. */
void lp_solver_watch(struct lp_solver *solver, bool (*is_cancelled)(void *), void *context);

/* Which way is tried first; LP_SIMPLEX unless told. Both prove their answers alike. */
void lp_solver_choose(struct lp_solver *solver, enum lp_choice choice);

/* How many ways had failed when the last program was answered, for tests: 0 the first; 2 and more are GLPK's. */
size_t lp_solver_way(const struct lp_solver *solver);

/*
 * Solves.
 * Out: solution, of which outcome says how to read it: LP_OPTIMAL all of it; LP_INFEASIBLE only dual, which proves it
 * (dual . matrix <= 0 and dual . bound > 0); LP_UNBOUNDED only x, a direction in which cost falls for ever from a
 * point that was found to exist. x, reduced, dual and objective are otherwise undefined.
 * Returns STATUS_OK; STATUS_INVALID for a program outside the limits or with a number that is not finite;
 * STATUS_EXHAUSTED when no answer could be proved; STATUS_BUSY when is_cancelled said so.
 */
NODISCARD enum status lp_solve(struct lp_solver *solver, const struct lp_problem *problem,
                               struct lp_solution *solution);

/* Frees what GLPK keeps for the calling thread. Harmless without need. */
void lp_thread_end(void);

#endif
