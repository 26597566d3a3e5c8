/*
 * The pool for long computations. What a job is: dispatch.c.
 */
#include "server/jobs.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "db/db.h"
#include "db/node.h"

struct worker {
    struct jobs *jobs;
    pthread_t thread;
    struct db *db;
    struct node *node;
};

/*
 * Invariants, under lock:
 *  1. first is NULL exactly where last is NULL; waiting is the length of the list;
 *  2. waiting <= queue_length; running <= worker_count.
 */
struct jobs {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct job *first;
    struct job *last;
    size_t waiting;
    size_t running;
    size_t queue_length;
    bool is_stopping;
    size_t worker_count; /* whose threads run */
    struct worker workers[];
};

static void *worker_main(void *context)
{
    struct worker *worker = context;
    struct jobs *jobs = worker->jobs;
    pthread_mutex_lock(&jobs->lock);
    for (;;) {
        while (jobs->first == NULL && !jobs->is_stopping) {
            pthread_cond_wait(&jobs->wake, &jobs->lock);
        }
        struct job *job = jobs->first;
        if (job == NULL) {
            break;
        }
        jobs->first = job->next;
        if (jobs->first == NULL) {
            jobs->last = NULL;
        }
        jobs->waiting--;
        jobs->running++;
        pthread_mutex_unlock(&jobs->lock);
        job->run(job, worker->db, worker->node); /* its memory may be gone afterwards */
        pthread_mutex_lock(&jobs->lock);
        jobs->running--;
    }
    pthread_mutex_unlock(&jobs->lock);
    return NULL;
}

static void worker_close(struct worker *worker)
{
    db_close(worker->db);
    node_close(worker->node);
}

static enum status worker_open(struct worker *worker, const char *db_path, const char *node_path)
{
    enum status status = db_open_reader(db_path, &worker->db);
    if (status == STATUS_OK) {
        status = node_open(node_path, false, &worker->node);
    }
    if (status == STATUS_OK && pthread_create(&worker->thread, NULL, worker_main, worker) != 0) {
        status = STATUS_EXHAUSTED;
    }
    if (status != STATUS_OK) {
        worker_close(worker);
    }
    return status;
}

enum status jobs_open(const char *db_path, const char *node_path, size_t threads, size_t queue_length,
                      struct jobs **jobs)
{
    struct jobs *opened = calloc(1, sizeof *opened + threads * sizeof opened->workers[0]);
    if (opened == NULL) {
        return STATUS_EXHAUSTED;
    }
    opened->queue_length = queue_length;
    pthread_mutex_init(&opened->lock, NULL);
    pthread_cond_init(&opened->wake, NULL);
    for (size_t i = 0; i < threads; i++) {
        opened->workers[i].jobs = opened;
        enum status status = worker_open(&opened->workers[i], db_path, node_path);
        if (status != STATUS_OK) {
            jobs_close(opened);
            return status;
        }
        opened->worker_count++;
    }
    *jobs = opened;
    return STATUS_OK;
}

enum status jobs_submit(struct jobs *jobs, struct job *job)
{
    pthread_mutex_lock(&jobs->lock);
    assert(!jobs->is_stopping);
    if (jobs->waiting >= jobs->queue_length) {
        pthread_mutex_unlock(&jobs->lock);
        return STATUS_BUSY;
    }
    job->next = NULL;
    if (jobs->last == NULL) {
        jobs->first = job;
    } else {
        jobs->last->next = job;
    }
    jobs->last = job;
    jobs->waiting++;
    pthread_mutex_unlock(&jobs->lock);
    pthread_cond_signal(&jobs->wake);
    return STATUS_OK;
}

size_t jobs_waiting(struct jobs *jobs)
{
    pthread_mutex_lock(&jobs->lock);
    size_t waiting = jobs->waiting;
    pthread_mutex_unlock(&jobs->lock);
    return waiting;
}

size_t jobs_running(struct jobs *jobs)
{
    pthread_mutex_lock(&jobs->lock);
    size_t running = jobs->running;
    pthread_mutex_unlock(&jobs->lock);
    return running;
}

void jobs_close(struct jobs *jobs)
{
    if (jobs == NULL) {
        return;
    }
    pthread_mutex_lock(&jobs->lock);
    jobs->is_stopping = true;
    pthread_mutex_unlock(&jobs->lock);
    pthread_cond_broadcast(&jobs->wake);
    for (size_t i = 0; i < jobs->worker_count; i++) {
        pthread_join(jobs->workers[i].thread, NULL);
        worker_close(&jobs->workers[i]);
    }
    pthread_mutex_destroy(&jobs->lock);
    pthread_cond_destroy(&jobs->wake);
    free(jobs);
}
