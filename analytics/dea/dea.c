/*
 * Data envelopment analysis from the data to the answer: check, scale (work.c), and for each unit the radial
 * programs of both frontiers (radial.c), the slacks on the optimal face (slacks.c) and the answer
 * (result.c). Every program goes through program.c, which proves it. Read work.c next.
 */
#include "analytics/dea/dea.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analytics/dea/crew.h"
#include "analytics/dea/face.h"
#include "analytics/dea/fdh.h"
#include "analytics/dea/frame_find.h"
#include "analytics/dea/program.h"
#include "analytics/dea/radial.h"
#include "analytics/dea/result.h"
#include "analytics/dea/slacks.h"
#include "analytics/dea/weights.h"
#include "analytics/dea/work.h"
#include "analytics/lp/lp.h"
#include "base/parallel.h"

/* Groups are belts or the like; a few without members are no harm. */
#define GROUPS_SPARE 1000

/* So many units in a row are one thread's. */
#define UNITS_AT_ONCE 16

/* What one dea_solve holds beside the answer. */
struct dea_team {
    struct dea_crew crew;
    const struct dea_problem *problem;
    const struct dea_options *options;
    struct dea_work work;
    struct dea_result *result;
};

/* What one of its threads holds. */
struct dea_run {
    struct dea_team *team;
    const struct dea_problem *problem;
    const struct dea_options *options;
    struct dea_work work;
    struct dea_face face;
    struct dea_program program;
    struct dea_solution solution; /* of the wide programs */
};

void dea_options_init(struct dea_options *options)
{
    *options = (struct dea_options){
        .orientation = DEA_OUTPUT,
        .slacks = DEA_SLACKS_MULTI_STAGE,
        .frontier = DEA_VRS,
        .solver = DEA_SOLVER_SIMPLEX,
        .threads = 1,
        .rts_tolerance = DEA_TOLERANCE,
    };
}

static enum status fault_report(struct dea_fault *fault, struct dea_fault found)
{
    if (fault != NULL) {
        *fault = found;
    }
    return STATUS_INVALID;
}

static enum status values_check(const double *values, size_t unit, size_t count, bool is_output,
                                struct dea_fault *fault)
{
    for (size_t i = 0; i < count; i++) {
        const double value = values[unit * count + i];
        struct dea_fault found = {.kind = DEA_FAULT_NOT_FINITE, .unit = unit, .column = i, .is_output = is_output};
        if (!isfinite(value)) {
            return fault_report(fault, found);
        }
        if (value < 0) {
            found.kind = DEA_FAULT_NEGATIVE;
            return fault_report(fault, found);
        }
    }
    return STATUS_OK;
}

static bool shape_is_valid(const struct dea_problem *problem)
{
    return problem->unit_count >= 1 && problem->unit_count <= DEA_UNITS_MAX && problem->input_count >= 1 &&
           problem->input_count <= DEA_INPUTS_MAX && problem->output_count >= 1 &&
           problem->output_count <= DEA_OUTPUTS_MAX && problem->inputs != NULL && problem->outputs != NULL &&
           (problem->groups != NULL || problem->group_count == 0) &&
           problem->group_count <= problem->unit_count + GROUPS_SPARE;
}

enum status dea_problem_check(const struct dea_problem *problem, struct dea_fault *fault)
{
    if (!shape_is_valid(problem)) {
        return fault_report(fault, (struct dea_fault){.kind = DEA_FAULT_SHAPE});
    }
    for (size_t u = 0; u < problem->unit_count; u++) {
        enum status status = values_check(problem->inputs, u, problem->input_count, false, fault);
        if (status == STATUS_OK) {
            status = values_check(problem->outputs, u, problem->output_count, true, fault);
        }
        if (status != STATUS_OK) {
            return status;
        }
        if (problem->groups != NULL && problem->groups[u] >= problem->group_count) {
            return fault_report(fault, (struct dea_fault){.kind = DEA_FAULT_GROUP, .unit = u});
        }
    }
    return STATUS_OK;
}

/* The casts keep the comparison meaningful when an enum's type is unsigned. */
static bool options_are_valid(const struct dea_options *options)
{
    return (unsigned) options->orientation <= DEA_INPUT && (unsigned) options->slacks <= DEA_SLACKS_NONE &&
           (unsigned) options->frontier <= DEA_FDH && (unsigned) options->solver <= DEA_SOLVER_GLPK &&
           options->threads >= 1 && options->threads <= PARALLEL_THREADS_MAX && options->rts_tolerance >= 0 &&
           options->rts_tolerance < 1;
}

static void scores_write(struct dea_unit *unit, const struct dea_radial *crs, const struct dea_radial *vrs,
                         double tolerance)
{
    unit->vrste = vrs->score;
    /* CRS allows all that VRS allows; what lies above is rounding. */
    unit->crste = fmin(crs->score, vrs->score);
    unit->scale = unit->crste / unit->vrste;
    unit->rts_margin = 1 - unit->scale;
    unit->crs_lambda_sum = crs->lambda_sum;
    if (unit->rts_margin <= tolerance) {
        unit->rts = DEA_RTS_CRS;
    } else {
        unit->rts = crs->lambda_sum < 1 ? DEA_RTS_IRS : DEA_RTS_DRS;
    }
    const bool is_apart = unit->rts_margin > DEA_TOLERANCE; /* the caller's tolerance is for the label alone */
    unit->nirste = is_apart && crs->lambda_sum > 1 ? unit->vrste : unit->crste;
    unit->ndrste = is_apart && crs->lambda_sum < 1 ? unit->vrste : unit->crste;
}

static double score_of(const struct dea_unit *unit, enum dea_frontier frontier)
{
    switch (frontier) {
    case DEA_VRS:
        return unit->vrste;
    case DEA_CRS:
        return unit->crste;
    case DEA_NIRS:
        return unit->nirste;
    case DEA_NDRS:
        return unit->ndrste;
    case DEA_FDH:
        return unit->score;
    }
    return NAN;
}

/* The two frontiers of a unit, and the one whose face run->program and run->solution describe. */
struct dea_pair {
    struct dea_radial crs, vrs;
    const struct dea_radial *chosen;
};

static enum status radial_choose(struct dea_run *run, size_t index, enum dea_frontier frontier, struct dea_pair *pair)
{
    struct dea_radial *radial = frontier == DEA_VRS ? &pair->vrs : &pair->crs;
    pair->chosen = radial;
    return dea_radial_solve(&run->work, index, frontier, &run->program, &run->solution, radial);
}

/*
 * Solves both frontiers, the chosen one last. The optima of NIRS (NDRS) are those of VRS for a unit whose CRS optimum has
 * sum(lambda) above (below) 1, and for any other those of CRS that keep to the limit on the sum.
 */
static enum status pair_solve(struct dea_run *run, size_t index, struct dea_pair *pair)
{
    const enum dea_frontier frontier = run->options->frontier;
    const bool is_limited = frontier == DEA_NIRS || frontier == DEA_NDRS;
    enum status status = radial_choose(run, index, frontier == DEA_VRS ? DEA_CRS : DEA_VRS, pair);
    if (status == STATUS_OK) {
        status = radial_choose(run, index, frontier == DEA_VRS ? DEA_VRS : DEA_CRS, pair);
    }
    if (status != STATUS_OK || !is_limited) {
        return status;
    }
    const bool is_inside = frontier == DEA_NIRS ? pair->crs.lambda_sum <= 1 : pair->crs.lambda_sum >= 1;
    const bool is_apart = 1 - pair->crs.score / pair->vrs.score > DEA_TOLERANCE;
    const bool is_point = run->options->slacks == DEA_SLACKS_ONE_STAGE || run->options->slacks == DEA_SLACKS_NONE;
    if (!is_inside && (is_apart || is_point)) { /* the latter two take the very point that was found */
        return radial_choose(run, index, DEA_VRS, pair);
    }
    run->program.relation[run->work.rows - 1] = frontier == DEA_NIRS ? LP_ROW_AT_MOST : LP_ROW_AT_LEAST;
    run->program.bound[run->work.rows - 1] = 1;
    return STATUS_OK;
}

static enum status slacks_solve_in(struct dea_run *run, size_t index, const struct dea_radial *radial,
                                   bool is_own_scale, struct dea_projection *projection)
{
    const enum status status =
        dea_face_take(&run->face, &run->work, index, radial, is_own_scale, &run->program, &run->solution);
    return status == STATUS_OK ? dea_slacks_find(&run->work, &run->face, run->options->slacks, projection) : status;
}

/*
 * Looks for slacks in shares of the unit's own targets; where those cannot be proved, and for the methods that weigh
 * columns against each other, in shares of the columns' maxima.
 */
static enum status slacks_solve(struct dea_run *run, size_t index, const struct dea_radial *radial,
                                struct dea_projection *projection)
{
    const enum dea_slacks method = run->options->slacks;
    enum status status = STATUS_EXHAUSTED;
    if (method != DEA_SLACKS_TWO_STAGE && method != DEA_SLACKS_TWO_STAGE_NORMALISED) {
        status = slacks_solve_in(run, index, radial, true, projection);
    }
    if (status != STATUS_OK && status != STATUS_BUSY) {
        status = slacks_solve_in(run, index, radial, false, projection);
    }
    return status;
}

static enum dea_efficiency efficiency_of(double score, bool has_slack)
{
    if (score < 1 - DEA_TOLERANCE) {
        return DEA_EFFICIENT_NO;
    }
    /* What is not 1 but for rounding is a way to move, however short: it may have taken all the slack that there was beside the unit. */
    return has_slack || score < 1 ? DEA_EFFICIENT_WEAK : DEA_EFFICIENT_STRONG;
}

/* The projection onto the free disposal hull, by comparing the data. */
static enum status hull_project(struct dea_run *run, size_t index, struct dea_unit *unit)
{
    struct dea_hull hull;
    struct dea_projection projection;
    dea_fdh_solve(run->problem, &run->work, index, &hull);
    if (!isnormal(hull.factor) || !isnormal(hull.score)) {
        return STATUS_EXHAUSTED;
    }
    dea_fdh_project(&run->work, index, &hull, run->options->slacks, &projection);
    unit->score = hull.score;
    unit->efficiency = efficiency_of(hull.score, projection.has_slack);
    dea_result_projection_write(unit, index, run->problem, &run->work, hull.factor, &projection);
    dea_result_peer_self(unit, unit->efficiency == DEA_EFFICIENT_STRONG ? index : hull.peer);
    return STATUS_OK;
}

static void weights_write(const struct dea_run *run, size_t index, const struct dea_radial *radial, struct dea_unit *unit)
{
    struct dea_weights weights;
    dea_weights_take(&run->work, index, &run->program, &run->solution, radial, &weights);
    memcpy(unit->input_weights, weights.weight, run->work.inputs * sizeof *unit->input_weights);
    memcpy(unit->output_weights, weights.weight + run->work.inputs, run->work.outputs * sizeof *unit->output_weights);
    unit->free_term = weights.free_term;
}

static enum status unit_solve(struct dea_run *run, size_t index, struct dea_unit *unit)
{
    struct dea_pair pair;
    struct dea_projection projection;
    enum status status = pair_solve(run, index, &pair);
    if (status != STATUS_OK) {
        return status;
    }
    scores_write(unit, &pair.crs, &pair.vrs, run->options->rts_tolerance);
    if (run->options->frontier == DEA_FDH) {
        return hull_project(run, index, unit);
    }
    if (run->options->wants_weights) {
        weights_write(run, index, pair.chosen, unit);
    }
    status = slacks_solve(run, index, pair.chosen, &projection);
    if (status != STATUS_OK) {
        return status;
    }
    unit->score = score_of(unit, run->options->frontier);
    unit->efficiency = efficiency_of(pair.chosen->score, projection.has_slack);
    dea_result_projection_write(unit, index, run->problem, &run->work, pair.chosen->factor, &projection);
    if (unit->efficiency == DEA_EFFICIENT_STRONG) {
        dea_result_peer_self(unit, index);
        return STATUS_OK;
    }
    return dea_result_peers_write(&run->work, &run->face, unit->peers, dea_result_peers_max(run->work.inputs, run->work.outputs),
                                  &unit->peers_length);
}

static enum status one_solve(void *hand, size_t u)
{
    struct dea_run *run = hand;
    struct dea_unit *unit = &run->team->result->units[u];
    unit->state = run->work.states[u];
    const enum status status = unit->state == DEA_UNIT_SCORED ? unit_solve(run, u, unit) : STATUS_OK;
    unit->certificate = dea_solver_certificate(run->work.solver);
    if (status == STATUS_BUSY) {
        return status;
    }
    if (status != STATUS_OK) {
        dea_result_unit_void(unit, DEA_UNIT_UNCERTIFIED, run->problem);
    }
    return STATUS_OK;
}

static enum status run_begin(void *hand, void *context)
{
    struct dea_run *run = hand;
    struct dea_team *team = context;
    const size_t count = team->problem->unit_count;
    const struct dea_options *options = team->options;
    run->team = team;
    run->problem = team->problem;
    run->options = options;
    enum status status = dea_work_share(&run->work, &team->work);
    if (status != STATUS_OK) {
        return status;
    }
    dea_solver_choose(run->work.solver, options->solver);
    dea_solver_watch(run->work.solver, options->is_cancelled != NULL ? dea_crew_is_stopped : NULL, &team->crew);
    status = dea_face_init(&run->face, &run->work);
    run->solution.lambda = calloc(count, sizeof *run->solution.lambda);
    run->solution.reduced = calloc(count, sizeof *run->solution.reduced);
    return run->solution.lambda == NULL || run->solution.reduced == NULL ? STATUS_EXHAUSTED : status;
}

static void run_end(void *hand)
{
    struct dea_run *run = hand;
    free(run->solution.reduced);
    free(run->solution.lambda);
    dea_face_fini(&run->face);
    dea_work_share_fini(&run->work);
}

/* The frame of many units, if it is worth having. */
static enum status team_frame(struct dea_team *team)
{
    const struct dea_options *options = team->options;
    const size_t columns = team->work.columns;
    if (options->is_frameless || options->solver == DEA_SOLVER_GLPK || columns <= DEA_FRAME_COLUMNS_MIN) {
        return STATUS_OK;
    }
    team->crew.due += columns;
    return dea_frame_find(&team->work.frame, &team->work, &team->crew);
}

static enum status team_solve(struct dea_team *team)
{
    const struct dea_crew_work units = {.count = team->problem->unit_count,
                                        .at_once = UNITS_AT_ONCE,
                                        .hand_size = sizeof(struct dea_run),
                                        .begin = run_begin,
                                        .item = one_solve,
                                        .end = run_end,
                                        .context = team};
    enum status status = dea_crew_open(&team->crew, team->options->threads, units.count);
    if (status != STATUS_OK) {
        return status;
    }
    team->crew.due = units.count;
    status = team_frame(team);
    if (status == STATUS_OK) {
        status = dea_crew_run(&team->crew, &units);
    }
    dea_crew_close(&team->crew);
    return status;
}

enum status dea_solve(const struct dea_problem *problem, const struct dea_options *options, struct dea_result **result)
{
    if (dea_problem_check(problem, NULL) != STATUS_OK || !options_are_valid(options)) {
        return STATUS_INVALID;
    }
    struct dea_team team = {.crew = {.is_cancelled = options->is_cancelled,
                                     .progress = options->progress,
                                     .context = options->cancel_context},
                            .problem = problem,
                            .options = options};
    enum status status = dea_work_init(&team.work, problem, options->orientation);
    if (status != STATUS_OK) {
        return status;
    }
    team.result = dea_result_create(problem);
    if (team.result == NULL) {
        status = STATUS_EXHAUSTED;
        goto failed;
    }
    status = dea_work_sort(&team.work);
    if (status == STATUS_OK) {
        status = team_solve(&team);
    }
    if (status != STATUS_OK) {
        goto failed_result;
    }
    dea_result_summarise(team.result, problem, &team.work);
    dea_work_fini(&team.work);
    *result = team.result;
    return STATUS_OK;

failed_result:
    dea_result_free(team.result);
failed:
    dea_work_fini(&team.work);
    return status;
}

void dea_thread_end(void)
{
    lp_thread_end();
}
