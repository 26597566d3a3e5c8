/* Finds who is on the frontier. Read dea.c for when. */
#include "analytics/dea/frame.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analytics/dea/dense.h"
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

static enum status frame_init(struct dea_frame *frame, size_t rows, size_t capacity, size_t columns)
{
    memset(frame, 0, sizeof *frame);
    frame->capacity = capacity;
    frame->member = calloc(capacity + 1, sizeof *frame->member);
    frame->matrix = calloc((capacity + 1) * rows, sizeof *frame->matrix);
    frame->is_member = calloc(columns, sizeof *frame->is_member);
    if (frame->member == NULL || frame->matrix == NULL || frame->is_member == NULL ||
        lp_panel_init(&frame->panel, rows, capacity + 1) != STATUS_OK) {
        dea_frame_fini(frame);
        return STATUS_EXHAUSTED;
    }
    return STATUS_OK;
}

void dea_frame_fini(struct dea_frame *frame)
{
    lp_panel_fini(&frame->panel);
    free(frame->is_member);
    free(frame->matrix);
    free(frame->member);
    memset(frame, 0, sizeof *frame);
}

enum status dea_frame_copy(struct dea_frame *copy, const struct dea_frame *frame, size_t columns)
{
    const size_t rows = frame->panel.rows;
    const enum status status = frame_init(copy, rows, frame->count, columns);
    if (status != STATUS_OK) {
        return status;
    }
    copy->count = frame->count;
    memcpy(copy->member, frame->member, frame->count * sizeof *copy->member);
    memcpy(copy->is_member, frame->is_member, columns * sizeof *copy->is_member);
    memcpy(copy->matrix, frame->matrix, frame->count * rows * sizeof *copy->matrix);
    for (size_t k = 0; k < frame->count; k++) {
        lp_panel_set(&copy->panel, k, copy->matrix + k * rows);
    }
    return STATUS_OK;
}

/* Writes the column at this place; the place after the last is the judged unit's. */
static void place_fill(struct dea_frame *frame, const struct dea_work *work, size_t place, size_t column)
{
    const double *values = work->matrix + column * work->rows;
    frame->member[place] = column;
    memcpy(frame->matrix + place * work->rows, values, work->rows * sizeof *values);
    lp_panel_set(&frame->panel, place, values);
}

static void frame_add(struct dea_frame *frame, const struct dea_work *work, size_t column)
{
    assert(frame->count < frame->capacity && !frame->is_member[column]);
    place_fill(frame, work, frame->count, column);
    frame->is_member[column] = true;
    frame->count++;
}

static int size_compare(const void *a, const void *b)
{
    const size_t one = *(const size_t *) a;
    const size_t other = *(const size_t *) b;
    return (one > other) - (one < other);
}

/* In the order of the columns, whatever order they were found in. */
static void frame_sort(struct dea_frame *frame, const struct dea_work *work)
{
    qsort(frame->member, frame->count, sizeof *frame->member, size_compare);
    lp_panel_clear(&frame->panel);
    for (size_t k = 0; k < frame->count; k++) {
        place_fill(frame, work, k, frame->member[k]);
    }
}

static size_t place_find(const struct dea_frame *frame, size_t column)
{
    size_t low = 0;
    size_t high = frame->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (frame->member[middle] < column) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

void dea_frame_present(struct dea_frame *frame, const struct dea_work *work, struct dea_program *program)
{
    const size_t column = program->first;
    if (frame->panel.count > frame->count) {
        lp_panel_pop(&frame->panel);
    }
    program->first = place_find(frame, column);
    if (!frame->is_member[column]) {
        program->first = frame->count;
        place_fill(frame, work, frame->count, column);
    }
    program->columns = frame->panel.count;
    program->matrix = frame->matrix;
    program->panel = &frame->panel;
    program->member = frame->member;
    program->all = &work->panel;
}

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
static enum status column_judge(struct dea_frame *frame, const struct dea_work *work, struct dea_dense *dense,
                                size_t column, struct dea_solution *solution)
{
    while (!frame->is_member[column]) {
        struct dea_program program;
        if (frame->count == frame->capacity) {
            return STATUS_ABSENT;
        }
        dea_radial_build(work, column, &program);
        dea_frame_present(frame, work, &program);
        program.first = frame->count;
        program.enough = BEHIND;
        const enum status status = dea_dense_solve(dense, &program, false, solution);
        if (status == STATUS_BUSY) {
            return status;
        }
        if (status == STATUS_CONFLICT) {
            return STATUS_OK;
        }
        const size_t farthest = status == STATUS_OK ? farthest_find(work, column, solution) : work->columns;
        const bool is_new = farthest < work->columns && !frame->is_member[farthest];
        lp_panel_pop(&frame->panel);
        frame_add(frame, work, is_new ? farthest : column);
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

static enum status columns_judge(struct part *part, struct dea_dense *dense, struct dea_solution *solution)
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
    struct dea_dense *dense = dea_dense_create();
    part->status = STATUS_EXHAUSTED;
    if (dense != NULL && solution.lambda != NULL &&
        frame_init(&part->frame, part->work->rows, part->capacity, part->work->columns) == STATUS_OK) {
        dea_dense_watch(dense, &watch);
        part->status = columns_judge(part, dense, &solution);
    }
    dea_dense_free(dense);
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
                frame_add(frame, work, column);
            }
        }
    }
    frame_sort(frame, work);
    return STATUS_OK;
}

enum status dea_frame_find(struct dea_frame *frame, const struct dea_work *work, struct parallel *pool,
                           bool (*is_cancelled)(void *), void *context)
{
    const size_t share = work->columns / SHARE_MIN;
    const size_t capacity = share > COUNT_SMALL ? share : COUNT_SMALL;
    struct part parts[PARTS] = {0};
    enum status status = frame_init(frame, work->rows, capacity, work->columns);
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
