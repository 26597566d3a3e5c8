/* A task on its list, and its end. Read tasks.c for its life. */
#include "server/task.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/memory.h"
#include "server/follow.h"
#include "server/request.h"
#include "server/server.h"
#include "server/wire/client.h"

void task_link(struct task *task)
{
    struct tasks *tasks = task->tasks;
    task->previous = tasks->last;
    task->next = NULL;
    *(tasks->last != NULL ? &tasks->last->next : &tasks->first) = task;
    tasks->last = task;
    task->is_listed = true;
}

void task_unlink(struct task *task)
{
    struct tasks *tasks = task->tasks;
    *(task->previous != NULL ? &task->previous->next : &tasks->first) = task->next;
    *(task->next != NULL ? &task->next->previous : &tasks->last) = task->previous;
    task->is_listed = false;
    task->is_open = false;
    if (task->is_job) {
        tasks->job_count--;
        tasks->counts.bytes -= task->state == TASK_FINISHED ? task->exchange.reply.length : 0;
    }
}

struct task *task_find(struct tasks *tasks, const char *id)
{
    struct task *task = tasks->first;
    while (task != NULL && (!task->is_job || strcmp(task->track->id, id) != 0)) {
        task = task->next;
    }
    return task;
}

/* hangup_look looks now and then only. */
bool task_look_for_waiter(struct task *task, int64_t now_us)
{
    if (task->waiter != NULL && hangup_look(&task->waiter->hangup, task->waiter->client->fd, now_us)) {
        atomic_store(&task->is_dropped, true);
    }
    return atomic_load(&task->is_dropped);
}

void task_strip(struct task *task)
{
    const bool was_large = task->body.length > LIMIT_TRIM_BYTES;
    arena_fini(&task->arena);
    arena_init(&task->arena);
    buffer_fini(&task->body);
    atomic_fetch_sub(&task->tasks->server->body_bytes, task->body_counted);
    task->body_counted = 0;
    if (was_large) {
        memory_give_back(); /* what such a body was made into is not to stay with the process */
    }
}

void task_free(struct task *task)
{
    task_strip(task);
    arena_fini(&task->arena);
    buffer_fini(&task->exchange.reply);
    track_release(task->track);
    free(task);
}

void task_view(const struct task *task, struct job_view *view)
{
    const int position = track_position(task->track);
    memcpy(view->id, task->track->id, sizeof view->id);
    view->is_running = task->state == TASK_RUNNING;
    view->progress = position < JOB_AT_SHARE ? -1 : position < JOB_AT_DONE ? position - JOB_AT_SHARE : JOB_AT_DONE - JOB_AT_SHARE;
}

void task_free_all(struct task *task)
{
    while (task != NULL) {
        struct task *next = task->next;
        task_free(task);
        task = next;
    }
}

void task_advance(struct task *task, int position)
{
    if (track_advance(task->track, position)) {
        feed_tell(task->tasks->server->feed);
    }
}
