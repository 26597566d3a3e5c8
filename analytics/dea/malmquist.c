/*
 * Each period is a reference set of its own (work.c). A step needs two of them: every unit is scored against both, once
 * among its own period's units and once as an outsider of the other's (radial.c), by whichever thread comes to it. One solver
 * serves all that a thread does, since a failure of GLPK's takes every problem of the thread with it.
 */
#include "analytics/dea/malmquist.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analytics/dea/certificate.h"
#include "analytics/dea/crew.h"
#include "analytics/dea/malmquist_period.h"
#include "analytics/dea/malmquist_result.h"
#include "analytics/dea/program.h"
#include "analytics/dea/radial.h"
#include "analytics/dea/work.h"
#include "base/parallel.h"

/* So many units in a row are one thread's. */
#define UNITS_AT_ONCE 8

struct run {
    struct dea_crew crew;
    const struct dea_panel *panel;
    const struct dea_panel_options *options;
    struct dea_changes *changes;
    struct dea_period periods[2]; /* of even and odd numbers */
    size_t number;            /* of the period that is scored, and compared with the one before */
};

/* One thread's: the period and the one before. */
struct side {
    const struct dea_period *period;
    struct dea_work work;
};

struct hand {
    struct run *run;
    struct dea_solver *solver;
    struct side from, to;
    struct dea_program program;
    struct dea_solution solution;
    struct dea_certificate certificate;
};

/* Scores a unit among those of its own period. The scores are the unit's own place, which no other thread looks at. */
static enum status unit_score(struct hand *hand, size_t u)
{
    struct dea_radial crs;
    struct dea_radial vrs;
    const struct dea_period *period = hand->to.period;
    const size_t place = period->place[u];
    if (place == DEA_NOWHERE || period->work.states[place] != DEA_UNIT_SCORED) {
        return STATUS_OK;
    }
    enum status status = dea_radial_solve(&hand->to.work, place, DEA_CRS, &hand->program, &hand->solution, &crs);
    if (status == STATUS_OK) {
        status = dea_radial_solve(&hand->to.work, place, DEA_VRS, &hand->program, &hand->solution, &vrs);
    }
    if (status == STATUS_BUSY) {
        return status;
    }
    if (status == STATUS_OK) {
        period->vrs[u] = vrs.score;
        period->crs[u] = fmin(crs.score, vrs.score); /* as in dea.c */
    }
    return STATUS_OK;
}

/* The one that alone comes closest to making what the unit makes: a start that fills the rows, if any one unit does. */
static size_t nearest_find(const struct dea_work *work, const double *own)
{
    size_t nearest = 0;
    double best = INFINITY;
    for (size_t j = 0; j < work->columns; j++) {
        const double *column = work->matrix + j * work->rows;
        double used = 0;
        double made = INFINITY;
        for (size_t i = 0; i + 1 < work->rows; i++) {
            if (i < work->inputs) {
                used = fmax(used, column[i] > 0 ? column[i] / own[i] : 0);
            } else if (own[i] > 0) {
                made = fmin(made, column[i] / own[i]);
            }
        }
        if (used / made < best) {
            best = used / made;
            nearest = j;
        }
    }
    return nearest;
}

/* The score of a unit's figures of one period against the units of another. STATUS_ABSENT: there is none. */
static enum status outsider_score(struct hand *hand, struct side *reference, const struct dea_period *judged, size_t unit,
                                  double *score)
{
    const struct dea_panel *panel = hand->run->panel;
    double own[DEA_ROWS_MAX];
    struct dea_radial radial;
    const size_t place = judged->place[unit];
    *score = NAN;
    if (!dea_work_scale(&reference->work, judged->inputs + place * panel->input_count,
                        judged->outputs + place * panel->output_count, own)) {
        return STATUS_EXHAUSTED; /* beside the other period's largest it is too large or too small for a double */
    }
    const enum status status = dea_radial_solve_outside(&reference->work, own, nearest_find(&reference->work, own), DEA_CRS,
                                                        &hand->program, &hand->solution, &radial);
    if (status == STATUS_OK) {
        *score = radial.score;
    }
    return status;
}

/* What stands in the way before any program is asked. */
static enum dea_change_state state_find(const struct dea_period *from, const struct dea_period *to, size_t unit)
{
    if (from->place[unit] == DEA_NOWHERE || to->place[unit] == DEA_NOWHERE) {
        return DEA_CHANGE_MISSING;
    }
    const enum dea_unit_state first = from->work.states[from->place[unit]];
    const enum dea_unit_state second = to->work.states[to->place[unit]];
    if (first == DEA_UNIT_NO_INPUTS || second == DEA_UNIT_NO_INPUTS) {
        return DEA_CHANGE_NO_INPUTS;
    }
    return first == DEA_UNIT_NO_OUTPUTS || second == DEA_UNIT_NO_OUTPUTS ? DEA_CHANGE_NO_OUTPUTS : DEA_CHANGE_DEFINED;
}

/* The ratios of the scores; a NAN among them stays one. */
static void indices_write(struct dea_change *change)
{
    change->effch = change->to_by_to / change->from_by_from;
    change->pech = change->vrs_to / change->vrs_from;
    change->sech = change->effch / change->pech;
    /* Root by root: a product of scores may be too large or too small. */
    change->techch = sqrt(change->to_by_from / change->to_by_to) * sqrt(change->from_by_from / change->from_by_to);
    change->tfpch = change->effch * change->techch;
    if (!isnormal(change->effch) || !isnormal(change->pech) || !isnormal(change->sech)) {
        change->effch = change->pech = change->sech = NAN;
    }
    if (!isnormal(change->techch) || !isnormal(change->tfpch)) {
        change->techch = change->tfpch = NAN;
    }
}

/* What was proved since this was last asked. */
static struct dea_certificate certificate_take(struct hand *hand)
{
    const struct dea_certificate found = dea_solver_certificate(hand->solver);
    dea_certificate_add(&hand->certificate, &found);
    return found;
}

static enum status change_find(struct hand *hand, size_t unit, struct dea_change *change)
{
    const struct dea_period *from = hand->from.period;
    const struct dea_period *to = hand->to.period;
    *change = (struct dea_change){state_find(from, to, unit), NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, from->certificates[unit]};
    dea_certificate_add(&change->certificate, &to->certificates[unit]);
    change->from_by_from = from->crs[unit];
    change->to_by_to = to->crs[unit];
    change->vrs_from = from->vrs[unit];
    change->vrs_to = to->vrs[unit];
    if (change->state != DEA_CHANGE_DEFINED) {
        return STATUS_OK;
    }
    const enum status late = outsider_score(hand, &hand->from, to, unit, &change->to_by_from);
    const enum status early = late == STATUS_BUSY ? late : outsider_score(hand, &hand->to, from, unit, &change->from_by_to);
    const struct dea_certificate crossed = certificate_take(hand);
    dea_certificate_add(&change->certificate, &crossed);
    if (early == STATUS_BUSY) {
        return STATUS_BUSY;
    }
    indices_write(change);
    if (late == STATUS_ABSENT || early == STATUS_ABSENT) {
        change->state = DEA_CHANGE_INFEASIBLE;
    } else if (isnan(change->tfpch) || isnan(change->sech)) {
        change->state = DEA_CHANGE_UNCERTIFIED;
    }
    return STATUS_OK;
}

/* A work of the thread's own, solved by its one solver. */
static enum status side_open(struct side *side, const struct dea_period *period, struct dea_solver *solver)
{
    side->period = period;
    if (!period->is_open) {
        return STATUS_OK;
    }
    const enum status status = dea_work_share(&side->work, &period->work);
    if (status == STATUS_OK) {
        dea_solver_free(side->work.solver); /* not used yet, so GLPK knows nothing of it */
        side->work.solver = solver;
    }
    return status;
}

static void side_close(struct side *side)
{
    side->work.solver = NULL; /* the hand's */
    dea_work_share_fini(&side->work);
}

static enum status hand_begin(void *memory, void *context)
{
    struct hand *hand = memory;
    struct run *run = context;
    const size_t n = run->panel->unit_count;
    hand->run = run;
    hand->solution.lambda = calloc(n, sizeof *hand->solution.lambda);
    hand->solution.reduced = calloc(n, sizeof *hand->solution.reduced);
    hand->solver = dea_solver_create();
    if (hand->solver == NULL || hand->solution.lambda == NULL || hand->solution.reduced == NULL) {
        return STATUS_EXHAUSTED;
    }
    dea_solver_choose(hand->solver, run->options->solver);
    dea_solver_watch(hand->solver, run->options->is_cancelled != NULL ? dea_crew_is_stopped : NULL, &run->crew);
    const enum status status = side_open(&hand->to, &run->periods[run->number % 2], hand->solver);
    return status == STATUS_OK ? side_open(&hand->from, &run->periods[1 - run->number % 2], hand->solver) : status;
}

static void hand_end(void *memory)
{
    struct hand *hand = memory;
    side_close(&hand->from);
    side_close(&hand->to);
    dea_solver_free(hand->solver);
    free(hand->solution.reduced);
    free(hand->solution.lambda);
}

static void hand_gather(void *context, const void *memory)
{
    struct run *run = context;
    const struct hand *hand = memory;
    dea_certificate_add(&run->changes->certificate, &hand->certificate);
}

/* A unit's scores in the period, and how it got there. */
static enum status unit_solve(void *memory, size_t u)
{
    struct hand *hand = memory;
    const struct run *run = hand->run;
    const enum status status = unit_score(hand, u);
    hand->to.period->certificates[u] = certificate_take(hand);
    if (status != STATUS_OK || run->number == 0) {
        return status;
    }
    if (dea_crew_is_stopped(&hand->run->crew)) {
        return STATUS_BUSY;
    }
    return change_find(hand, u, &run->changes->changes[(run->number - 1) * run->panel->unit_count + u]);
}

static enum status steps_solve(struct run *run)
{
    const struct dea_crew_work units = {.count = run->panel->unit_count,
                                        .at_once = UNITS_AT_ONCE,
                                        .hand_size = sizeof(struct hand),
                                        .begin = hand_begin,
                                        .item = unit_solve,
                                        .end = hand_end,
                                        .gather = hand_gather,
                                        .context = run};
    enum status status = STATUS_OK;
    for (run->number = 0; run->number < run->panel->period_count && status == STATUS_OK; run->number++) {
        struct dea_period *period = &run->periods[run->number % 2];
        status = dea_period_open(period, run->panel, run->options, run->number, &run->crew);
        if (status == STATUS_OK) {
            status = dea_crew_run(&run->crew, &units);
        }
    }
    return status;
}

/* From the threads to the means; run->changes is made. */
static enum status run_all(struct run *run)
{
    const size_t threads = run->options->threads > 0 ? run->options->threads : 1;
    enum status status = dea_crew_open(&run->crew, threads, run->panel->unit_count);
    if (status != STATUS_OK) {
        return status;
    }
    run->crew.due = dea_periods_due(run->panel, run->options);
    status = dea_period_allocate(&run->periods[0], run->panel);
    if (status == STATUS_OK) {
        status = dea_period_allocate(&run->periods[1], run->panel);
    }
    if (status == STATUS_OK) {
        status = steps_solve(run);
    }
    dea_period_free(&run->periods[0]);
    dea_period_free(&run->periods[1]);
    dea_crew_close(&run->crew);
    return status == STATUS_OK ? dea_changes_summarise(run->changes, run->panel) : status;
}

enum status dea_malmquist(const struct dea_panel *panel, const struct dea_panel_options *options,
                          struct dea_changes **changes)
{
    if (dea_panel_check(panel, NULL) != STATUS_OK || (unsigned) options->orientation > DEA_INPUT ||
        (unsigned) options->solver > DEA_SOLVER_GLPK || options->threads > PARALLEL_THREADS_MAX) {
        return STATUS_INVALID;
    }
    struct run run = {.crew = {.is_cancelled = options->is_cancelled, .progress = options->progress, .context = options->context},
                      .panel = panel,
                      .options = options,
                      .changes = dea_changes_create(panel)};
    const enum status status = run.changes == NULL ? STATUS_EXHAUSTED : run_all(&run);
    if (status == STATUS_OK) {
        *changes = run.changes;
    } else {
        dea_changes_free(run.changes);
    }
    return status;
}
