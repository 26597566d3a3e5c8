#ifndef ANALYTICS_DEA_MALMQUIST_H
#define ANALYTICS_DEA_MALMQUIST_H

/*
 * Malmquist's index of total factor productivity change between neighbouring periods of a panel, and what it consists
 * of. Pure, like dea.h, whose programs, tolerances and proofs it shares.
 *
 * Sources.
 *   Fare, Grosskopf, Norris, Zhang, American Economic Review 84 (1994) 66: the index and its parts.
 *   Coelli, "A Guide to DEAP Version 2.1" (CEPA working paper 96/08), section 2.6 and example 4: the names, and what is
 *   printed.
 *
 * D_f(g) is the score (theta, or 1 / phi: dea.h) of the unit's figures of period g against all units of period f, constant
 * returns; V_f(f) that with variable returns. Where f and g differ, the judged figures are not in the reference set, and
 * the score may exceed 1. Constant returns let every such program be solved, but for one reason (DEA_CHANGE_INFEASIBLE).
 *   effch  = D_to(to) / D_from(from)                                  catching up with the frontier
 *   techch = sqrt(D_from(to) / D_to(to) * D_from(from) / D_to(from))  the frontier's own move
 *   pech   = V_to(to) / V_from(from)                                  the same as effch under variable returns
 *   sech   = effch / pech                                             change of scale efficiency
 *   tfpch  = effch * techch
 * The frame (frame.h) of a period's many units has all that any figures can be measured by, its own or another period's, be
 * they better than all of them: each program has the frame of the reference period alone, and is proved by pricing all of that
 * period's units.
 * Above 1 is progress, in both orientations. Under constant returns both orientations have the same scores, so only pech
 * and sech depend on it. Some programs print the reciprocal in output orientation, since they divide phi by phi.
 */

#include <stdbool.h>
#include <stddef.h>

#include "analytics/dea/dea.h"
#include "base/status.h"

#define DEA_PERIODS_MAX 200

/* The data. Borrowed for the call. Every value of a unit that is there is finite and >= 0. */
struct dea_panel {
    size_t period_count;    /* 2 to DEA_PERIODS_MAX */
    size_t unit_count;      /* 1 to DEA_UNITS_MAX, the same in every period */
    size_t input_count;     /* 1 to DEA_INPUTS_MAX */
    size_t output_count;    /* 1 to DEA_OUTPUTS_MAX */
    const double *inputs;   /* period after period, in each n rows of m: inputs[(period * n + unit) * m + i] */
    const double *outputs;
    const bool *is_missing; /* NULL, or for [period * n + unit]: there are no figures; the values are not looked at */
    const size_t *groups;   /* NULL, or for each unit its group, below group_count */
    size_t group_count;     /* 0 when groups is NULL; at most n + 1000 */
};

struct dea_panel_options {
    enum dea_orientation orientation;
    enum dea_solver_kind solver;
    size_t threads;                /* 0 and 1: the caller alone; up to 64, the answer being the same, byte by byte */
    bool is_frameless;             /* judges every unit beside all others, however many (frame.h); for tests */
    bool (*is_cancelled)(void *);  /* NULL, or asked before each unit and while one takes long; true ends the work */
    void (*progress)(void *, size_t done, size_t count); /* NULL, or told between units how much of the work is done; both on
                                                          * the calling thread */
    void *context;                 /* handed to both */
};

/* Ordered: the state of a change is the first that applies. */
enum dea_change_state {
    DEA_CHANGE_DEFINED,
    DEA_CHANGE_MISSING,    /* no figures in one of the two periods */
    DEA_CHANGE_NO_INPUTS,  /* all inputs are zero in one of the two (dea.h) */
    DEA_CHANGE_NO_OUTPUTS, /* all outputs are zero in one of the two: a score of 0 has no ratio */
    /* Against the other period there is no score: the unit makes something that nobody made then, or does without an input
     * that everybody needed who made it. tfpch has no number; effch, pech and sech do. */
    DEA_CHANGE_INFEASIBLE,
    DEA_CHANGE_UNCERTIFIED /* no solver's answer to one of the programs could be proved; what rests on it has no number */
};

/* One unit from one period to the next. What is undefined is NAN, never 0. */
struct dea_change {
    enum dea_change_state state;
    double effch, techch, pech, sech, tfpch;
    double from_by_from, to_by_from, from_by_to, to_by_to; /* constant returns; to_by_from: figures of to, frontier of from */
    double vrs_from, vrs_to;                                /* variable returns, each by its own period's frontier */
    /* Of the programs behind these six, as in dea.h. Those by a period's own frontier count for the steps before and after it. */
    struct dea_certificate certificate;
};

/* Geometric means over the changes that are DEA_CHANGE_DEFINED, so that tfpch = effch * techch holds for them too; NAN where
 * count is 0. */
struct dea_change_means {
    size_t count;
    double effch, techch, pech, sech, tfpch;
};

struct dea_changes {
    size_t step_count, unit_count, group_count; /* step s leads from period s to s + 1 */
    struct dea_change *changes;                 /* step after step: [step * unit_count + unit] */
    struct dea_change_means mean;               /* of all */
    struct dea_change_means *step_means;        /* by step */
    struct dea_change_means *unit_means;        /* by unit, over the steps */
    struct dea_change_means *group_means;       /* by group, over the steps */
    struct dea_change_means *step_group_means;  /* [step * group_count + group] */
    struct dea_certificate certificate;         /* of all programs; uncertified_count counts changes */
};

/* Checks shape and values of what is not missing. fault's unit is period * unit_count + unit. */
NODISCARD enum status dea_panel_check(const struct dea_panel *panel, struct dea_fault *fault);

/*
 * Out: *changes, to be given to dea_changes_free; untouched on failure.
 * Returns STATUS_OK, also when single changes are undefined; STATUS_INVALID when dea_panel_check refuses; STATUS_BUSY when
 * is_cancelled said so; STATUS_EXHAUSTED when memory is short.
 * Threads: as dea_solve.
 */
NODISCARD enum status dea_malmquist(const struct dea_panel *panel, const struct dea_panel_options *options,
                                    struct dea_changes **changes);

/* Frees; NULL is nothing. */
void dea_changes_free(struct dea_changes *changes);

#endif
