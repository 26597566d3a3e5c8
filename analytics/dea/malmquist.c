/*
 * Each period is a reference set of its own (work.c). A step needs two of them: every unit is scored against both, once
 * among its own period's units and once as an outsider of the other's (radial.c), by whichever thread comes to it. One solver
 * serves all that a thread does, since a failure of GLPK's takes every problem of the thread with it.
 */
#include "analytics/dea/malmquist.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analytics/dea/crew.h"
#include "analytics/dea/frame_find.h"
#include "analytics/dea/program.h"
#include "analytics/dea/radial.h"
#include "analytics/dea/work.h"
#include "base/parallel.h"

#define GROUPS_SPARE 1000
#define NOWHERE ((size_t) -1)

/* So many units in a row are one thread's. */
#define UNITS_AT_ONCE 8

/* One period's units, and their scores among themselves. */
struct period {
    struct dea_work work; /* shared with the threads; its own solver solves nothing */
    bool is_open;
    size_t count;         /* units that are there */
    size_t *place;        /* of each unit of the panel among them, or NOWHERE */
    double *inputs, *outputs;
    double *crs, *vrs;    /* by unit of the panel; NAN where there is no score */
};

struct run {
    struct dea_crew crew;
    const struct dea_panel *panel;
    const struct dea_panel_options *options;
    struct dea_changes *changes;
    struct period periods[2]; /* of even and odd numbers */
    size_t number;            /* of the period that is scored, and compared with the one before */
};

/* One thread's: the period and the one before. */
struct side {
    const struct period *period;
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

static bool shape_is_valid(const struct dea_panel *panel)
{
    return panel->period_count >= 2 && panel->period_count <= DEA_PERIODS_MAX && panel->unit_count >= 1 &&
           panel->unit_count <= DEA_UNITS_MAX && panel->input_count >= 1 && panel->input_count <= DEA_INPUTS_MAX &&
           panel->output_count >= 1 && panel->output_count <= DEA_OUTPUTS_MAX && panel->inputs != NULL &&
           panel->outputs != NULL && (panel->groups != NULL || panel->group_count == 0) &&
           panel->group_count <= panel->unit_count + GROUPS_SPARE;
}

static bool is_missing(const struct dea_panel *panel, size_t period, size_t unit)
{
    return panel->is_missing != NULL && panel->is_missing[period * panel->unit_count + unit];
}

static enum status values_check(const double *values, size_t row, size_t count, bool is_output, struct dea_fault *fault)
{
    for (size_t i = 0; i < count; i++) {
        const double value = values[row * count + i];
        if (isfinite(value) && value >= 0) {
            continue;
        }
        if (fault != NULL) {
            *fault = (struct dea_fault){.kind = isfinite(value) ? DEA_FAULT_NEGATIVE : DEA_FAULT_NOT_FINITE,
                                        .unit = row, .column = i, .is_output = is_output};
        }
        return STATUS_INVALID;
    }
    return STATUS_OK;
}

enum status dea_panel_check(const struct dea_panel *panel, struct dea_fault *fault)
{
    if (!shape_is_valid(panel)) {
        if (fault != NULL) {
            *fault = (struct dea_fault){.kind = DEA_FAULT_SHAPE};
        }
        return STATUS_INVALID;
    }
    for (size_t u = 0; panel->groups != NULL && u < panel->unit_count; u++) {
        if (panel->groups[u] >= panel->group_count) {
            if (fault != NULL) {
                *fault = (struct dea_fault){.kind = DEA_FAULT_GROUP, .unit = u};
            }
            return STATUS_INVALID;
        }
    }
    for (size_t row = 0; row < panel->period_count * panel->unit_count; row++) {
        if (panel->is_missing != NULL && panel->is_missing[row]) {
            continue;
        }
        if (values_check(panel->inputs, row, panel->input_count, false, fault) != STATUS_OK ||
            values_check(panel->outputs, row, panel->output_count, true, fault) != STATUS_OK) {
            return STATUS_INVALID;
        }
    }
    return STATUS_OK;
}

static enum status period_allocate(struct period *period, const struct dea_panel *panel)
{
    const size_t n = panel->unit_count;
    period->place = calloc(n, sizeof *period->place);
    period->inputs = calloc(n * panel->input_count, sizeof *period->inputs);
    period->outputs = calloc(n * panel->output_count, sizeof *period->outputs);
    period->crs = calloc(n, sizeof *period->crs);
    period->vrs = calloc(n, sizeof *period->vrs);
    return period->place == NULL || period->inputs == NULL || period->outputs == NULL || period->crs == NULL ||
                   period->vrs == NULL
               ? STATUS_EXHAUSTED
               : STATUS_OK;
}

static void period_close(struct period *period)
{
    if (period->is_open) {
        dea_work_fini(&period->work);
        period->is_open = false;
    }
}

static void period_free(struct period *period)
{
    period_close(period);
    free(period->vrs);
    free(period->crs);
    free(period->outputs);
    free(period->inputs);
    free(period->place);
}

static bool has_frame(const struct run *run, size_t columns)
{
    return !run->options->is_frameless && run->options->solver != DEA_SOLVER_GLPK && columns > DEA_FRAME_COLUMNS_MIN;
}

/* Gathers the units that are there, lays them out and looks for the frame of many. */
static enum status period_open(struct run *run, struct period *period, size_t number)
{
    const struct dea_panel *panel = run->panel;
    const size_t m = panel->input_count;
    const size_t s = panel->output_count;
    period->count = 0;
    for (size_t u = 0; u < panel->unit_count; u++) {
        const size_t row = number * panel->unit_count + u;
        period->crs[u] = NAN;
        period->vrs[u] = NAN;
        period->place[u] = NOWHERE;
        if (!is_missing(panel, number, u)) {
            memcpy(period->inputs + period->count * m, panel->inputs + row * m, m * sizeof *period->inputs);
            memcpy(period->outputs + period->count * s, panel->outputs + row * s, s * sizeof *period->outputs);
            period->place[u] = period->count++;
        }
    }
    if (period->count == 0) {
        return STATUS_OK;
    }
    const struct dea_problem problem = {.unit_count = period->count, .input_count = m, .output_count = s,
                                        .inputs = period->inputs, .outputs = period->outputs};
    const enum status status = dea_work_init(&period->work, &problem, run->options->orientation);
    if (status != STATUS_OK) {
        return status;
    }
    period->is_open = true;
    return has_frame(run, period->work.columns) ? dea_frame_find(&period->work.frame, &period->work, &run->crew) : STATUS_OK;
}

/* Scores a unit among those of its own period. The scores are the unit's own place, which no other thread looks at. */
static enum status unit_score(struct hand *hand, size_t u)
{
    struct dea_radial crs;
    struct dea_radial vrs;
    const struct period *period = hand->to.period;
    const size_t place = period->place[u];
    if (place == NOWHERE || period->work.states[place] != DEA_UNIT_SCORED) {
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
static enum status outsider_score(struct hand *hand, struct side *reference, const struct period *judged, size_t unit,
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
static enum dea_change_state state_find(const struct period *from, const struct period *to, size_t unit)
{
    if (from->place[unit] == NOWHERE || to->place[unit] == NOWHERE) {
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

static enum status change_find(struct hand *hand, size_t unit, struct dea_change *change)
{
    const struct period *from = hand->from.period;
    const struct period *to = hand->to.period;
    *change = (struct dea_change){state_find(from, to, unit), NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    change->from_by_from = from->crs[unit];
    change->to_by_to = to->crs[unit];
    change->vrs_from = from->vrs[unit];
    change->vrs_to = to->vrs[unit];
    if (change->state != DEA_CHANGE_DEFINED) {
        return STATUS_OK;
    }
    const enum status late = outsider_score(hand, &hand->from, to, unit, &change->to_by_from);
    const enum status early = late == STATUS_BUSY ? late : outsider_score(hand, &hand->to, from, unit, &change->from_by_to);
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
static enum status side_open(struct side *side, const struct period *period, struct dea_solver *solver)
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
    if (hand->solver != NULL) {
        hand->certificate = dea_solver_certificate(hand->solver);
    }
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
    if (status != STATUS_OK || run->number == 0) {
        return status;
    }
    if (dea_crew_is_stopped(&hand->run->crew)) {
        return STATUS_BUSY;
    }
    return change_find(hand, u, &run->changes->changes[(run->number - 1) * run->panel->unit_count + u]);
}

/* What the crew will be told of: all units in all periods, and while the frames are looked for those with inputs. */
static size_t due_find(const struct run *run)
{
    const struct dea_panel *panel = run->panel;
    size_t due = panel->period_count * panel->unit_count;
    for (size_t p = 0; p < panel->period_count; p++) {
        size_t columns = 0;
        for (size_t row = p * panel->unit_count; row < (p + 1) * panel->unit_count; row++) {
            bool has_inputs = false;
            for (size_t i = 0; i < panel->input_count && !is_missing(panel, p, row - p * panel->unit_count); i++) {
                has_inputs = has_inputs || panel->inputs[row * panel->input_count + i] > 0;
            }
            columns += has_inputs;
        }
        due += has_frame(run, columns) ? columns : 0;
    }
    return due;
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
        struct period *period = &run->periods[run->number % 2];
        period_close(period);
        status = period_open(run, period, run->number);
        if (status == STATUS_OK) {
            status = dea_crew_run(&run->crew, &units);
        }
    }
    return status;
}

/* While counted the means hold sums of logarithms. */
static void means_add(struct dea_change_means *means, const struct dea_change *change)
{
    means->count++;
    means->effch += log(change->effch);
    means->techch += log(change->techch);
    means->pech += log(change->pech);
    means->sech += log(change->sech);
    means->tfpch += log(change->tfpch);
}

static void means_finish(struct dea_change_means *means, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const double divisor = (double) means[i].count; /* 0 / 0 is NAN, which is what is wanted */
        means[i].effch = exp(means[i].effch / divisor);
        means[i].techch = exp(means[i].techch / divisor);
        means[i].pech = exp(means[i].pech / divisor);
        means[i].sech = exp(means[i].sech / divisor);
        means[i].tfpch = exp(means[i].tfpch / divisor);
    }
}

static void summarise(struct dea_changes *changes, const struct dea_panel *panel)
{
    const size_t n = changes->unit_count;
    for (size_t i = 0; i < changes->step_count * n; i++) {
        const struct dea_change *change = &changes->changes[i];
        changes->certificate.uncertified_count += change->state == DEA_CHANGE_UNCERTIFIED;
        if (change->state != DEA_CHANGE_DEFINED) {
            continue;
        }
        means_add(&changes->mean, change);
        means_add(&changes->step_means[i / n], change);
        means_add(&changes->unit_means[i % n], change);
        if (panel->groups != NULL) {
            means_add(&changes->group_means[panel->groups[i % n]], change);
            means_add(&changes->step_group_means[i / n * panel->group_count + panel->groups[i % n]], change);
        }
    }
    means_finish(&changes->mean, 1);
    means_finish(changes->step_means, changes->step_count);
    means_finish(changes->unit_means, n);
    means_finish(changes->group_means, changes->group_count);
    means_finish(changes->step_group_means, changes->step_count * changes->group_count);
}

static struct dea_changes *changes_create(const struct dea_panel *panel)
{
    struct dea_changes *changes = calloc(1, sizeof *changes);
    if (changes == NULL) {
        return NULL;
    }
    changes->step_count = panel->period_count - 1;
    changes->unit_count = panel->unit_count;
    changes->group_count = panel->group_count;
    changes->changes = calloc(changes->step_count * changes->unit_count, sizeof *changes->changes);
    changes->step_means = calloc(changes->step_count, sizeof *changes->step_means);
    changes->unit_means = calloc(changes->unit_count, sizeof *changes->unit_means);
    changes->group_means = calloc(changes->group_count + 1, sizeof *changes->group_means);
    changes->step_group_means = calloc(changes->step_count * changes->group_count + 1, sizeof *changes->step_group_means);
    if (changes->changes == NULL || changes->step_means == NULL || changes->unit_means == NULL ||
        changes->group_means == NULL || changes->step_group_means == NULL) {
        dea_changes_free(changes);
        return NULL;
    }
    return changes;
}

void dea_changes_free(struct dea_changes *changes)
{
    if (changes != NULL) {
        free(changes->step_group_means);
        free(changes->group_means);
        free(changes->unit_means);
        free(changes->step_means);
        free(changes->changes);
        free(changes);
    }
}

/* From the threads to the means; run->changes is made. */
static enum status run_all(struct run *run)
{
    const size_t threads = run->options->threads > 0 ? run->options->threads : 1;
    enum status status = dea_crew_open(&run->crew, threads, run->panel->unit_count);
    if (status != STATUS_OK) {
        return status;
    }
    run->crew.due = due_find(run);
    status = period_allocate(&run->periods[0], run->panel);
    if (status == STATUS_OK) {
        status = period_allocate(&run->periods[1], run->panel);
    }
    if (status == STATUS_OK) {
        status = steps_solve(run);
    }
    period_free(&run->periods[0]);
    period_free(&run->periods[1]);
    dea_crew_close(&run->crew);
    if (status == STATUS_OK) {
        summarise(run->changes, run->panel);
    }
    return status;
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
                      .changes = changes_create(panel)};
    const enum status status = run.changes == NULL ? STATUS_EXHAUSTED : run_all(&run);
    if (status == STATUS_OK) {
        *changes = run.changes;
    } else {
        dea_changes_free(run.changes);
    }
    return status;
}
