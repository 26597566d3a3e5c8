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
    /* what runs, under the lock */
    bool is_working;
    enum job_kind kind;
    uint64_t owner, round, ticket;
};

/* The jobs of one kind that wait, by their rounds. Invariant: waiting is the length of the list. */
struct queue {
    struct job *first;
    size_t waiting;
    size_t running;
    uint64_t round; /* of the job that was taken last */
};

/*
 * Invariants, under lock:
 *  1. for each queue: waiting <= queue_length; running is the number of workers with that kind;
 *  2. a job waits only where has_place says no, or all threads work or are being woken.
 */
struct jobs {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct queue queues[JOB_KINDS];
    enum job_kind turn; /* whose turn it is where several wait */
    size_t queue_length;
    uint64_t tickets;
    bool is_stopping;
    size_t worker_max;
    size_t worker_count; /* whose threads run */
    struct worker workers[];
};

enum { FAIR_THREADS = 4 /* as many as it takes for every promise of jobs.h */ };

/* Of a short kind and the long one together. */
static size_t running_max(const struct jobs *jobs, enum job_kind kind)
{
    const size_t all_but_one = jobs->worker_max > 1 ? jobs->worker_max - 1 : 1;
    return kind == JOB_STORED && jobs->worker_max < 3 ? jobs->worker_max : all_but_one;
}

static size_t long_max(const struct jobs *jobs)
{
    return jobs->worker_max > FAIR_THREADS ? jobs->worker_max - 3 : 1;
}

static size_t places_left(const struct jobs *jobs, enum job_kind kind)
{
    const size_t taken = jobs->queues[kind].running + jobs->queues[JOB_LONG].running;
    return running_max(jobs, kind) > taken ? running_max(jobs, kind) - taken : 0;
}

static bool runs_one(const struct jobs *jobs, uint64_t owner, enum job_kind kind)
{
    for (size_t i = 0; i < jobs->worker_max; i++) {
        const struct worker *worker = &jobs->workers[i];
        if (worker->is_working && worker->kind == kind && worker->owner == owner) {
            return true;
        }
    }
    return false;
}

/* Whether the owner has to leave the last place to others. */
static bool has_enough(const struct jobs *jobs, uint64_t owner, enum job_kind kind)
{
    return owner != 0 && jobs->worker_max >= FAIR_THREADS && runs_one(jobs, owner, kind);
}

static bool has_long_place(const struct jobs *jobs, uint64_t owner)
{
    const size_t running = jobs->queues[JOB_LONG].running;
    return running + 1 < long_max(jobs) || (running < long_max(jobs) && !has_enough(jobs, owner, JOB_LONG));
}

/* Whether a job may run, if there is a thread. */
static bool has_place(const struct jobs *jobs, uint64_t owner, enum job_kind kind)
{
    if (kind == JOB_LONG) {
        return has_long_place(jobs, owner) && places_left(jobs, JOB_SENT) > 0 && places_left(jobs, JOB_STORED) > 0;
    }
    const size_t left = places_left(jobs, kind);
    return left > 1 || (left == 1 && !has_enough(jobs, owner, kind));
}

/* Takes the next job of a kind that may run out of its queue, or NULL. */
static struct job *take_of(struct jobs *jobs, enum job_kind kind)
{
    struct queue *queue = &jobs->queues[kind];
    for (struct job **at = &queue->first; *at != NULL; at = &(*at)->next) {
        struct job *job = *at;
        if (has_place(jobs, job->owner, kind)) {
            *at = job->next;
            queue->waiting--;
            queue->running++;
            queue->round = job->round > queue->round ? job->round : queue->round;
            return job;
        }
    }
    return NULL;
}

/* Takes the next job that may run, or NULL. */
static struct job *take(struct jobs *jobs)
{
    for (int i = 0; i < JOB_KINDS; i++) {
        enum job_kind kind = (enum job_kind)(((int)jobs->turn + i) % JOB_KINDS);
        struct job *job = take_of(jobs, kind);
        if (job != NULL) {
            jobs->turn = (enum job_kind)(((int)kind + 1) % JOB_KINDS);
            return job;
        }
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
        worker->is_working = true;
        worker->kind = job->kind;
        worker->owner = job->owner;
        worker->round = job->round;
        worker->ticket = job->ticket;
        pthread_mutex_unlock(&jobs->lock);
        job->run(job, worker->db, worker->node); /* its memory may be gone afterwards */
        pthread_mutex_lock(&jobs->lock);
        worker->is_working = false;
        jobs->queues[worker->kind].running--; /* the kind may be another one by now */
        pthread_cond_broadcast(&jobs->wake); /* the next may run; those that wait for the end look again */
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
    enum status status = db_open_reader_beside(db_path, &worker->db);
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
    opened->worker_max = threads;
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

bool jobs_has_share(size_t places, size_t taken, size_t own)
{
    return taken < places && own < JOBS_SHARE * (places - taken);
}

/* The round of an owner's next job: the one behind his last one, which waits or runs; else the one that is served now. */
static uint64_t round_of(const struct jobs *jobs, const struct job *job)
{
    const struct queue *queue = &jobs->queues[job->kind];
    uint64_t round = queue->round;
    for (const struct job *other = queue->first; other != NULL && job->owner != 0; other = other->next) {
        round = other->owner == job->owner && other->round >= round ? other->round + 1 : round;
    }
    for (size_t i = 0; i < jobs->worker_max && job->owner != 0; i++) {
        const struct worker *worker = &jobs->workers[i];
        if (worker->is_working && worker->kind == job->kind && worker->owner == job->owner && worker->round >= round) {
            round = worker->round + 1;
        }
    }
    return round;
}

static size_t waiting_of(const struct queue *queue, uint64_t owner)
{
    size_t waiting = 0;
    for (const struct job *job = queue->first; job != NULL && owner != 0; job = job->next) {
        waiting += job->owner == owner;
    }
    return waiting;
}

enum status jobs_submit(struct jobs *jobs, struct job *job)
{
    struct queue *queue = &jobs->queues[job->kind];
    pthread_mutex_lock(&jobs->lock);
    assert(!jobs->is_stopping);
    if (!jobs_has_share(jobs->queue_length, queue->waiting, waiting_of(queue, job->owner))) {
        pthread_mutex_unlock(&jobs->lock);
        return STATUS_BUSY;
    }
    job->round = round_of(jobs, job);
    job->ticket = ++jobs->tickets;
    struct job **at = &queue->first;
    while (*at != NULL && (*at)->round <= job->round) {
        at = &(*at)->next;
    }
    job->next = *at;
    *at = job;
    queue->waiting++;
    pthread_mutex_unlock(&jobs->lock);
    pthread_cond_signal(&jobs->wake);
    return STATUS_OK;
}

bool jobs_withdraw(struct jobs *jobs, const struct job *job)
{
    struct queue *queue = &jobs->queues[job->kind];
    bool was_waiting = false;
    pthread_mutex_lock(&jobs->lock);
    for (struct job **at = &queue->first; *at != NULL; at = &(*at)->next) {
        if (*at == job) {
            *at = job->next;
            queue->waiting--;
            was_waiting = true;
            break;
        }
    }
    pthread_mutex_unlock(&jobs->lock);
    return was_waiting;
}

/* Beside the place that it has, a long job takes one of the other short kind. */
static bool can_lengthen(const struct jobs *jobs, const struct worker *worker)
{
    return worker->kind != JOB_LONG && has_long_place(jobs, worker->owner) &&
           places_left(jobs, worker->kind == JOB_SENT ? JOB_STORED : JOB_SENT) > 0;
}

bool jobs_lengthen(struct jobs *jobs, const struct job *job)
{
    bool is_long = false;
    pthread_mutex_lock(&jobs->lock);
    for (size_t i = 0; i < jobs->worker_max; i++) {
        struct worker *worker = &jobs->workers[i];
        if (worker->is_working && worker->ticket == job->ticket && can_lengthen(jobs, worker)) {
            jobs->queues[worker->kind].running--;
            jobs->queues[JOB_LONG].running++;
            worker->kind = JOB_LONG;
            is_long = true;
        }
    }
    pthread_mutex_unlock(&jobs->lock);
    if (is_long) {
        pthread_cond_broadcast(&jobs->wake); /* an owner may have more of the kind that it was */
    }
    return is_long;
}

static size_t sum(struct jobs *jobs, bool is_running)
{
    size_t count = 0;
    pthread_mutex_lock(&jobs->lock);
    for (int i = 0; i < JOB_KINDS; i++) {
        count += is_running ? jobs->queues[i].running : jobs->queues[i].waiting;
    }
    pthread_mutex_unlock(&jobs->lock);
    return count;
}

size_t jobs_waiting(struct jobs *jobs)
{
    return sum(jobs, false);
}

size_t jobs_running(struct jobs *jobs)
{
    return sum(jobs, true);
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
