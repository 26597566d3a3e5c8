/* Finds who is on the frontier. Read dea.c for when, frame.c for what is done with them. */
#include "analytics/dea/frame_find.h"

#include <math.h>
#include <stdlib.h>

#include "analytics/dea/claims.h"
#include "analytics/dea/program.h"
#include "analytics/dea/radial.h"
#include "analytics/dea/work.h"
#include "base/parallel.h"

/* Who could make so much more of every output is behind the frontier beyond doubt. */
#define BEHIND 1.0000001

/* Beyond a plane through the judged unit by more than this share of its terms: somebody else lies farther. */
#define FARTHER 1e-9

/* More than one in so many on the frontier, and the frame is not worth having. */
#define SHARE_MIN 3
#define COUNT_SMALL 256

/* So many parts can be searched at once. Each turns up some of the same units again, so more would cost more. */
#define PARTS 4

struct ranked {
    double rank;
    size_t column;
};

static int rank_compare(const void *a, const void *b)
{
    const struct ranked *one = a;
    const struct ranked *other = b;
    if (one->rank != other->rank) {
        return one->rank > other->rank ? -1 : 1;
    }
    return (one->column > other->column) - (one->column < other->column);
}

/* Those that make much of little first: they are likelier on the frontier, and the more of it is known the sooner the
 * others are seen to be behind it. */
static void columns_rank(const struct dea_work *work, struct ranked *order)
{
    for (size_t j = 0; j < work->columns; j++) {
        const double *column = work->matrix + j * work->rows;
        double used = 0;
        double made = 0;
        for (size_t i = 0; i + 1 < work->rows; i++) {
            const double share = work->mean[i] > 0 ? column[i] / work->mean[i] : 0;
            *(i < work->inputs ? &used : &made) += share;
        }
        order[j] = (struct ranked){made / used, j};
    }
    qsort(order, work->columns, sizeof *order, rank_compare);
}

/* Whoever lies farthest beyond the plane through the judged unit; the work's columns when nobody does. */
static size_t farthest_find(const struct dea_work *work, size_t column, const struct dea_solution *solution)
{
    const double *own = work->matrix + column * work->rows;
    double own_value = 0;
    double size = 0;
    double farthest = 0;
    for (size_t i = 0; i < work->rows; i++) {
        own_value += solution->dual[i] * own[i];
        size += fabs(solution->dual[i] * own[i]);
    }
    return lp_panel_price(&work->panel, solution->dual, own_value + FARTHER * size, 0, &farthest);
}

/* Judges one unit beside the frame so far and adds whom its plane turns up, last itself. */
static enum status column_judge(struct dea_frame *frame, const struct dea_work *work, struct lp_dense *dense,
                                size_t column, struct dea_solution *solution)
{
    while (!frame->is_member[column]) {
        struct dea_program program;
        if (frame->count == frame->capacity) {
            return STATUS_ABSENT;
        }
        dea_radial_build(work, column, &program);
        dea_frame_present(frame, work->matrix, &work->panel, &program);
        program.first = frame->count;
        program.enough = BEHIND;
        const enum status status = dea_claim_dense(dense, &program, false, solution);
        if (status == STATUS_BUSY) {
            return status;
        }
        if (status == STATUS_CONFLICT) {
            return STATUS_OK;
        }
        const size_t farthest = status == STATUS_OK ? farthest_find(work, column, solution) : work->columns;
        const bool is_new = farthest < work->columns && !frame->is_member[farthest];
        lp_panel_pop(&frame->panel);
        dea_frame_add(frame, work->matrix, is_new ? farthest : column);
    }
    return STATUS_OK;
}

/* Every PARTS-th of the ranked columns; whom they turn up is on the frontier of all. */
struct part {
    struct parallel_batch batch; /* first, so that a batch is a part */
    const struct dea_work *work;
    const struct ranked *order;
    size_t first;
    size_t capacity;
    bool (*is_cancelled)(void *);
    void *context;
    struct dea_frame frame;
    enum status status;
};

static enum status columns_judge(struct part *part, struct lp_dense *dense, struct dea_solution *solution)
{
    enum status status = STATUS_OK;
    for (size_t k = part->first; k < part->work->columns && status == STATUS_OK; k += PARTS) {
        const bool is_over = part->is_cancelled != NULL && part->is_cancelled(part->context);
        status = is_over ? STATUS_BUSY : column_judge(&part->frame, part->work, dense, part->order[k].column, solution);
    }
    return status;
}

static void part_run(struct parallel_batch *batch)
{
    struct part *part = (struct part *) (void *) batch;
    const struct lp_watch watch = {part->is_cancelled, part->context};
    struct dea_solution solution = {.lambda = calloc(part->capacity + 1, sizeof *solution.lambda)};
    struct lp_dense *dense = lp_dense_create();
    part->status = STATUS_EXHAUSTED;
    if (dense != NULL && solution.lambda != NULL &&
        dea_frame_init(&part->frame, part->work->rows, part->capacity, part->work->columns) == STATUS_OK) {
        lp_dense_watch(dense, &watch);
        part->status = columns_judge(part, dense, &solution);
    }
    lp_dense_free(dense);
    free(solution.lambda);
}

/* All that the parts found, if they all came to an end. */
static enum status parts_join(struct dea_frame *frame, struct part *parts)
{
    const struct dea_work *work = parts[0].work;
    for (size_t p = 0; p < PARTS; p++) {
        if (parts[p].status != STATUS_OK) {
            return parts[p].status;
        }
    }
    for (size_t p = 0; p < PARTS; p++) {
        for (size_t k = 0; k < parts[p].frame.count; k++) {
            const size_t column = parts[p].frame.member[k];
            if (frame->count == frame->capacity) {
                return STATUS_ABSENT;
            }
            if (!frame->is_member[column]) {
                dea_frame_add(frame, work->matrix, column);
            }
        }
    }
    dea_frame_sort(frame, work->matrix);
    return STATUS_OK;
}

enum status dea_frame_find(struct dea_frame *frame, const struct dea_work *work, struct parallel *pool,
                           bool (*is_cancelled)(void *), void *context)
{
    const size_t share = work->columns / SHARE_MIN;
    const size_t capacity = share > COUNT_SMALL ? share : COUNT_SMALL;
    struct part parts[PARTS] = {0};
    enum status status = dea_frame_init(frame, work->rows, capacity, work->columns);
    struct ranked *order = calloc(work->columns, sizeof *order);
    if (status != STATUS_OK || order == NULL) {
        status = STATUS_EXHAUSTED;
        goto done;
    }
    columns_rank(work, order);
    for (size_t p = 0; p < PARTS; p++) {
        parts[p] = (struct part){.batch = {.run = part_run},
                                 .work = work,
                                 .order = order,
                                 .first = p,
                                 .capacity = capacity,
                                 .is_cancelled = is_cancelled,
                                 .context = context};
        if (pool != NULL) {
            parallel_submit(pool, &parts[p].batch);
        } else {
            part_run(&parts[p].batch);
        }
    }
    for (size_t p = 0; p < PARTS && pool != NULL; p++) {
        parallel_wait(pool, &parts[p].batch);
    }
    status = parts_join(frame, parts);
done:
    for (size_t p = 0; p < PARTS; p++) {
        dea_frame_fini(&parts[p].frame);
    }
    free(order);
    if (status != STATUS_OK) {
        dea_frame_fini(frame);
    }
    return status;
}
