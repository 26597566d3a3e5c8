/*
 * The pool of parallel.h: one queue, one lock, and a condition for each side. The lock is held only to take a batch and to
 * give it back, so batches should be worth some hundred microseconds.
 */
#include "base/parallel.h"

#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { QUIET_NICE = 19 };

/* Invariants, under lock: 1. first is NULL exactly where last is NULL; 2. unfinished counts the batches in the queue and those that run. */
struct parallel {
    pthread_mutex_t lock;
    pthread_cond_t wake;  /* there is a batch, or the end */
    pthread_cond_t ended; /* a batch has run */
    struct parallel_batch *first, *last;
    size_t unfinished;
    bool is_quiet;
    bool is_stopping;
    size_t thread_count;
    pthread_t threads[];
};

size_t parallel_cores(void)
{
    cpu_set_t set;
    int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : (int)sysconf(_SC_NPROCESSORS_ONLN);
    return count > 0 ? (size_t)count : 1;
}

void parallel_be_quiet(void)
{
    /* Linux keeps this for each thread. Where it is refused, the thread is as loud as before. */
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), QUIET_NICE);
}

/* Runs the first batch of the queue; under lock, which is given up meanwhile. */
static void run_first(struct parallel *parallel)
{
    struct parallel_batch *batch = parallel->first;
    parallel->first = batch->next;
    if (parallel->first == NULL) {
        parallel->last = NULL;
    }
    pthread_mutex_unlock(&parallel->lock);
    batch->run(batch);
    pthread_mutex_lock(&parallel->lock);
    batch->is_done = true;
    assert(parallel->unfinished > 0);
    parallel->unfinished--;
    pthread_cond_broadcast(&parallel->ended);
}

static void *run(void *context)
{
    struct parallel *parallel = context;
    if (parallel->is_quiet) {
        parallel_be_quiet();
    }
    pthread_mutex_lock(&parallel->lock);
    while (!parallel->is_stopping) {
        if (parallel->first == NULL) {
            pthread_cond_wait(&parallel->wake, &parallel->lock);
        } else {
            run_first(parallel);
        }
    }
    pthread_mutex_unlock(&parallel->lock);
    return NULL;
}

enum status parallel_open(size_t threads, bool is_quiet, struct parallel **out)
{
    threads = threads > PARALLEL_THREADS_MAX ? PARALLEL_THREADS_MAX : threads;
    struct parallel *parallel = calloc(1, sizeof *parallel + threads * sizeof parallel->threads[0]);
    if (parallel == NULL) {
        return STATUS_EXHAUSTED;
    }
    parallel->is_quiet = is_quiet;
    pthread_mutex_init(&parallel->lock, NULL);
    pthread_cond_init(&parallel->wake, NULL);
    pthread_condattr_t steady;
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_cond_init(&parallel->ended, &steady);
    pthread_condattr_destroy(&steady);
    while (parallel->thread_count < threads &&
           pthread_create(&parallel->threads[parallel->thread_count], NULL, run, parallel) == 0) {
        parallel->thread_count++;
    }
    *out = parallel;
    return STATUS_OK;
}

void parallel_close(struct parallel *parallel)
{
    if (parallel == NULL) {
        return;
    }
    pthread_mutex_lock(&parallel->lock);
    assert(parallel->unfinished == 0);
    parallel->is_stopping = true;
    pthread_cond_broadcast(&parallel->wake);
    pthread_mutex_unlock(&parallel->lock);
    for (size_t i = 0; i < parallel->thread_count; i++) {
        pthread_join(parallel->threads[i], NULL);
    }
    pthread_cond_destroy(&parallel->ended);
    pthread_cond_destroy(&parallel->wake);
    pthread_mutex_destroy(&parallel->lock);
    free(parallel);
}

void parallel_submit(struct parallel *parallel, struct parallel_batch *batch)
{
    batch->next = NULL;
    batch->is_done = false;
    pthread_mutex_lock(&parallel->lock);
    if (parallel->last == NULL) {
        parallel->first = batch;
    } else {
        parallel->last->next = batch;
    }
    parallel->last = batch;
    parallel->unfinished++;
    pthread_cond_signal(&parallel->wake);
    pthread_mutex_unlock(&parallel->lock);
}

void parallel_wait(struct parallel *parallel, struct parallel_batch *batch)
{
    pthread_mutex_lock(&parallel->lock);
    while (!batch->is_done) {
        if (parallel->first != NULL) {
            run_first(parallel);
        } else {
            pthread_cond_wait(&parallel->ended, &parallel->lock);
        }
    }
    pthread_mutex_unlock(&parallel->lock);
}

bool parallel_wait_for(struct parallel *parallel, struct parallel_batch *batch, int ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += ms % 1000 * 1000000L;
    until.tv_sec += ms / 1000 + until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&parallel->lock);
    if (!batch->is_done && parallel->first != NULL) {
        run_first(parallel);
    }
    int waited = 0;
    while (!batch->is_done && parallel->first == NULL && waited == 0) {
        waited = pthread_cond_timedwait(&parallel->ended, &parallel->lock, &until);
    }
    const bool is_done = batch->is_done;
    pthread_mutex_unlock(&parallel->lock);
    return is_done;
}
