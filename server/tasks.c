/*
 * One list of tasks under one lock, which is taken before that of the job pool: a task is submitted under it, so that what was
 * refused was never seen by the janitor. Who takes the waiter out of a task, under the lock, owns the request from then on and
 * wakes it: the pool's thread with the answer, or the janitor with 202; never both.
 *
 * A task that is a job from the start waits and runs among the long ones. One that becomes a job while it waits keeps its turn among
 * the short ones, since most are short; one that runs goes over to the long ones as soon as they have a place.
 */
#include "server/tasks.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "handlers/problem.h"
#include "handlers/tag.h"
#include "server/call.h"
#include "server/config/config.h"
#include "server/flight.h"
#include "server/jobs.h"
#include "server/metrics.h"
#include "server/request.h"
#include "server/server.h"
#include "server/suspend.h"
#include "server/task.h"
#include "server/task_desk.h"

enum { LOOK_BEFORE_US = 1000000 };

/* Under the lock: how long it may run. */
static int64_t task_seconds(const struct task *task)
{
    const struct config *config = task->tasks->server->config;
    return task->is_long ? config->background_seconds : config->job_seconds;
}

/* Why it need not go on. While requests wait, their clients are looked at: under the lock, since the janitor may let them go. */
static enum cancelled find_cancelled(struct task *task)
{
    const struct server *server = task->tasks->server;
    if (task->exchange.cancelled != CANCELLED_NOT) {
        return task->exchange.cancelled;
    }
    if (atomic_load_explicit(task->is_sent ? &server->is_cancelling_sent : &server->is_cancelling, memory_order_relaxed)) {
        return CANCELLED_STOPPING;
    }
    const int64_t now_us = clock_steady_us();
    const bool is_late = now_us > atomic_load_explicit(&task->until_us, memory_order_relaxed);
    pthread_mutex_lock(&task->tasks->lock);
    task->exchange.job_seconds = task_seconds(task);
    const bool is_gone = !is_late && !flight_is_wanted(task, now_us);
    task->is_open = task->is_open && !is_late && !is_gone;
    pthread_mutex_unlock(&task->tasks->lock);
    return is_late ? CANCELLED_LATE : is_gone ? CANCELLED_GONE : CANCELLED_NOT;
}

static bool task_is_cancelled(void *context)
{
    struct exchange *exchange = context;
    exchange->cancelled = find_cancelled(exchange->server);
    return exchange->cancelled != CANCELLED_NOT;
}

static void task_progress(void *context, size_t done, size_t count)
{
    const struct exchange *exchange = context;
    struct task *task = exchange->server;
    const size_t share = count > 0 ? (done < count ? done : count) * 1000 / count : 0; /* 1 is what has its answer */
    flight_advance(task, JOB_AT_SHARE + (int)(share < 1000 ? share : 999));
}

/* What a handler of an is_async route does not ask for. */
static const char *task_header(const struct exchange *exchange, const char *name)
{
    (void)exchange;
    (void)name;
    return NULL;
}

/* The answer becomes the request's reply. It is suspended, and nobody else's. */
static void deliver(struct task *task, struct request *request)
{
    struct exchange *from = &task->exchange;
    struct exchange *to = &request->exchange;
    call_reset(to);
    to->status = from->status;
    to->content_type = from->content_type; /* static */
    to->cancelled = atomic_load(&task->is_dropped) ? CANCELLED_GONE : from->cancelled;
    to->seq = from->seq;
    for (size_t i = 0; i < from->header_count; i++) {
        const char *value = arena_text(to->arena, from->headers[i].value);
        if (value != NULL) {
            exchange_header(to, from->headers[i].name, value);
        }
    }
    buffer_fini(&to->reply);
    to->reply = from->reply; /* moved */
    buffer_init(&from->reply);
    request->shows_state = task->shows_state;
    request->begun_us = task->begun_us;
    request->is_job_done = true;
}

/* Under the lock: of the kept answers one that was read, and of those the oldest; NULL where none is kept. */
static struct task *least_wanted(struct tasks *tasks)
{
    struct task *chosen = NULL;
    for (struct task *task = tasks->first; task != NULL; task = task->next) {
        if (task->is_job && task->state == TASK_FINISHED &&
            (chosen == NULL || (task->was_read && !chosen->was_read) ||
             (task->was_read == chosen->was_read && task->finished_us < chosen->finished_us))) {
            chosen = task;
        }
    }
    return chosen;
}

/* Under the lock. Put on *out, unless somebody reads it, who then frees it. */
static void forget(struct task *task, struct task **out)
{
    task_unlink(task);
    task->tasks->counts.evicted++;
    if (task->readers == 0) {
        task->next = *out;
        *out = task;
    }
}

/* Under the lock. Makes room for so many bytes more; what falls out is put on *out. */
static void evict(struct tasks *tasks, size_t bytes, struct task **out)
{
    while (tasks->counts.bytes > 0 && tasks->counts.bytes + bytes > TASKS_BYTES_MAX) {
        struct task *chosen = least_wanted(tasks);
        assert(chosen != NULL);
        forget(chosen, out);
    }
}

/* Keeps the answer of a job, unless it was dropped meanwhile. */
static void keep(struct task *task)
{
    struct tasks *tasks = task->tasks;
    struct task *out = NULL;
    const char *language = exchange_header_added(&task->exchange, "Content-Language");
    snprintf(task->language, sizeof task->language, "%s", language != NULL ? language : "");
    char etag[TAG_BYTES] = "";
    if (task->exchange.status == 200) {
        tag_make(etag, TAG_NO_VERSION, task->exchange.reply.bytes, task->exchange.reply.length);
    }
    task_strip(task);
    task->exchange.header_count = 0; /* the values are gone; of them the sender adds what is needed */
    pthread_mutex_lock(&tasks->lock);
    if (task->is_listed) {
        evict(tasks, task->exchange.reply.length, &out);
        task->state = TASK_FINISHED;
        memcpy(task->etag, etag, sizeof task->etag);
        task->finished_us = clock_steady_us();
        tasks->counts.bytes += task->exchange.reply.length;
        task_advance(task, task->exchange.status == 200 ? JOB_AT_DONE : JOB_AT_FAILED);
    } else {
        task->next = NULL;
        out = task;
    }
    pthread_mutex_unlock(&tasks->lock);
    task_free_all(out);
}

/* Whoever asked gets the answer: the request that waits, or the job keeps it. */
static void hand_over(struct task *task)
{
    struct tasks *tasks = task->tasks;
    pthread_mutex_lock(&tasks->lock);
    struct request *waiter = task->waiter;
    task->waiter = NULL;
    if (task->is_listed && !task->is_job) {
        task_unlink(task);
    }
    pthread_mutex_unlock(&tasks->lock);
    if (waiter == NULL) {
        keep(task);
        return;
    }
    deliver(task, waiter);
    task_free(task);
    suspend_wake(waiter);
}

static void finish(struct task *task)
{
    struct tasks *tasks = task->tasks;
    pthread_mutex_lock(&tasks->lock);
    const enum job_kind kind = task->is_long ? JOB_LONG : task->job.kind;
    struct task *rider = flight_land(task);
    pthread_mutex_unlock(&tasks->lock);
    metrics_count_job(tasks->server->metrics, kind, clock_steady_us() - task->begun_us);
    while (rider != NULL) {
        struct task *next = rider->next_rider;
        flight_share(task, rider);
        hand_over(rider);
        rider = next;
    }
    hand_over(task);
}

static void task_run(struct job *job, struct db *db, struct node *node)
{
    struct task *task = job->context;
    struct exchange *exchange = &task->exchange;
    struct call_report report = {false, 0};
    pthread_mutex_lock(&task->tasks->lock);
    flight_take_off(task);
    atomic_store(&task->until_us, task->begun_us + task_seconds(task) * 1000000);
    pthread_mutex_unlock(&task->tasks->lock);
    flight_advance(task, JOB_AT_RUNNING);
    exchange->node = node;
    if (!task_is_cancelled(exchange)) {
        enum handled handled = call_handler(exchange, db, &report);
        assert(handled == HANDLED_REPLY);
        (void)handled;
    } else if (exchange->cancelled == CANCELLED_STOPPING) {
        problem_reply(exchange, "stopping", "The service is stopping; the computation was given up.");
    }
    exchange->db = NULL;
    exchange->node = NULL;
    task->shows_state = report.shows_state;
    if (exchange->reply.failed || exchange->reply.length > LIMIT_REPLY_BYTES) {
        problem_status(exchange, STATUS_EXHAUSTED);
    }
    finish(task);
}

/* The texts of a request that its handler reads. */
static bool copy_texts(struct task *task, const struct exchange *from)
{
    struct exchange *to = &task->exchange;
    const char **texts[] = {&to->target, &to->path, &to->base_url, &to->request_id, &to->scope, &to->client,
                            &to->caller.organisation, &to->caller.subject};
    bool is_whole = true;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        *texts[i] = *texts[i] != NULL ? arena_text(&task->arena, *texts[i]) : NULL;
        is_whole = is_whole && *texts[i] != NULL;
    }
    for (size_t i = 0; i < from->parameter_count; i++) {
        to->parameters[i] = arena_text(&task->arena, from->parameters[i]);
        is_whole = is_whole && to->parameters[i] != NULL;
    }
    for (size_t i = 0; i < from->query_count; i++) {
        to->query[i].name = arena_text(&task->arena, from->query[i].name);
        to->query[i].value = arena_text(&task->arena, from->query[i].value);
        is_whole = is_whole && to->query[i].name != NULL && to->query[i].value != NULL;
    }
    return is_whole;
}

struct task *tasks_create(struct tasks *tasks, struct request *request)
{
    const struct exchange *from = &request->exchange;
    struct task *task = calloc(1, sizeof *task);
    struct track *track = track_create();
    if (task == NULL || track == NULL) {
        free(task);
        track_release(track);
        return NULL;
    }
    task->tasks = tasks;
    task->track = track;
    task->exchange = *from;
    buffer_init(&task->exchange.reply);
    buffer_init(&task->body);
    arena_init(&task->arena);
    task->exchange.arena = &task->arena;
    task->exchange.fields = NULL; /* the handler finds them again in the query */
    task->exchange.field_count = 0;
    call_reset(&task->exchange);
    if (!copy_texts(task, from) || !flight_name(task, from)) {
        task_free(task);
        return NULL;
    }
    task->exchange.question = NULL;
    task->exchange.is_job = true;
    task->exchange.is_cancelled = task_is_cancelled;
    task->exchange.progress = task_progress;
    task->exchange.header = task_header;
    task->exchange.server = task;
    snprintf(task->asker, sizeof task->asker, "%s", from->has_token ? actor_scope(&from->caller) : "");
    task->is_sent = from->route->class == CLASS_JOB;
    task->job = (struct job){.run = task_run, .context = task, .kind = task->is_sent ? JOB_SENT : JOB_STORED, .owner = request_owner(request)};
    task->body = request->body; /* moved, as its count is */
    task->body_counted = request->body_counted;
    buffer_init(&request->body);
    request->body_counted = 0;
    request->exchange.body = "";
    request->exchange.body_length = 0;
    return task;
}

/* Under the lock: how many jobs whoever asked for this task has. */
static size_t jobs_of(const struct tasks *tasks, uint64_t owner)
{
    size_t count = 0;
    for (const struct task *task = tasks->first; task != NULL && owner != 0; task = task->next) {
        count += task->is_job && task->job.owner == owner;
    }
    return count;
}

/* Under the lock: whether one more of this owner may be kept. An answer that was read makes room. */
static bool has_room(struct tasks *tasks, uint64_t owner)
{
    struct task *out = NULL;
    if (jobs_has_share((size_t)tasks->server->config->jobs_kept, tasks->job_count, jobs_of(tasks, owner))) {
        return true;
    }
    struct task *chosen = least_wanted(tasks);
    if (chosen == NULL || !chosen->was_read) {
        return false;
    }
    forget(chosen, &out);
    task_free_all(out);
    return true;
}

/* Under the lock. False: there are as many as may be, or there is no id to be had, or the service stops: nobody could ask. */
static bool become_job(struct task *task)
{
    static const char digits[] = "0123456789abcdef";
    struct tasks *tasks = task->tasks;
    unsigned char bytes[(JOB_ID_BYTES - 1) / 2];
    if (atomic_load(&tasks->server->is_stopping) || random_bytes(bytes, sizeof bytes) != STATUS_OK || !has_room(tasks, task->job.owner)) {
        return false;
    }
    for (size_t i = 0; i < sizeof bytes; i++) {
        task->track->id[2 * i] = digits[bytes[i] >> 4];
        task->track->id[2 * i + 1] = digits[bytes[i] & 15];
    }
    task->track->id[JOB_ID_BYTES - 1] = 0;
    task->is_job = true;
    tasks->job_count++;
    tasks->counts.created++;
    return true;
}

/* Under the lock: a job that runs among the short ones goes over to the long ones, where they have a place free; else it has as
 * long as a short one, or until one is free. */
static void lengthen(struct task *job)
{
    struct task *task = job->lead != NULL ? job->lead : job;
    if (job->is_job && !task->is_long && task->state == TASK_RUNNING && jobs_lengthen(task->tasks->server->jobs, &task->job)) {
        task->is_long = true;
        atomic_store(&task->until_us, task->begun_us + task_seconds(task) * 1000000);
    }
}

/* Under the lock; the task is listed. */
static enum status submit(struct task *task)
{
    if (flight_join(task)) {
        lengthen(task);
        return STATUS_OK;
    }
    enum status status = jobs_submit(task->tasks->server->jobs, &task->job);
    if (status != STATUS_OK) {
        task_unlink(task);
    } else {
        task->is_open = task->key != NULL;
    }
    return status;
}

bool tasks_submit_job(struct task *task, struct request *request)
{
    struct tasks *tasks = task->tasks;
    struct job_view view;
    pthread_mutex_lock(&tasks->lock);
    const bool is_job = become_job(task);
    enum status status = STATUS_OK;
    if (is_job) {
        task->is_long = true;
        task->job.kind = JOB_LONG;
        task_link(task);
        task_view(task, &view);
        status = submit(task);
    }
    pthread_mutex_unlock(&tasks->lock);
    if (!is_job) {
        return false;
    }
    if (status != STATUS_OK) {
        task_free(task);
        problem_reply(&request->exchange, "busy", "More computations wait than the server takes; try again shortly.");
    } else {
        jobs_accept(&request->exchange, &view, true);
    }
    return true;
}

enum status tasks_submit(struct task *task, struct request *request, int64_t leave_us, bool is_wished)
{
    struct tasks *tasks = task->tasks;
    pthread_mutex_lock(&tasks->lock);
    task->waiter = request;
    task->leave_us = leave_us;
    task->is_wished = is_wished;
    task_link(task);
    enum status status = submit(task);
    pthread_mutex_unlock(&tasks->lock);
    if (status != STATUS_OK) {
        task_free(task);
    }
    return status;
}

/* Under the lock: the next request that has waited long enough, as a job now; or NULL. */
static struct request *take_waiter(struct tasks *tasks, int64_t now_us, struct job_view *view, bool *is_wished)
{
    for (struct task *task = tasks->first; task != NULL; task = task->next) {
        if (task->waiter == NULL || now_us < task->leave_us - LOOK_BEFORE_US || task_look_for_waiter(task, now_us)) {
            continue; /* of one that is gone the pool's thread lets go, or let_go_riders */
        }
        if (now_us >= task->leave_us && become_job(task)) {
            struct request *waiter = task->waiter;
            task->waiter = NULL;
            lengthen(task);
            task_view(task, view);
            *is_wished = task->is_wished;
            return waiter;
        }
    }
    return NULL;
}

/* Under the lock: unlinks what was kept for long enough; a list. */
static struct task *take_expired(struct tasks *tasks, int64_t now_us)
{
    const int64_t kept_us = tasks->server->config->jobs_kept_seconds * 1000000;
    struct task *expired = NULL;
    for (struct task *task = tasks->first, *next; task != NULL; task = next) {
        next = task->next;
        if (task->is_job && task->state == TASK_FINISHED && now_us - task->finished_us > kept_us) {
            task_unlink(task);
            tasks->counts.expired++;
            if (task->readers == 0) {
                task->next = expired;
                expired = task;
            }
        }
    }
    return expired;
}

/* Of those that another one computes for, lets go whose clients are gone: they may be many, and hold connections until it ends. */
static void let_go_riders(struct tasks *tasks, int64_t now_us)
{
    struct task *out = NULL;
    do {
        struct request *waiter = NULL;
        pthread_mutex_lock(&tasks->lock);
        out = tasks->first;
        while (out != NULL && (out->lead == NULL || out->waiter == NULL || !task_look_for_waiter(out, now_us))) {
            out = out->next;
        }
        if (out != NULL) {
            waiter = out->waiter;
            out->waiter = NULL;
            out = flight_leave(out);
        }
        pthread_mutex_unlock(&tasks->lock);
        task_free_all(out);
        if (waiter != NULL) {
            call_reset(&waiter->exchange);
            waiter->exchange.cancelled = CANCELLED_GONE;
            waiter->is_job_done = true;
            suspend_wake(waiter);
        }
    } while (out != NULL);
}

static void lengthen_all(struct tasks *tasks)
{
    pthread_mutex_lock(&tasks->lock);
    for (struct task *task = tasks->first; task != NULL; task = task->next) {
        lengthen(task);
    }
    pthread_mutex_unlock(&tasks->lock);
}

void tasks_tick(struct tasks *tasks)
{
    const int64_t now_us = clock_steady_us();
    struct job_view view;
    struct request *waiter = NULL;
    bool is_wished = false;
    do {
        pthread_mutex_lock(&tasks->lock);
        waiter = take_waiter(tasks, now_us, &view, &is_wished);
        struct task *expired = take_expired(tasks, now_us);
        pthread_mutex_unlock(&tasks->lock);
        task_free_all(expired);
        if (waiter != NULL) {
            call_reset(&waiter->exchange);
            waiter->is_job_done = true;
            jobs_accept(&waiter->exchange, &view, is_wished);
            suspend_wake(waiter);
        }
    } while (waiter != NULL);
    let_go_riders(tasks, now_us);
    lengthen_all(tasks);
}

void tasks_measure(struct tasks *tasks, struct tasks_measure *measure)
{
    pthread_mutex_lock(&tasks->lock);
    *measure = tasks->counts;
    measure->finished = 0;
    for (const struct task *task = tasks->first; task != NULL; task = task->next) {
        measure->finished += task->is_job && task->state == TASK_FINISHED;
    }
    measure->unfinished = tasks->job_count - measure->finished;
    pthread_mutex_unlock(&tasks->lock);
}

enum status tasks_open(struct server *server, struct tasks **tasks)
{
    struct tasks *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return STATUS_EXHAUSTED;
    }
    opened->desk = (struct job_desk){task_look, task_drop, task_follow};
    opened->server = server;
    pthread_mutex_init(&opened->lock, NULL);
    *tasks = opened;
    return STATUS_OK;
}

struct job_desk *tasks_desk(struct tasks *tasks)
{
    return &tasks->desk;
}

void tasks_close(struct tasks *tasks)
{
    if (tasks == NULL) {
        return;
    }
    task_free_all(tasks->first);
    pthread_mutex_destroy(&tasks->lock);
    free(tasks);
}
