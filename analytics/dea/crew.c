/* Shares out items among threads. Read dea.c for the first who does. */
#include "analytics/dea/crew.h"

#include <stdlib.h>

#include "analytics/lp/lp.h"
#include "base/parallel.h"

/* How long others may work before the caller, who has nothing left to do, asks again whether it is to go on. */
#define ASK_AGAIN_MS 10

/* Fewer items are done before a thread has started. */
#define ITEMS_MIN 17

/* One run of one kind of work. */
struct turn {
    struct dea_crew *crew;
    const struct dea_crew_work *work;
    atomic_size_t next; /* the first item that nobody has taken */
};

/* One thread's part of it. */
struct part {
    struct parallel_batch batch; /* first, so that a batch is a part */
    struct turn *turn;
    void *hand;
    enum status status;
};

enum status dea_crew_open(struct dea_crew *crew, size_t threads, size_t items)
{
    crew->threads = threads;
    crew->caller = pthread_self();
    crew->pool = NULL;
    return threads > 1 && items >= ITEMS_MIN ? parallel_open(threads - 1, false, &crew->pool) : STATUS_OK;
}

void dea_crew_close(struct dea_crew *crew)
{
    parallel_close(crew->pool);
    crew->pool = NULL;
}

bool dea_crew_is_stopped(void *context)
{
    struct dea_crew *crew = context;
    if (crew->is_cancelled != NULL && pthread_equal(pthread_self(), crew->caller) && crew->is_cancelled(crew->context)) {
        atomic_store(&crew->is_stopped, true);
    }
    return atomic_load(&crew->is_stopped);
}

void dea_crew_tell(struct dea_crew *crew)
{
    const size_t done = atomic_fetch_add(&crew->done, 1) + 1;
    if (crew->progress != NULL && pthread_equal(pthread_self(), crew->caller)) {
        crew->progress(crew->context, done, crew->due);
    }
}

static enum status items_do(struct part *part)
{
    struct dea_crew *crew = part->turn->crew;
    const struct dea_crew_work *work = part->turn->work;
    for (;;) {
        const size_t first = atomic_fetch_add(&part->turn->next, work->at_once);
        for (size_t i = first; i < first + work->at_once && i < work->count; i++) {
            const enum status status = dea_crew_is_stopped(crew) ? STATUS_BUSY : work->item(part->hand, i);
            if (status != STATUS_OK) {
                return status;
            }
            if (!work->is_silent) {
                dea_crew_tell(crew);
            }
        }
        if (first >= work->count) {
            return STATUS_OK;
        }
    }
}

/* From the hand's beginning to its end: what GLPK keeps is the thread's own. */
static void part_run(struct parallel_batch *batch)
{
    struct part *part = (struct part *) (void *) batch;
    const struct dea_crew_work *work = part->turn->work;
    part->status = work->begin != NULL ? work->begin(part->hand, work->context) : STATUS_OK;
    if (part->status == STATUS_OK) {
        part->status = items_do(part);
    }
    if (part->status != STATUS_OK) {
        atomic_store(&part->turn->crew->is_stopped, true);
    }
    if (work->end != NULL) {
        work->end(part->hand);
    }
    if (!pthread_equal(pthread_self(), part->turn->crew->caller)) {
        lp_thread_end();
    }
}

/* Whoever waits is the only one who asks whether all is over, and tells how far it is: the last items may take long. */
static void part_wait(struct dea_crew *crew, struct part *part)
{
    while (!parallel_wait_for(crew->pool, &part->batch, ASK_AGAIN_MS)) {
        if (!dea_crew_is_stopped(crew) && crew->progress != NULL) {
            crew->progress(crew->context, atomic_load(&crew->done), crew->due);
        }
    }
}

enum status dea_crew_run(struct dea_crew *crew, const struct dea_crew_work *work)
{
    const size_t count = crew->pool != NULL ? crew->threads : 1;
    struct turn turn = {.crew = crew, .work = work};
    struct part *parts = calloc(count, sizeof *parts);
    char *hands = calloc(count, work->hand_size);
    enum status status = STATUS_EXHAUSTED;
    if (parts == NULL || hands == NULL) {
        goto done;
    }
    for (size_t i = 0; i < count; i++) {
        parts[i] = (struct part){.batch = {.run = part_run}, .turn = &turn, .hand = hands + i * work->hand_size};
        if (i > 0) {
            parallel_submit(crew->pool, &parts[i].batch);
        }
    }
    part_run(&parts[0].batch);
    status = parts[0].status;
    for (size_t i = 1; i < count; i++) {
        part_wait(crew, &parts[i]);
        /* What went wrong first stopped the others, who only heard that all is over. */
        status = status == STATUS_OK || (status == STATUS_BUSY && parts[i].status != STATUS_OK) ? parts[i].status : status;
    }
    for (size_t i = 0; i < count && work->gather != NULL; i++) {
        work->gather(work->context, parts[i].hand);
    }
done:
    free(hands);
    free(parts);
    return status;
}
