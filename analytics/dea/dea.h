#ifndef ANALYTICS_DEA_DEA_H
#define ANALYTICS_DEA_DEA_H

/*
 * Data envelopment analysis: how efficiently each of n units turns m inputs into s outputs, judged against the
 * best of the same units. Pure: no I/O, no clock, no globals of ours; the answer depends on the arguments alone. No
 * byte of it depends on the order in which the units are given, means and what could not be proved included: programs have the
 * units in the order of their figures. Of units with the same figures the first is the one that is named as a peer.
 *
 * Sources.
 *   Charnes, Cooper, Rhodes, Eur. J. Oper. Res. 2 (1978) 429: constant returns to scale (CRS, "CCR").
 *   Banker, Charnes, Cooper, Management Science 30 (1984) 1078: variable returns to scale (VRS, "BCC").
 *   Fare, Grosskopf, Lovell, "Production Frontiers" (1994): non-increasing (NIRS) and non-decreasing (NDRS) returns, the
 *   kind of returns.
 *   Deprins, Simar, Tulkens, in "The Performance of Public Enterprises" (1984): free disposal hull (FDH, fdh.h).
 *   Ali, Seiford, in "The Measurement of Productive Efficiency" (1993): slacks in two stages.
 *   Ali, Eur. J. Oper. Res. 64 (1993) 61; Dula, INFORMS J. Computing 23 (2011) 284: the frontier first (frame.h).
 *   Coelli, Oper. Res. Letters 23 (1998) 143: slacks in several stages, and the program DEAP 2.1.
 *
 * Programs, X and Y being the columns of all reference units, o the unit that is judged, lambda >= 0:
 *   output orientation   max phi    with X lambda <= x_o,        Y lambda >= phi y_o     score = 1 / phi
 *   input orientation    min theta  with X lambda <= theta x_o,  Y lambda >= y_o         score = theta
 * CRS asks nothing else; VRS adds sum(lambda) = 1, NIRS sum(lambda) <= 1, NDRS sum(lambda) >= 1; FDH takes one lambda of 1.
 * All scores lie in (0, 1].
 *
 * What a score is worth. It is enclosed between what one lambda reaches and what one set of weights allows, both
 * computed from the data and as shares of what the judged unit itself has (bounds.h): a score that is given is
 * right to 1e-9 of itself, be it 1 or 1e-12, also among units ten orders of magnitude larger. Where the two bounds
 * do not meet there is no score. Under VRS this holds for data of which a unit's own may differ from those given by
 * 1e-13: whoever lies that close to a vertical piece of the frontier cannot be told from lying on it. Under CRS both
 * orientations are one program and give the same score.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

/* Time grows with the square of the units and with the columns. Random data, multi-stage slacks, seconds of one core
 * (bench/RESULTS.md): 2,000 units of 5 columns 0.14, 5,000 of 5 0.5, 20,000 of 5 3.8; 1,000 of 40 about 5, 2,000 of 40
 * about 13. By GLPK alone 2,000 of 5 take 41 times that, 5,000 of 5 95 times. The other models (model.h) take 1.4 to 2.7
 * times the radial one's, leave-one-out (outliers.h) six times. No count bounds the time, and callers give up by is_cancelled. */
#define DEA_UNITS_MAX   20000
#define DEA_INPUTS_MAX  20    /* more columns than that leave nearly every unit efficient */
#define DEA_OUTPUTS_MAX 20

/*
 * A score this close to 1 counts as efficient. A certificate must hold to this: a score's as a share of the score,
 * others' as shares of the unit's targets or the columns' maxima (certificate.h).
 */
#define DEA_TOLERANCE 1e-9

enum dea_orientation {
    DEA_OUTPUT, /* how much more could be had from the same inputs */
    DEA_INPUT   /* how much less would do for the same outputs */
};

enum dea_frontier {
    DEA_VRS,
    DEA_CRS,
    DEA_NIRS,
    DEA_NDRS,
    DEA_FDH /* the method of slacks decides no more than whether there are any: all are those against one peer */
};

/* Which solver is asked first; the other way round there is none to fall back on. Answers are proved alike. */
enum dea_solver_kind {
    DEA_SOLVER_SIMPLEX, /* our own for programs of few rows, GLPK behind it */
    DEA_SOLVER_GLPK     /* GLPK alone, every program with all units in it */
};

/*
 * How slacks, what a unit could still spare or add after the radial movement, are found.
 *   DEA_SLACKS_MULTI_STAGE  Coelli 1998, as DEAP 2.1: all inputs that can shrink further do so together, in the
 *       same proportion, until one of them cannot; again with those that are left; then the outputs likewise. Does
 *       not depend on the units of measurement. An output of zero has no proportion: after the others, the sum of
 *       such slacks, each over its column's maximum, is maximised at once.
 *   DEA_SLACKS_TWO_STAGE  maximises the plain sum of all slacks in the units of the data, so it depends on them.
 *       Columns whose scale lies a million times below the largest are settled after it, among what it leaves open.
 *   DEA_SLACKS_TWO_STAGE_NORMALISED  the same with each slack over its column's arithmetic mean.
 *   DEA_SLACKS_ONE_STAGE  what the radial program happens to leave over; it may miss some.
 *   DEA_SLACKS_NONE  all zero; targets are the radial ones.
 * The last two still tell weak from strong efficiency by a program of its own.
 */
enum dea_slacks {
    DEA_SLACKS_MULTI_STAGE,
    DEA_SLACKS_TWO_STAGE,
    DEA_SLACKS_TWO_STAGE_NORMALISED,
    DEA_SLACKS_ONE_STAGE,
    DEA_SLACKS_NONE
};

/* The data. Borrowed for the call. Every value is finite and >= 0. */
struct dea_problem {
    size_t unit_count;     /* n, 1 to DEA_UNITS_MAX */
    size_t input_count;    /* m, 1 to DEA_INPUTS_MAX */
    size_t output_count;   /* s, 1 to DEA_OUTPUTS_MAX */
    const double *inputs;  /* n rows of m: unit u's input i is inputs[u * m + i] */
    const double *outputs; /* n rows of s */
    const size_t *groups;  /* NULL, or for each unit its group, below group_count */
    size_t group_count;    /* 0 when groups is NULL; at most n + 1000 */
};

struct dea_options {
    enum dea_orientation orientation;
    enum dea_slacks slacks;
    enum dea_frontier frontier;      /* whose slacks, targets, peers and efficiency are wanted */
    enum dea_solver_kind solver;
    size_t threads;                  /* 1 to 64; the answer is the same, byte by byte, from any number */
    bool is_frameless;               /* judges every unit beside all others, however many (frame.h); for tests */
    bool wants_weights;              /* not of FDH */
    double rts_tolerance;            /* 1 - crste / vrste up to this is constant returns; in [0, 1) */
    bool (*is_cancelled)(void *);    /* NULL, or asked before each unit and while one takes long, on the
                                      * calling thread; true ends the work */
    void (*progress)(void *, size_t done, size_t count); /* NULL, or told now and then how many units are done, on the
                                                          * calling thread */
    void *cancel_context;            /* handed to both */
};

/* Sets the defaults: output orientation, multi-stage slacks, VRS, 1e-9, never cancelled. */
void dea_options_init(struct dea_options *options);

enum dea_unit_state {
    DEA_UNIT_SCORED,
    /* All inputs are zero (or vanish beside their column's maximum: below 2^-1000 of it). Something from nothing has
     * no finite score and would leave no unit a CRS score; the unit is not scored and not in the reference set. */
    DEA_UNIT_NO_INPUTS,
    /* All outputs are zero: phi is unbounded, theta under CRS is 0. Not scored; stays in the reference set, where it
     * may bound the inputs of a small unit under VRS. */
    DEA_UNIT_NO_OUTPUTS,
    /* No solver produced an answer for this unit whose certificate holds: there is no number. */
    DEA_UNIT_UNCERTIFIED
};

enum dea_rts { DEA_RTS_IRS, DEA_RTS_CRS, DEA_RTS_DRS }; /* increasing, constant, decreasing */

enum dea_efficiency {
    DEA_EFFICIENT_NO,    /* the score of the chosen frontier is below 1 by more than DEA_TOLERANCE */
    DEA_EFFICIENT_WEAK,  /* the score is 1 but a slack remains, or is below 1 by no more than DEA_TOLERANCE and more than rounding */
    DEA_EFFICIENT_STRONG /* the score is 1 and no slack exists (Pareto-Koopmans) */
};

struct dea_peer {
    size_t unit;
    double lambda; /* > 0 */
};

/*
 * What was proved. Each program that led to a number was checked against the data (scaled by powers of two, which
 * changes no digit), independent of the solver's own bookkeeping: scores by bounds.h, slacks by
 * certificate.h. These are the largest violations among the accepted answers, each <= 1e-9. For scores,
 * duality_gap is a share of the score. Each unit has a certificate of its own programs, those of both frontiers and of its slacks
 * (uncertified_count is 0 there: the unit's state says so); that of a result is the worst and the sum of its units'.
 */
struct dea_certificate {
    double primal_infeasibility_max;
    double dual_infeasibility_max;
    double duality_gap_max;
    size_t program_count;     /* programs answered */
    size_t retry_count;       /* attempts whose certificate failed and that were solved anew, other settings */
    size_t uncertified_count; /* units in the state DEA_UNIT_UNCERTIFIED */
};

/*
 * One unit's answer. The arrays have m (inputs) or s (outputs) elements, in the units of the data.
 *   1. crste <= nirste, ndrste <= vrste, all in (0, 1]; scale = crste / vrste. score is that of the chosen frontier; that of
 *      FDH is at least vrste.
 *   2. target = value + radial - slack for inputs, value + radial + slack for outputs; slacks are >= 0; radial is <= 0
 *      for inputs and >= 0 for outputs, and zero in the orientation that does not move them. A slack below 1e-10 of
 *      the radial target is written as zero; below 1e-10 of the column's maximum by the two-stage methods, where the
 *      target is zero, and where slacks could be proved to no better.
 *   3. The peers' X lambda and Y lambda equal the targets, unless DEA_SLACKS_NONE left slacks out. A strongly
 *      efficient unit has exactly itself, with lambda 1. Peers are ascending by unit; lambdas need not be unique.
 *   4. peer_count counts the other units that name this one as a peer.
 * rts: constant where rts_margin <= rts_tolerance; else the side of 1 on which sum(lambda) lies at the CRS optimum:
 * below, increasing; above, decreasing. By convexity this is the rule "decreasing where the NIRS score equals the
 * VRS score": where crste < vrste, a CRS optimum with sum below 1 is feasible for NIRS, so nirste = crste; with sum
 * above 1 the segment from it to any NIRS optimum crosses sum = 1, so nirste = vrste. nirste is set so, and ndrste by
 * the mirror image of it. The kind of returns depends on the orientation.
 * A unit that is not DEA_UNIT_SCORED has NAN in every double and no peers; rts and efficiency mean nothing then.
 */
struct dea_unit {
    enum dea_unit_state state;
    double crste, vrste, scale, nirste, ndrste, score;
    enum dea_rts rts;
    double rts_margin;     /* 1 - crste / vrste */
    double crs_lambda_sum; /* sum(lambda) at the CRS optimum found */
    enum dea_efficiency efficiency;
    double *input_slacks, *input_radial, *input_targets;
    double *output_slacks, *output_radial, *output_targets;
    double *input_weights, *output_weights; /* v, u and w of the chosen frontier (weights.h), where options want them; else NAN */
    double free_term;
    struct dea_peer *peers;
    size_t peers_length;
    size_t peer_count;
    struct dea_certificate certificate; /* of what was accepted on the way, also where there is no score */
};

/* Arithmetic means, as in DEAP, over the scored units alone; NAN where count is 0. */
struct dea_means {
    size_t count;
    double crste, vrste, scale;
    double slacks[DEA_INPUTS_MAX + DEA_OUTPUTS_MAX]; /* of the inputs, then of the outputs, those by the options' frontier */
};

struct dea_result {
    size_t unit_count, input_count, output_count;
    struct dea_unit *units;
    struct dea_means mean;
    struct dea_means *group_means; /* group_count of them */
    size_t group_count;
    size_t rts_counts[3];          /* scored units by enum dea_rts */
    struct dea_certificate certificate;
    double *numbers;               /* storage behind the units' arrays */
    struct dea_peer *peers;        /* storage behind the units' peers */
};

enum dea_fault_kind {
    DEA_FAULT_SHAPE,      /* a count is 0 or above its limit, or an array is NULL */
    DEA_FAULT_NOT_FINITE, /* NaN or an infinity */
    DEA_FAULT_NEGATIVE,
    DEA_FAULT_GROUP       /* a unit's group is not below group_count */
};

/* Where the data are wrong. unit and column mean something for the values only, unit for the group too. */
struct dea_fault {
    enum dea_fault_kind kind;
    size_t unit;
    size_t column;  /* among the inputs, or the outputs if is_output */
    bool is_output;
};

/*
 * Checks the data at the door: solvers take NaN and call it optimal. Values outside the limits above and the first
 * faulty unit give STATUS_INVALID and, if fault is not NULL, say where. A column of zeros is allowed: it says
 * nothing and changes nothing, its slacks are 0.
 */
NODISCARD enum status dea_problem_check(const struct dea_problem *problem, struct dea_fault *fault);

/*
 * Scores every unit.
 * Out: *result, to be given to dea_result_free; untouched on failure.
 * Returns STATUS_OK, also when single units could not be scored (see their state); STATUS_INVALID when
 * dea_problem_check refuses or an option is outside its range; STATUS_BUSY when is_cancelled said so;
 * STATUS_EXHAUSTED when memory is short.
 * Threads: any number at once, each of which may ask for more (options->threads: those are started and ended here, and
 * where the system gives fewer, fewer do the work); each uses GLPK's environment of its own thread, and should call
 * dea_thread_end before it ends. A GLPK failure clears that environment: no other glp_prob of the same thread may be alive.
 */
NODISCARD enum status dea_solve(const struct dea_problem *problem, const struct dea_options *options,
                                struct dea_result **result);

/* Frees a result; NULL is nothing. */
void dea_result_free(struct dea_result *result);

/* Frees what GLPK keeps for the calling thread. Harmless without need; the next dea_solve starts afresh. */
void dea_thread_end(void);

#endif
