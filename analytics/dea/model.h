#ifndef ANALYTICS_DEA_MODEL_H
#define ANALYTICS_DEA_MODEL_H

/*
 * Data envelopment analysis beyond the radial scores of dea.h: super-efficiency, slacks-based, additive, directional and
 * cross-efficiency, cost efficiency, and radial scores with inputs that cannot be changed or with limits on weights.
 * Pure, as dea.h; the same data, units that cannot be scored, tolerance.
 *
 * Each program has a column for every reference unit and a row for every input and output, and is solved and proved by
 * analytics/lp/lp.h from the data, scaled by powers of two. Columns stand in the order of their values, so that no answer
 * depends on the order of the units (of two units with the same figures the first is named as the peer).
 *
 * X, Y: the columns of the reference units; o: the judged unit; lambda >= 0, sum(lambda) as the frontier says (dea.h).
 *   RADIAL       dea.h's programs; here for is_fixed and limits. parts are crste, vrste and scale = crste / vrste; returns says
 *                more of the frontiers. Fixed inputs and limits are the same under all returns, so that crste <= nirste, ndrste
 *                <= vrste, and what dea.h says of the kind of returns holds: it uses no more than that the programs are convex
 *                (whether fixed inputs should be scaled along with the rest is discussed by Syrjanen, Eur. J. Oper. Res. 158 (2004) 20; here
 *                they are not). Where there is a score under the chosen returns but none under others (under constant returns a smaller unit,
 *                repeated, may need none of what is not fixed), or none that could be proved, theirs are NAN, as is what is made of them.
 *   SUPER        the same with o left out of the reference (Andersen, Petersen, Management Science 39 (1993) 1261). A score
 *                above 1 says by how much an efficient unit could get worse. Where no other units together can do what o
 *                does the program is infeasible, which is a result (Seiford, Zhu, INFOR 37 (1999) 174): DEA_MODEL_INFEASIBLE.
 *   SBM          rho = min (1 - mean of s-/x_o) / (1 + mean of s+/y_o), X lambda + s- = x_o, Y lambda - s+ = y_o (Tone, Eur. J.
 *                Oper. Res. 130 (2001) 498), by the transformation of Charnes and Cooper. Input or output oriented without
 *                the other term. What o has none of (0) has no term, and the mean is of the others. Undesirable outputs:
 *                B lambda + s = b_o, their s / b_o among the terms of the denominator (Tone, GRIPS I-2003-0005 (2003); Cooper,
 *                Seiford, Tone, "Data Envelopment Analysis" (2007), section 13.3).
 *   ADDITIVE     max of the sum of all slacks (Charnes, Cooper, Golany, Seiford, Stutz, J. Econometrics 30 (1985) 91), in the
 *                units of the data, or each over its column's mean (is_normalised; Lovell, Pastor, Oper. Res. Lett. 18 (1995)
 *                147, have the standard deviation). score is the sum: 0 is efficient.
 *   DIRECTIONAL  max beta, X lambda <= x_o - beta g_x, Y lambda >= y_o + beta g_y (Chambers, Chung, Fare, J. Optim. Theory Appl. 98
 *                (1998) 351), g being what o has: of outputs, of inputs, or of both. score is beta: 0 is efficient.
 *                Undesirable outputs are weakly disposable and shrink with the outputs (Chung, Fare, Grosskopf, J. Environ.
 *                Manage. 51 (1997) 229): B lambda = b_o - beta b_o. Under other than constant returns with an abatement factor for
 *                each unit (Kuosmanen, Amer. J. Agric. Econ. 87 (2005) 1077): inputs are X (lambda + mu), and the sum is that of
 *                lambda + mu.
 *   CROSS        each unit's best weights under constant returns rate all units, u y_j / v x_j; score is the mean of what all
 *                judges give, the unit itself included (Sexton, Silkman, Hogan, New Dir. Program Eval. 32 (1986) 73). Among a
 *                judge's best weights those are taken that make all others together look best (benevolent) or worst
 *                (is_aggressive): max or min of sum u Y_j over j other than o, where sum v X_j is 1 (Doyle, Green, J. Oper. Res.
 *                Soc. 45 (1994) 567). Where even those are several, one vertex is taken.
 *   COST         min w X lambda, Y lambda >= y_o, over w x_o (Fare, Grosskopf, Lovell 1985; Coelli's DEAP): cost efficiency is
 *                technical (radial, input oriented) times allocative efficiency.
 *
 * is_fixed (RADIAL, SUPER, DIRECTIONAL, SBM, ADDITIVE): inputs that cannot be changed (Banker, Morey, Oper. Res. 34 (1986) 513)
 * bound the comparison, X_i lambda <= x_io, but neither move nor count: no term, no slack, their target is what o has.
 *
 * limits (RADIAL, SUPER): assurance regions of the first kind (Thompson, Singleton, Thrall, Smith, Interfaces 16 (1986) 35):
 * minimum <= weight of first / weight of second <= maximum, weights being those per unit of the data. Each limit is a
 * column that trades one input (output) for another (Podinovski, Eur. J. Oper. Res. 152 (2004) 1300), so that targets take
 * in the trade; limits that contradict each other leave a program unbounded: DEA_MODEL_UNBOUNDED.
 *
 * Slacks of RADIAL, SUPER and DIRECTIONAL are the second stage that dea.h calls two-stage-normalised. RADIAL without limits has
 * Coelli's several stages too, in which fixed inputs stay what they are: an input that has no slack to give closes nothing else. With
 * limits a slack could be traded for another, and which of them there is would be the trade's choice.
 *
 * The frame. Of many units each program begins with those on the frontier of free disposal under variable returns alone
 * (frame.h): any other unit is matched by an average of these that takes no more and makes no less. Where that is never
 * worse, the frame has an optimum of all:
 *   RADIAL, DIRECTIONAL, ADDITIVE, SBM   inputs are bounded from above, outputs from below, and no slack is worth less for being
 *                larger, so that an average is as good as what it matches. Fixed inputs are bounds too; limits trade what
 *                is left. An average of weight 1 keeps the sum of lambda, hence all returns.
 *   COST         the same: prices are above 0.
 *   CROSS        the rows of lambda are those of the radial program, in either sense; sums over all units are taken before.
 *   SUPER        a unit that is not in the frame is judged as in RADIAL. One that is leaves units behind it that come into
 *                sight when it is left out, as does a peer that is left out (outliers.h): these have to join.
 * Not with undesirable outputs: less of them is better, or has to be bought with outputs, so others are on that frontier. There each
 * program has all units in it, and where solver is DEA_SOLVER_GLPK, and where the frame would be more than a third of the units.
 * None of this is taken on trust: every answer is proved by pricing all units, and whoever would improve it joins (table.h).
 * Scores, states and efficiency are those of the program with all units in it. Where several projections or weights are
 * as good, one is taken, and beside others it may be another one: in SBM of both sides under constant returns a whole ray
 * of projections has the same score.
 */

#include <stdbool.h>
#include <stddef.h>

#include "analytics/dea/dea.h"
#include "base/status.h"

enum dea_model {
    DEA_MODEL_RADIAL,
    DEA_MODEL_SUPER,
    DEA_MODEL_SBM,
    DEA_MODEL_ADDITIVE,
    DEA_MODEL_DIRECTIONAL,
    DEA_MODEL_CROSS,
    DEA_MODEL_COST
};

enum dea_side { DEA_SIDE_OUTPUT, DEA_SIDE_INPUT, DEA_SIDE_BOTH };

#define DEA_LIMITS_MAX 40

struct dea_limit {
    bool is_output;
    size_t first, second; /* two different inputs, or outputs */
    double minimum;       /* >= 0; 0 is no limit */
    double maximum;       /* >= minimum, > 0; INFINITY is no limit */
};

/* All borrowed for the call. */
struct dea_model_options {
    enum dea_model model;
    enum dea_side side;         /* both: SBM, ADDITIVE (always), DIRECTIONAL; COST is input oriented, CROSS under CRS */
    enum dea_frontier frontier; /* not FDH */
    bool is_normalised;         /* ADDITIVE */
    bool is_aggressive;         /* CROSS */
    const bool *is_fixed;       /* m, or NULL */
    const bool *is_undesirable; /* s, or NULL; not all of them; SBM and DIRECTIONAL */
    const double *prices;       /* COST: finite, > 0; m, or n rows of m */
    bool has_own_prices;        /* each unit has its own */
    enum dea_slacks slacks;      /* RADIAL without limits: multi-stage or two-stage-normalised; the others: the latter */
    double rts_tolerance;        /* RADIAL; as in dea.h */
    enum dea_solver_kind solver; /* DEA_SOLVER_GLPK leaves our own simplex out */
    const struct dea_limit *limits;
    size_t limit_count;         /* at most DEA_LIMITS_MAX */
    size_t threads;             /* 1 to 64; the answer is the same, byte by byte, from any number */
    bool is_frameless;          /* for tests: every program has all units in it */
    bool (*is_cancelled)(void *);
    void (*progress)(void *, size_t done, size_t count); /* these as in dea.h */
    void *cancel_context;
};

/* Output side (DIRECTIONAL, SBM, ADDITIVE: both), VRS, two-stage-normalised, 1e-9, one thread, nothing else. */
void dea_model_options_init(struct dea_model_options *options, enum dea_model model);

enum dea_model_state {
    DEA_MODEL_SCORED,
    DEA_MODEL_NO_INPUTS,  /* as in dea.h; or none that could move */
    DEA_MODEL_NO_OUTPUTS,
    DEA_MODEL_INFEASIBLE, /* SUPER: proved that there is no score, by Farkas' lemma with every rounding error counted */
    /* Limits that let something be had from nothing, proved by the direction (both: analytics/lp/proof.h); or others need none of
     * what moves for as much, where inputs are fixed: the score would be 0. */
    DEA_MODEL_UNBOUNDED,
    DEA_MODEL_UNCERTIFIED
};

enum { DEA_MODEL_PARTS = 4 };

/*
 * RADIAL: the kind of returns, as in dea.h; nirste and ndrste are the score itself where their frontier is the chosen one. The label says
 * constant also where the proofs of crste and vrste leave more room than the tolerance.
 */
struct dea_model_returns {
    bool is_told; /* else NAN, and kind means nothing: other models, and where crste or vrste is missing */
    enum dea_rts kind;
    double nirste, ndrste;
    double margin; /* 1 - crste / vrste */
};

/*
 * One unit's answer, NAN and no peers where it is not scored. target = value + move - slack for inputs and undesirable outputs,
 * value + move + slack for outputs. CROSS has no slacks, moves, targets and peers; COST no slacks and moves.
 */
struct dea_model_unit {
    enum dea_model_state state;
    double score;
    /* RADIAL: crste, vrste, scale. COST: cost, the least cost, technical, allocative. CROSS: the unit's own CRS score, how far
     * that lies above the mean of what the others give it, as a share of the latter (maverick; Doyle, Green 1994). */
    double parts[DEA_MODEL_PARTS];
    struct dea_model_returns returns;
    enum dea_efficiency efficiency; /* where the result has_efficiency */
    double *slacks;  /* m + s: inputs, then outputs */
    double *moves;   /* m + s: by the score, before the slacks: RADIAL and SUPER (factor - 1) times the value, DIRECTIONAL beta g with its
                      * sign; 0 in SBM and ADDITIVE, where slacks are all there is */
    double *targets; /* m + s */
    struct dea_peer *peers;
    size_t peers_length;
    size_t peer_count;
    struct dea_certificate certificate; /* of its own programs, as in dea.h; CROSS: of those in which it is the judge */
};

struct dea_model_means {
    size_t count;
    double score;
    double parts[DEA_MODEL_PARTS];
    double slacks[DEA_INPUTS_MAX + DEA_OUTPUTS_MAX]; /* inputs, then outputs */
};

struct dea_model_result {
    size_t unit_count, input_count, output_count;
    bool has_efficiency; /* the model tells weak from strong efficiency: not CROSS, COST, nor SBM of one side */
    struct dea_model_unit *units;
    struct dea_model_means mean;         /* arithmetic, over the scored units; a part, or slacks, that one of them lacks are NAN */
    size_t rts_counts[3];                /* the units whose returns are told, by enum dea_rts */
    struct dea_model_means *group_means; /* group_count of them */
    size_t group_count;
    struct dea_certificate certificate;  /* shares, as lp.h measures them */
    double *numbers;
    struct dea_peer *peers;
};

/*
 * Scores every unit.
 * Out: *result, to be given to dea_model_result_free; untouched on failure.
 * Returns as dea_solve does, STATUS_INVALID also for options outside their range or that do not go together.
 * Threads: as dea_solve.
 */
NODISCARD enum status dea_model_solve(const struct dea_problem *problem, const struct dea_model_options *options,
                                      struct dea_model_result **result);

void dea_model_result_free(struct dea_model_result *result);

#endif
