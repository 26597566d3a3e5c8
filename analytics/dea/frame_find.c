/* Finds who is on the frontier. Read dea.c for when, frame.c for what is done with them. */
#include "analytics/dea/frame_find.h"

#include <math.h>
#include <stdlib.h>

#include "analytics/dea/claims.h"
#include "analytics/dea/crew.h"
#include "analytics/dea/program.h"
#include "analytics/dea/radial.h"
#include "analytics/dea/work.h"

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
    struct dea_frame frame;
    enum status status;
};

/* What the parts share. */
struct search {
    const struct dea_work *work;
    const struct ranked *order;
    size_t capacity;
    struct dea_crew *crew;
    struct part parts[PARTS];
};

struct hand {
    struct search *search;
    struct lp_dense *dense;
    struct dea_solution solution;
};

static enum status hand_begin(void *memory, void *context)
{
    struct hand *hand = memory;
    hand->search = context;
    hand->solution.lambda = calloc(hand->search->capacity + 1, sizeof *hand->solution.lambda);
    hand->dense = lp_dense_create();
    if (hand->solution.lambda == NULL || hand->dense == NULL) {
        return STATUS_EXHAUSTED;
    }
    const struct lp_watch watch = {dea_crew_is_stopped, hand->search->crew};
    lp_dense_watch(hand->dense, &watch);
    return STATUS_OK;
}

static void hand_end(void *memory)
{
    struct hand *hand = memory;
    lp_dense_free(hand->dense);
    free(hand->solution.lambda);
}

/* STATUS_OK also where the part came to too many: its status says so. */
static enum status part_search(void *memory, size_t number)
{
    struct hand *hand = memory;
    struct search *search = hand->search;
    struct part *part = &search->parts[number];
    const struct dea_work *work = search->work;
    part->status = dea_frame_init(&part->frame, work->rows, search->capacity, work->columns);
    for (size_t k = number; k < work->columns; k += PARTS) {
        if (part->status == STATUS_OK) {
            part->status = dea_crew_is_stopped(search->crew)
                               ? STATUS_BUSY
                               : column_judge(&part->frame, work, hand->dense, search->order[k].column, &hand->solution);
        }
        dea_crew_tell(search->crew);
    }
    return part->status == STATUS_ABSENT ? STATUS_OK : part->status;
}

/* All that the parts found, if they all came to an end. */
static enum status parts_join(struct dea_frame *frame, const struct search *search)
{
    const struct part *parts = search->parts;
    const struct dea_work *work = search->work;
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

enum status dea_frame_find(struct dea_frame *frame, const struct dea_work *work, struct dea_crew *crew)
{
    struct dea_crew alone = {.threads = 1, .caller = pthread_self()};
    const size_t share = work->columns / SHARE_MIN;
    struct search search = {.work = work,
                            .capacity = share > COUNT_SMALL ? share : COUNT_SMALL,
                            .crew = crew != NULL ? crew : &alone};
    const struct dea_crew_work parts = {.count = PARTS,
                                        .at_once = 1,
                                        .is_silent = true,
                                        .hand_size = sizeof(struct hand),
                                        .begin = hand_begin,
                                        .item = part_search,
                                        .end = hand_end,
                                        .context = &search};
    enum status status = dea_frame_init(frame, work->rows, search.capacity, work->columns);
    struct ranked *order = calloc(work->columns, sizeof *order);
    if (status != STATUS_OK || order == NULL) {
        status = STATUS_EXHAUSTED;
        goto done;
    }
    columns_rank(work, order);
    search.order = order;
    status = dea_crew_run(search.crew, &parts);
    if (status == STATUS_OK) {
        status = parts_join(frame, &search);
    }
done:
    for (size_t p = 0; p < PARTS; p++) {
        dea_frame_fini(&search.parts[p].frame);
    }
    free(order);
    if (status != STATUS_OK) {
        dea_frame_fini(frame);
    }
    return status == STATUS_ABSENT ? STATUS_OK : status;
}
