/* What the models share: a run's table, kinds of rows, values, what is written of a row. Read model.c for who runs them. */
#include "analytics/dea/model_run.h"

#include <math.h>

#include "analytics/dea/certificate.h"
#include "analytics/dea/frame_find.h"

size_t dea_model_peers_max(const struct dea_problem *problem)
{
    return problem->input_count + problem->output_count + 2; /* as many as a basis has rows */
}

/*
 * Who is on the frontier of free disposal is all that matters where more of an input and less of an output is always possible.
 * Undesirable outputs are not like that: beside others, less of them is better, or costs something.
 */
static bool has_frame(const struct dea_model_run *run)
{
    const struct dea_model_options *options = run->options;
    return !options->is_frameless && options->solver != DEA_SOLVER_GLPK && options->is_undesirable == NULL &&
           run->work.columns > DEA_FRAME_COLUMNS_MIN;
}

static enum status run_init(struct dea_model_run *run, const struct dea_problem *problem, const struct dea_model_options *options,
                            struct dea_crew *crew)
{
    run->problem = problem;
    run->options = options;
    run->except = DEA_TABLE_NONE;
    enum status status = dea_work_init(&run->work, problem, DEA_INPUT);
    if (status == STATUS_OK) {
        status = dea_work_sort(&run->work);
    }
    if (status == STATUS_OK && has_frame(run)) {
        crew->due += run->work.columns;
        status = dea_frame_find(&run->work.frame, &run->work, crew);
    }
    return status;
}

enum status dea_model_team_open(struct dea_model_team *team, const struct dea_problem *problem,
                                const struct dea_model_options *options, size_t items)
{
    team->crew.is_cancelled = options->is_cancelled;
    team->crew.progress = options->progress;
    team->crew.context = options->cancel_context;
    const enum status status = dea_crew_open(&team->crew, options->threads, problem->unit_count);
    team->crew.due = items;
    return status == STATUS_OK ? run_init(&team->run, problem, options, &team->crew) : status;
}

void dea_model_team_close(struct dea_model_team *team)
{
    dea_work_fini(&team->run.work);
    dea_crew_close(&team->crew);
}

/* What a team's threads are given. */
struct errand {
    struct dea_model_team *team;
    void *context;
};

/* Slacks in several stages have a face and a solver of their own. */
static enum status stages_begin(struct dea_model_hand *hand)
{
    const struct dea_model_options *options = hand->run.options;
    hand->run.work.solver = dea_solver_create();
    if (hand->run.work.solver == NULL) {
        return STATUS_EXHAUSTED;
    }
    dea_solver_choose(hand->run.work.solver, options->solver);
    dea_solver_watch(hand->run.work.solver, options->is_cancelled != NULL ? dea_crew_is_stopped : NULL, hand->crew);
    return dea_face_init(&hand->run.face, &hand->run.work);
}

static enum status hand_begin(void *memory, void *context)
{
    struct dea_model_hand *hand = memory;
    const struct errand *errand = context;
    const struct dea_model_options *options = errand->team->run.options;
    hand->run = errand->team->run;
    hand->context = errand->context;
    hand->crew = &errand->team->crew;
    /* Beside the units: moves, a slack for each row, two columns for each limit; abatement doubles the units. */
    const size_t units = hand->run.work.columns * (options->is_undesirable != NULL ? 2 : 1);
    const size_t columns = units + hand->run.work.rows + 4 + 2 * DEA_LIMITS_MAX;
    hand->run.work.solver = NULL; /* which is the team's */
    const enum status status = dea_table_init(&hand->run.table, &hand->run.work, columns);
    if (status != STATUS_OK) {
        return status;
    }
    hand->run.table.is_glpk = options->solver == DEA_SOLVER_GLPK;
    lp_solver_watch(hand->run.table.solver, options->is_cancelled != NULL ? dea_crew_is_stopped : NULL, hand->crew);
    return options->slacks == DEA_SLACKS_MULTI_STAGE ? stages_begin(hand) : STATUS_OK;
}

struct dea_certificate dea_model_certificate(struct dea_model_hand *hand)
{
    struct dea_certificate found = hand->run.table.certificate;
    hand->run.table.certificate = (struct dea_certificate){0};
    if (hand->run.work.solver != NULL) {
        const struct dea_certificate stages = dea_solver_certificate(hand->run.work.solver);
        dea_certificate_add(&found, &stages);
    }
    dea_certificate_add(&hand->certificate, &found);
    return found;
}

static void hand_end(void *memory)
{
    struct dea_model_hand *hand = memory;
    (void)dea_model_certificate(hand);
    dea_face_fini(&hand->run.face);
    dea_solver_free(hand->run.work.solver);
    dea_table_fini(&hand->run.table);
}

static void hand_gather(void *context, const void *memory)
{
    const struct errand *errand = context;
    const struct dea_model_hand *hand = memory;
    dea_certificate_add(&errand->team->certificate, &hand->certificate);
}

enum status dea_model_team_run(struct dea_model_team *team, size_t count, enum status (*item)(void *hand, size_t index),
                               void *context)
{
    struct errand errand = {team, context};
    const struct dea_crew_work work = {.count = count,
                                       .at_once = DEA_MODEL_UNITS_AT_ONCE,
                                       .hand_size = sizeof(struct dea_model_hand),
                                       .begin = hand_begin,
                                       .item = item,
                                       .end = hand_end,
                                       .gather = hand_gather,
                                       .context = &errand};
    return dea_crew_run(&team->crew, &work);
}

bool dea_model_is_fixed(const struct dea_model_run *run, size_t row)
{
    return run->options->is_fixed != NULL && row < run->work.inputs && run->options->is_fixed[row];
}

bool dea_model_is_undesirable(const struct dea_model_run *run, size_t row)
{
    return run->options->is_undesirable != NULL && row >= run->work.inputs && row + 1 < run->work.rows &&
           run->options->is_undesirable[row - run->work.inputs];
}

double dea_model_value(const struct dea_model_run *run, size_t unit, size_t row)
{
    const struct dea_problem *problem = run->problem;
    return row < problem->input_count ? problem->inputs[unit * problem->input_count + row]
                                      : problem->outputs[unit * problem->output_count + row - problem->input_count];
}

void dea_model_row_write(const struct dea_model_run *run, size_t unit, struct dea_model_unit *out, size_t row,
                         double moved, double slack)
{
    const bool is_less = row < run->work.inputs || dea_model_is_undesirable(run, row);
    out->slacks[row] = ldexp(slack, run->work.exponent[row]);
    out->moves[row] = moved;
    out->targets[row] = dea_model_value(run, unit, row) + moved + (is_less ? -1 : 1) * out->slacks[row];
    out->targets[row] = fmax(0, out->targets[row]);
}
