/*
 * The slack methods, made of the two programs of face.c.
 *
 * Coelli's multi-stage method asks which inputs can still shrink, shrinks those together by one factor, and repeats
 * with the ones that still can. It needs to know only whether an input can shrink, not by how much alone, so one
 * program that maximises the sum of all slacks in question usually answers for all of them: those that come out
 * positive can; the rest are asked again until the sum is zero. Each scaling leaves at least one of the chosen rows
 * with a multiplier, closed for good, hence there are at most m + s rounds.
 */
#include "analytics/dea/slacks.h"

#include <math.h>
#include <string.h>

/* A scaled slack above this is a slack. Mistaking noise for one costs a round, not correctness. */
#define SLACK_MIN 1e-9

/* Weights this far below the largest vanish in a solver's tolerances and get a program of their own. */
#define WEIGHT_SPAN 1e-6

/* Marks the candidates whose slack is positive at the current point, takes them off the list; returns how many. */
static size_t positive_mark(const struct dea_face *face, bool *is_candidate, bool *is_positive)
{
    size_t found = 0;
    for (size_t i = 0; i + 1 < face->rows; i++) {
        if (is_candidate[i] && dea_face_slack(face, i) > SLACK_MIN) {
            is_positive[i] = true;
            is_candidate[i] = false;
            found++;
        }
    }
    return found;
}

static size_t weights_from(const struct dea_face *face, const bool *is_candidate, double *weight)
{
    size_t count = 0;
    for (size_t i = 0; i < face->rows; i++) {
        weight[i] = i + 1 < face->rows && is_candidate[i] ? 1 : 0;
        count += weight[i] > 0;
    }
    return count;
}

/* Finds which open rows from first to before end can have slack. Zero bounds are left out: they cannot be scaled. */
static enum status open_rows_find(struct dea_face *face, struct dea_solver *solver, size_t first, size_t end,
                                  bool *is_positive, size_t *found)
{
    bool is_candidate[DEA_ROWS_MAX] = {false};
    double weight[DEA_ROWS_MAX];
    memset(is_positive, 0, DEA_ROWS_MAX * sizeof *is_positive);
    *found = 0;
    for (size_t i = first; i < end; i++) {
        is_candidate[i] = dea_face_is_open(face, i) && face->bound[i] > 0;
    }
    while (weights_from(face, is_candidate, weight) > 0) {
        const enum status status = dea_face_slacks_maximise(face, solver, weight);
        if (status != STATUS_OK) {
            return status;
        }
        const size_t more = positive_mark(face, is_candidate, is_positive);
        if (more == 0) {
            break;
        }
        *found += more;
    }
    return STATUS_OK;
}

/* Moves all rows from first to before end by common factors until none of them has slack. */
static enum status rows_exhaust(struct dea_face *face, struct dea_solver *solver, size_t first, size_t end)
{
    for (size_t round = first; round <= end; round++) {
        bool is_positive[DEA_ROWS_MAX];
        size_t found = 0;
        enum status status = open_rows_find(face, solver, first, end, is_positive, &found);
        if (status != STATUS_OK || found == 0) {
            return status;
        }
        status = dea_face_scale(face, solver, is_positive);
        if (status != STATUS_OK) {
            return status;
        }
    }
    /* More rounds than rows: some factor stayed at 1 without a proof that nothing moves. */
    return STATUS_EXHAUSTED;
}

/* Outputs of zero: the sum of slacks, each over its column's maximum, all at once. */
static enum status zero_outputs_raise(const struct dea_work *work, struct dea_face *face)
{
    double weight[DEA_ROWS_MAX] = {0};
    bool has_weight = false;
    for (size_t i = face->inputs; i + 1 < face->rows; i++) {
        if (dea_face_is_open(face, i) && face->bound[i] <= 0 && work->maximum[i] > 0) {
            weight[i] = 1 / work->maximum[i];
            has_weight = true;
        }
    }
    if (!has_weight) {
        return STATUS_OK;
    }
    const enum status status = dea_face_slacks_maximise(face, work->solver, weight);
    if (status != STATUS_OK) {
        return status;
    }
    for (size_t i = face->inputs; i + 1 < face->rows; i++) {
        if (weight[i] > 0) {
            face->bound[i] += dea_face_slack(face, i);
        }
    }
    return STATUS_OK;
}

/* Asks with one program whether any slack exists at all; a strongly efficient unit needs no other. */
static enum status slack_exists(struct dea_face *face, struct dea_solver *solver, bool *has_slack)
{
    bool is_candidate[DEA_ROWS_MAX] = {false};
    double weight[DEA_ROWS_MAX];
    *has_slack = false;
    for (size_t i = 0; i + 1 < face->rows; i++) {
        is_candidate[i] = dea_face_is_open(face, i);
    }
    if (weights_from(face, is_candidate, weight) == 0) {
        return STATUS_OK;
    }
    const enum status status = dea_face_slacks_maximise(face, solver, weight);
    if (status == STATUS_OK) {
        bool is_positive[DEA_ROWS_MAX] = {false};
        *has_slack = positive_mark(face, is_candidate, is_positive) > 0;
    }
    return status;
}

static enum status multi_stage(const struct dea_work *work, struct dea_face *face, struct dea_projection *projection)
{
    double start[DEA_ROWS_MAX];
    memcpy(start, face->bound, sizeof start);
    enum status status = rows_exhaust(face, work->solver, 0, face->inputs);
    if (status == STATUS_OK) {
        status = rows_exhaust(face, work->solver, face->inputs, face->rows - 1);
    }
    if (status == STATUS_OK) {
        status = zero_outputs_raise(work, face);
    }
    for (size_t i = 0; i + 1 < face->rows; i++) {
        projection->slack[i] = fabs(face->bound[i] - start[i]);
    }
    return status;
}

/* The weights of a two-stage sum, in scaled terms; a column of zeros weighs nothing. */
static void two_stage_weights(const struct dea_work *work, enum dea_slacks method, double *weight)
{
    int top = work->exponent[0];
    for (size_t i = 0; i + 1 < work->rows; i++) {
        top = work->exponent[i] > top ? work->exponent[i] : top;
    }
    double largest = 0;
    for (size_t i = 0; i + 1 < work->rows; i++) {
        if (method == DEA_SLACKS_TWO_STAGE) {
            weight[i] = fmax(ldexp(1, work->exponent[i] - top), 0x1p-1000);
        } else {
            weight[i] = work->mean[i] > 0 ? 1 / work->mean[i] : 0;
        }
        largest = fmax(largest, weight[i]);
    }
    for (size_t i = 0; i + 1 < work->rows; i++) {
        weight[i] = largest > 0 ? weight[i] / largest : 0;
    }
    weight[work->rows - 1] = 0;
}

/* Maximises the weighted sum; then, among the optima, the sum of those whose weights were too small to be seen. */
static enum status two_stage(const struct dea_work *work, struct dea_face *face, enum dea_slacks method,
                             struct dea_projection *projection)
{
    double weight[DEA_ROWS_MAX];
    two_stage_weights(work, method, weight);
    for (;;) {
        double largest = 0;
        for (size_t i = 0; i + 1 < face->rows; i++) {
            weight[i] = dea_face_is_open(face, i) ? weight[i] : 0;
            largest = fmax(largest, weight[i]);
        }
        if (largest <= 0) {
            break;
        }
        for (size_t i = 0; i + 1 < face->rows; i++) {
            weight[i] /= largest;
        }
        enum status status = dea_face_slacks_maximise(face, work->solver, weight);
        status = status == STATUS_OK ? dea_face_narrow(face) : status;
        if (status != STATUS_OK) {
            return status;
        }
        for (size_t i = 0; i + 1 < face->rows; i++) {
            weight[i] = weight[i] < WEIGHT_SPAN ? weight[i] : 0;
        }
    }
    for (size_t i = 0; i + 1 < face->rows; i++) {
        projection->slack[i] = dea_face_slack(face, i);
    }
    return STATUS_OK;
}

/* One-stage and none: what the radial program left, and whether there is slack at all, without moving the point. */
static enum status radial_only(const struct dea_work *work, struct dea_face *face, enum dea_slacks method,
                               struct dea_projection *projection)
{
    for (size_t i = 0; i + 1 < face->rows; i++) {
        projection->slack[i] = method == DEA_SLACKS_ONE_STAGE ? dea_face_slack(face, i) : 0;
    }
    dea_face_point_swap(face);
    const enum status status = slack_exists(face, work->solver, &projection->has_slack);
    dea_face_point_swap(face);
    return status;
}

enum status dea_slacks_find(const struct dea_work *work, struct dea_face *face, enum dea_slacks method,
                            struct dea_projection *projection)
{
    enum status status = STATUS_OK;
    memset(projection, 0, sizeof *projection);
    switch (method) {
    case DEA_SLACKS_MULTI_STAGE:
        status = slack_exists(face, work->solver, &projection->has_slack);
        if (status == STATUS_OK && projection->has_slack) {
            projection->has_slack = false; /* the slacks themselves say it below, at the precision they are given */
            status = multi_stage(work, face, projection);
        }
        break;
    case DEA_SLACKS_TWO_STAGE:
    case DEA_SLACKS_TWO_STAGE_NORMALISED:
        status = two_stage(work, face, method, projection);
        break;
    case DEA_SLACKS_ONE_STAGE:
    case DEA_SLACKS_NONE:
        status = radial_only(work, face, method, projection);
        break;
    }
    for (size_t i = 0; i + 1 < face->rows; i++) {
        if (projection->slack[i] <= DEA_SLACK_ZERO) {
            projection->slack[i] = 0;
        }
        projection->slack[i] = ldexp(projection->slack[i], -face->shift[i]);
        projection->has_slack = projection->has_slack || projection->slack[i] > 0;
    }
    return status;
}
