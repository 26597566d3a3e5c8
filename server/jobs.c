/*
 * The pool for long computations. What a job is: await.c.
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

/* The jobs of one kind. Invariants: first is NULL exactly where last is NULL; waiting is the length of the list. */
struct queue {
    struct job *first;
    struct job *last;
    size_t waiting;
    size_t running;
    size_t running_max;
};

/*
 * Invariants, under lock, for each queue:
 *  1. waiting <= queue_length; running <= running_max;
 *  2. a job waits only where running == running_max, or all threads work or are being woken.
 */
struct jobs {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct queue queues[JOB_KINDS];
    enum job_kind turn; /* whose turn it is where both wait */
    size_t queue_length;
    bool is_stopping;
    size_t worker_count; /* whose threads run */
    struct worker workers[];
};

/* Takes the next job that may run, or NULL. */
static struct job *take(struct jobs *jobs)
{
    for (int i = 0; i < JOB_KINDS; i++) {
        enum job_kind kind = (enum job_kind)(((int)jobs->turn + i) % JOB_KINDS);
        struct queue *queue = &jobs->queues[kind];
        struct job *job = queue->first;
        if (job == NULL || queue->running == queue->running_max) {
            continue;
        }
        queue->first = job->next;
        if (queue->first == NULL) {
            queue->last = NULL;
        }
        queue->waiting--;
        queue->running++;
        jobs->turn = kind == JOB_STORED ? JOB_SENT : JOB_STORED;
        return job;
    }
    return NULL;
}

static bool is_over(const struct jobs *jobs)
{
    for (int i = 0; i < JOB_KINDS; i++) {
        if (jobs->queues[i].waiting > 0) {
            return false;
        }
    }
    return jobs->is_stopping;
}

static void *worker_main(void *context)
{
    struct worker *worker = context;
    struct jobs *jobs = worker->jobs;
    pthread_mutex_lock(&jobs->lock);
    for (;;) {
        struct job *job = take(jobs);
        if (job == NULL) {
            if (is_over(jobs)) {
                break;
            }
            pthread_cond_wait(&jobs->wake, &jobs->lock);
            continue;
        }
        enum job_kind kind = job->kind;
        pthread_mutex_unlock(&jobs->lock);
        job->run(job, worker->db, worker->node); /* its memory may be gone afterwards */
        pthread_mutex_lock(&jobs->lock);
        jobs->queues[kind].running--;
        pthread_cond_broadcast(&jobs->wake); /* the next of its kind may run; those that wait for the end look again */
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
    opened->queues[JOB_STORED].running_max = threads;
    opened->queues[JOB_SENT].running_max = threads > 1 ? threads - 1 : 1;
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
    struct queue *queue = &jobs->queues[job->kind];
    pthread_mutex_lock(&jobs->lock);
    assert(!jobs->is_stopping);
    if (queue->waiting >= jobs->queue_length) {
        pthread_mutex_unlock(&jobs->lock);
        return STATUS_BUSY;
    }
    job->next = NULL;
    if (queue->last == NULL) {
        queue->first = job;
    } else {
        queue->last->next = job;
    }
    queue->last = job;
    queue->waiting++;
    pthread_mutex_unlock(&jobs->lock);
    pthread_cond_signal(&jobs->wake);
    return STATUS_OK;
}

size_t jobs_waiting(struct jobs *jobs)
{
    pthread_mutex_lock(&jobs->lock);
    size_t waiting = jobs->queues[JOB_STORED].waiting + jobs->queues[JOB_SENT].waiting;
    pthread_mutex_unlock(&jobs->lock);
    return waiting;
}

size_t jobs_running(struct jobs *jobs)
{
    pthread_mutex_lock(&jobs->lock);
    size_t running = jobs->queues[JOB_STORED].running + jobs->queues[JOB_SENT].running;
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
