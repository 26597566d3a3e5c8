/*
 * Each replication is worked out by itself, by whichever thread comes to it, into a column of its own; what is made of all
 * of them is made in their order, by the caller. Read bootstrap.h for the steps.
 */
#include "analytics/dea/bootstrap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analytics/dea/certificate.h"
#include "analytics/dea/crew.h"
#include "analytics/dea/philox.h"
#include "analytics/dea/program.h"
#include "analytics/dea/radial.h"
#include "analytics/dea/work.h"
#include "base/parallel.h"

#define INEFFICIENT_MIN 1e-6 /* a distance this far above 1 says something of how they are spread */
#define TURN 6.283185307179586

/* What all threads share. */
struct team {
    struct dea_crew crew;
    const struct dea_problem *problem;
    const struct dea_bootstrap_options *options;
    size_t counted;      /* units with a distance */
    size_t *unit_of;     /* those, ascending */
    double *distances;   /* d, by place among them */
    double bandwidth;
    double shrinkage;    /* 1 / sqrt(1 + h^2 / v) */
    double *replicated;  /* [place * replications + replication] */
    struct dea_certificate certificate;
};

/* One thread's. */
struct run {
    struct team *team;
    struct dea_certificate certificate;
    double *drawn;             /* beta + h z, then d* */
    double *inputs, *outputs;  /* the replication's */
    struct dea_program program;
    struct dea_solution solution;
};

static double mean_of(const double *values, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += values[i];
    }
    return sum / (double) count;
}

static double variance_of(const double *values, size_t count)
{
    const double mean = mean_of(values, count);
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += (values[i] - mean) * (values[i] - mean);
    }
    return sum / (double) (count - 1);
}

static int compare_numbers(const void *a, const void *b)
{
    const double left = *(const double *) a;
    const double right = *(const double *) b;
    return left < right ? -1 : left > right;
}

/* Of sorted values, type 7 of Hyndman and Fan, as R's default. */
static double quantile_of(const double *sorted, size_t count, double share)
{
    const double at = (double) (count - 1) * share;
    const size_t below = (size_t) at;
    const size_t above = below + 1 < count ? below + 1 : below;
    return sorted[below] + (at - (double) below) * (sorted[above] - sorted[below]);
}

/* Steps 1 and 2. room holds twice as many numbers as there are distances. */
static void bandwidth_find(struct team *team, double *room)
{
    const size_t n = team->counted;
    size_t m = 0;
    team->bandwidth = 0;
    for (size_t i = 0; i < n; i++) {
        if (team->distances[i] > 1 + INEFFICIENT_MIN) {
            room[m++] = team->distances[i];
        }
    }
    if (n < 2 || m == 0) {
        return;
    }
    for (size_t i = 0; i < m; i++) {
        room[m + i] = 2 - room[i];
    }
    qsort(room, 2 * m, sizeof *room, compare_numbers);
    const double spread = sqrt(variance_of(room, 2 * m));
    const double quartiles = (quantile_of(room, 2 * m, 0.75) - quantile_of(room, 2 * m, 0.25)) / 1.349;
    const double least = quartiles > INEFFICIENT_MIN && quartiles < spread ? quartiles : spread;
    const double reflected = 0.9 * least * pow(2 * (double) m, -0.2);
    const double h = reflected * pow(2 * (double) m / (double) n, 0.2) * sqrt(variance_of(team->distances, n)) / spread;
    for (size_t i = 0; i < n; i++) {
        room[i] = team->distances[i];
        room[n + i] = 2 - team->distances[i];
    }
    team->shrinkage = 1 / sqrt(1 + h * h / variance_of(room, 2 * n));
    team->bandwidth = isfinite(h) && isfinite(team->shrinkage) ? h : 0;
}

/* Step 3: the replication's distances. */
static void distances_draw(const struct team *team, uint32_t replication, double *drawn)
{
    const size_t n = team->counted;
    const uint64_t seed = team->options->seed;
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        const struct philox counter = {{(uint32_t) i, replication, 0, 0}};
        const struct philox block = philox(counter, (uint32_t) seed, (uint32_t) (seed >> 32));
        const uint64_t whole = (uint64_t) block.words[1] << 32 | block.words[0];
        /* Of the upper and the lower half of a product of 64 bits by few, the part above 2^64. */
        const uint64_t times = 2 * (uint64_t) n;
        const size_t j = (size_t) (((whole >> 32) * times + (((whole & 0xffffffffu) * times) >> 32)) >> 32);
        const double beta = j < n ? team->distances[j] : 2 - team->distances[j - n];
        const double a = ((double) block.words[2] + 0.5) / 4294967296.0;
        const double c = ((double) block.words[3] + 0.5) / 4294967296.0;
        sum += beta;
        drawn[i] = beta + team->bandwidth * sqrt(-2 * log(a)) * cos(TURN * c);
    }
    const double mean = sum / (double) n;
    for (size_t i = 0; i < n; i++) {
        const double kept = mean + (drawn[i] - mean) * team->shrinkage;
        drawn[i] = kept < 1 ? 2 - kept : kept;
    }
}

/* Step 4: the reference set. */
static void figures_move(struct run *run)
{
    const struct team *team = run->team;
    const struct dea_problem *problem = team->problem;
    const size_t m = problem->input_count;
    const size_t s = problem->output_count;
    memcpy(run->inputs, problem->inputs, problem->unit_count * m * sizeof *run->inputs);
    memcpy(run->outputs, problem->outputs, problem->unit_count * s * sizeof *run->outputs);
    for (size_t i = 0; i < team->counted; i++) {
        const size_t u = team->unit_of[i];
        const double factor = team->distances[i] / run->drawn[i];
        for (size_t k = 0; k < s && team->options->orientation == DEA_OUTPUT; k++) {
            run->outputs[u * s + k] *= factor;
        }
        for (size_t k = 0; k < m && team->options->orientation == DEA_INPUT; k++) {
            run->inputs[u * m + k] /= factor;
        }
    }
}

/* The first stage of figures that the reference set need not hold. By NIRS and NDRS it is that of CRS where this one's lambdas sum up to what
 * is allowed, else that of VRS: bootstrap.h says why. first fills the rows by itself. */
static enum status outside_solve(struct run *run, struct dea_work *work, const double *own, size_t first, struct dea_radial *radial)
{
    const enum dea_frontier frontier = run->team->options->frontier;
    const bool is_half = frontier == DEA_NIRS || frontier == DEA_NDRS;
    const enum status status =
        dea_radial_solve_outside(work, own, first, is_half ? DEA_CRS : frontier, &run->program, &run->solution, radial);
    if (!is_half || status != STATUS_OK || (frontier == DEA_NIRS ? radial->lambda_sum <= 1 : radial->lambda_sum >= 1)) {
        return status;
    }
    return dea_radial_solve_outside(work, own, first, DEA_VRS, &run->program, &run->solution, radial);
}

/* A unit's own figures by the replication's reference set. NAN: not proved. */
static enum status unit_judge(struct run *run, struct dea_work *work, size_t place, double *distance)
{
    const struct team *team = run->team;
    const struct dea_problem *problem = team->problem;
    const size_t u = team->unit_of[place];
    double own[DEA_ROWS_MAX];
    struct dea_radial radial;
    enum status status = STATUS_EXHAUSTED;
    if (dea_work_scale(work, problem->inputs + u * problem->input_count, problem->outputs + u * problem->output_count, own)) {
        /* Its own moved figures fill the rows. */
        status = outside_solve(run, work, own, work->column_of[u], &radial);
    }
    *distance = NAN;
    if (status == STATUS_OK) {
        *distance = team->options->orientation == DEA_OUTPUT ? radial.factor : 1 / radial.factor;
    }
    return status == STATUS_BUSY ? status : STATUS_OK;
}

static enum status replicate(void *hand, size_t replication)
{
    struct run *run = hand;
    struct team *team = run->team;
    struct dea_work work;
    distances_draw(team, (uint32_t) replication, run->drawn);
    figures_move(run);
    const struct dea_problem problem = {.unit_count = team->problem->unit_count,
                                        .input_count = team->problem->input_count,
                                        .output_count = team->problem->output_count,
                                        .inputs = run->inputs,
                                        .outputs = run->outputs};
    enum status status = dea_work_init(&work, &problem, team->options->orientation);
    if (status != STATUS_OK) {
        return status;
    }
    dea_solver_choose(work.solver, team->options->solver);
    dea_solver_watch(work.solver, dea_crew_is_stopped, &team->crew);
    for (size_t i = 0; i < team->counted && status == STATUS_OK; i++) {
        status = dea_crew_is_stopped(&team->crew)
                     ? STATUS_BUSY
                     : unit_judge(run, &work, i, &team->replicated[i * team->options->replications + replication]);
    }
    const struct dea_certificate certificate = dea_solver_certificate(work.solver);
    dea_certificate_add(&run->certificate, &certificate);
    dea_work_fini(&work);
    return status;
}

static enum status run_begin(void *hand, void *context)
{
    struct run *run = hand;
    run->team = context;
    const struct dea_problem *problem = run->team->problem;
    const size_t n = problem->unit_count;
    run->drawn = calloc(n, sizeof *run->drawn);
    run->inputs = calloc(n * problem->input_count, sizeof *run->inputs);
    run->outputs = calloc(n * problem->output_count, sizeof *run->outputs);
    run->solution.lambda = calloc(n, sizeof *run->solution.lambda);
    run->solution.reduced = calloc(n, sizeof *run->solution.reduced);
    return run->drawn == NULL || run->inputs == NULL || run->outputs == NULL || run->solution.lambda == NULL ||
                   run->solution.reduced == NULL
               ? STATUS_EXHAUSTED
               : STATUS_OK;
}

static void run_end(void *hand)
{
    struct run *run = hand;
    free(run->solution.reduced);
    free(run->solution.lambda);
    free(run->outputs);
    free(run->inputs);
    free(run->drawn);
}

static void run_gather(void *context, const void *hand)
{
    struct team *team = context;
    const struct run *run = hand;
    dea_certificate_add(&team->certificate, &run->certificate);
}

/* Works out all replications, by the caller and a pool of its own. */
static enum status team_run(struct team *team)
{
    const struct dea_crew_work replications = {.count = team->options->replications,
                                               .at_once = 1,
                                               .hand_size = sizeof(struct run),
                                               .begin = run_begin,
                                               .item = replicate,
                                               .end = run_end,
                                               .gather = run_gather,
                                               .context = team};
    enum status status = dea_crew_open(&team->crew, team->options->threads, replications.count);
    if (status != STATUS_OK) {
        return status;
    }
    team->crew.due = replications.count;
    status = dea_crew_run(&team->crew, &replications);
    dea_crew_close(&team->crew);
    return status;
}

static double reciprocal(double distance)
{
    return distance > 0 ? 1 / distance : NAN;
}

/* Step 5; sorts the replications. */
static void interval_write(const struct team *team, size_t place, struct dea_interval *interval)
{
    const size_t count = team->options->replications;
    double *replicated = team->replicated + place * count;
    const double distance = team->distances[place];
    const double tail = (1 - team->options->level) / 2;
    const double mean = mean_of(replicated, count);
    if (isnan(mean)) {
        return;
    }
    qsort(replicated, count, sizeof *replicated, compare_numbers);
    interval->corrected = reciprocal(2 * distance - mean);
    interval->bias = interval->score - interval->corrected;
    interval->low = reciprocal(2 * distance - quantile_of(replicated, count, tail));
    interval->high = reciprocal(2 * distance - quantile_of(replicated, count, 1 - tail));
}

static bool options_are_valid(const struct dea_problem *problem, const double *scores,
                              const struct dea_bootstrap_options *options)
{
    for (size_t u = 0; u < problem->unit_count; u++) {
        if (!isnan(scores[u]) && !(scores[u] > 0 && scores[u] <= 1)) {
            return false;
        }
    }
    return (unsigned) options->orientation <= DEA_INPUT &&
           (unsigned) options->frontier < DEA_FDH &&
           (unsigned) options->solver <= DEA_SOLVER_GLPK &&
           options->replications >= DEA_REPLICATIONS_MIN && options->replications <= DEA_REPLICATIONS_MAX &&
           options->level > 0 && options->level < 1 && options->threads >= 1 && options->threads <= PARALLEL_THREADS_MAX &&
           problem->unit_count <= DEA_BOOTSTRAP_PROGRAMS_MAX / options->replications;
}

static struct dea_bootstrap *bootstrap_create(const struct dea_problem *problem, const double *scores)
{
    struct dea_bootstrap *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return NULL;
    }
    made->unit_count = problem->unit_count;
    made->units = calloc(problem->unit_count, sizeof *made->units);
    if (made->units == NULL) {
        free(made);
        return NULL;
    }
    for (size_t u = 0; u < problem->unit_count; u++) {
        made->units[u] = (struct dea_interval){scores[u], NAN, NAN, NAN, NAN};
    }
    return made;
}

void dea_bootstrap_free(struct dea_bootstrap *bootstrap)
{
    if (bootstrap != NULL) {
        free(bootstrap->units);
        free(bootstrap);
    }
}

/* The team's arrays; false without memory. room is for bandwidth_find. */
static bool team_init(struct team *team, const struct dea_problem *problem, const double *scores,
                      const struct dea_bootstrap_options *options, double **room)
{
    *team = (struct team){.crew = {.is_cancelled = options->is_cancelled, .progress = options->progress, .context = options->context},
                          .problem = problem,
                          .options = options};
    team->unit_of = calloc(problem->unit_count, sizeof *team->unit_of);
    team->distances = calloc(problem->unit_count, sizeof *team->distances);
    team->replicated = calloc(problem->unit_count * options->replications, sizeof *team->replicated);
    *room = calloc(2 * problem->unit_count, sizeof **room);
    if (team->unit_of == NULL || team->distances == NULL || team->replicated == NULL || *room == NULL) {
        return false;
    }
    for (size_t u = 0; u < problem->unit_count; u++) {
        if (!isnan(scores[u])) {
            team->unit_of[team->counted] = u;
            team->distances[team->counted] = 1 / scores[u];
            team->counted++;
        }
    }
    return true;
}

enum status dea_bootstrap_run(const struct dea_problem *problem, const double *scores,
                              const struct dea_bootstrap_options *options, struct dea_bootstrap **bootstrap)
{
    if (dea_problem_check(problem, NULL) != STATUS_OK || !options_are_valid(problem, scores, options)) {
        return STATUS_INVALID;
    }
    struct team team;
    double *room = NULL;
    struct dea_bootstrap *made = bootstrap_create(problem, scores);
    enum status status = team_init(&team, problem, scores, options, &room) && made != NULL ? STATUS_OK : STATUS_EXHAUSTED;
    if (status == STATUS_OK) {
        bandwidth_find(&team, room);
        made->bandwidth = team.bandwidth;
        made->counted = team.counted;
        status = team.bandwidth > 0 ? team_run(&team) : STATUS_OK;
        made->certificate = team.certificate;
    }
    for (size_t i = 0; i < team.counted && status == STATUS_OK && team.bandwidth > 0; i++) {
        interval_write(&team, i, &made->units[team.unit_of[i]]);
    }
    free(room);
    free(team.replicated);
    free(team.distances);
    free(team.unit_of);
    if (status == STATUS_OK) {
        *bootstrap = made;
    } else {
        dea_bootstrap_free(made);
    }
    return status;
}
