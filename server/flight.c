/* Riders are a list of their lead, which lives at least as long as it has any. What a task is: tasks.c. */
#include "server/flight.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "handlers/problem.h"
#include "json/unfold.h"
#include "server/jobs.h"
#include "server/server.h"
#include "server/task.h"

bool flight_name(struct task *task, const struct exchange *from)
{
    if (from->question == NULL) {
        return true;
    }
    const char *fields = exchange_query(from, "fields");
    task->key = arena_format(&task->arena, "%u %d %d %s %s\n%s\n%s", from->wanted, (int)from->is_headless, (int)from->is_chinese,
                             from->table != NULL ? from->table->name : "-", fields != NULL ? fields : "", from->path, from->question);
    return task->key != NULL;
}

static bool may_join(const struct task *lead, const struct task *task)
{
    return lead->is_open && (lead->state == TASK_RUNNING || !lead->is_long || task->is_long) && strcmp(lead->key, task->key) == 0;
}

bool flight_join(struct task *task)
{
    struct task *lead = task->key != NULL ? task->tasks->first : NULL;
    while (lead != NULL && !may_join(lead, task)) {
        lead = lead->next;
    }
    if (lead == NULL) {
        return false;
    }
    task->lead = lead;
    task->next_rider = lead->riders;
    lead->riders = task;
    task->state = lead->state;
    task->begun_us = lead->begun_us;
    task_advance(task, lead->reached);
    task->tasks->counts.joined++;
    return true;
}

void flight_take_off(struct task *lead)
{
    lead->begun_us = clock_steady_us();
    lead->state = TASK_RUNNING;
    for (struct task *rider = lead->riders; rider != NULL; rider = rider->next_rider) {
        rider->begun_us = lead->begun_us;
        rider->state = TASK_RUNNING;
    }
}

void flight_advance(struct task *lead, int position)
{
    if (position > lead->reached) {
        pthread_mutex_lock(&lead->tasks->lock);
        lead->reached = position;
        task_advance(lead, position);
        for (struct task *rider = lead->riders; rider != NULL; rider = rider->next_rider) {
            task_advance(rider, position);
        }
        pthread_mutex_unlock(&lead->tasks->lock);
    }
}

bool flight_is_wanted(struct task *lead, int64_t now_us)
{
    bool is_wanted = !task_look_for_waiter(lead, now_us);
    for (struct task *rider = lead->riders; rider != NULL && !is_wanted; rider = rider->next_rider) {
        is_wanted = !task_look_for_waiter(rider, now_us);
    }
    return is_wanted;
}

struct task *flight_land(struct task *lead)
{
    struct task *riders = lead->riders;
    lead->riders = NULL;
    lead->is_open = false;
    for (struct task *rider = riders; rider != NULL; rider = rider->next_rider) {
        rider->lead = NULL;
    }
    return riders;
}

void flight_share(const struct task *lead, struct task *rider)
{
    const struct exchange *from = &lead->exchange;
    struct exchange *to = &rider->exchange;
    to->status = from->status;
    to->content_type = from->content_type; /* static */
    to->cancelled = from->cancelled;
    to->seq = from->seq > to->seq ? from->seq : to->seq; /* what the rider saw had the same answer */
    rider->shows_state = lead->shows_state;
    for (size_t i = 0; i < from->header_count; i++) {
        const char *value = arena_text(&rider->arena, from->headers[i].value);
        if (value != NULL) {
            exchange_header(to, from->headers[i].name, value);
        }
    }
    buffer_append(&to->reply, from->reply.bytes, from->reply.length);
    if (to->reply.failed) {
        buffer_fini(&to->reply);
        to->header_count = 0;
        problem_status(to, STATUS_EXHAUSTED);
    }
}

/* Off its lead's list. */
static void get_off(struct task *rider)
{
    struct task **at = &rider->lead->riders;
    while (*at != rider) {
        at = &(*at)->next_rider;
    }
    *at = rider->next_rider;
    rider->lead = NULL;
}

/* One that waited for a thread and computes for nobody any more. */
static bool withdraw(struct task *task)
{
    return task->state == TASK_WAITING && jobs_withdraw(task->tasks->server->jobs, &task->job);
}

struct task *flight_leave(struct task *task)
{
    struct tasks *tasks = task->tasks;
    struct task *lead = task->lead;
    if (task->riders != NULL) { /* it goes on for them, without a name */
        tasks->job_count--;
        task->is_job = false;
        return NULL;
    }
    task_unlink(task);
    task->next = NULL;
    if (lead == NULL) {
        return (task->state == TASK_FINISHED ? task->readers == 0 : withdraw(task)) ? task : NULL;
    }
    get_off(task);
    if (lead->riders == NULL && lead->waiter == NULL && !lead->is_job && withdraw(lead)) {
        task_unlink(lead);
        lead->next = NULL;
        task->next = lead;
    }
    return task;
}
