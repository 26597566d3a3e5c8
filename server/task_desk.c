/* Whoever holds the id of a job looks at it; whoever asked for it drops it. */
#include "server/task_desk.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "handlers/condition.h"
#include "handlers/problem.h"
#include "server/flight.h"
#include "server/represent.h"
#include "server/task.h"

/* The answer of a finished job, which readers keep in place, as the reply. */
static void reply_finished(const struct task *task, struct exchange *exchange)
{
    const struct exchange *from = &task->exchange;
    if (from->status == 200 && !represent_kept(exchange, from->content_type)) {
        return;
    }
    char *seq = arena_format(exchange->arena, "%llu", (unsigned long long)from->seq);
    exchange->status = from->status;
    exchange->content_type = from->content_type;
    buffer_append(&exchange->reply, from->reply.bytes, from->reply.length);
    if (exchange->reply.failed) {
        buffer_fini(&exchange->reply);
        problem_status(exchange, STATUS_EXHAUSTED);
        return;
    }
    if (from->status != 200) { /* an answer has a tag: whoever asks again for one that it has kept gets 304 */
        exchange_header(exchange, "Cache-Control", "no-store");
    }
    const char *language = task->language[0] != 0 ? arena_text(exchange->arena, task->language) : NULL;
    if (language != NULL) {
        exchange_header(exchange, "Content-Language", language);
    }
    if (task->shows_state && seq != NULL) {
        exchange_header(exchange, "Tallystick-Seq", seq);
    }
}

enum job_look task_look(struct job_desk *desk, const char *id, struct exchange *exchange, struct job_view *view)
{
    struct tasks *tasks = (struct tasks *)(void *)desk;
    pthread_mutex_lock(&tasks->lock);
    struct task *task = task_find(tasks, id);
    const enum job_look found = task == NULL ? JOB_ABSENT : task->state == TASK_FINISHED ? JOB_FINISHED : JOB_UNFINISHED;
    if (found == JOB_UNFINISHED) {
        task_view(task, view);
    } else if (found == JOB_FINISHED) {
        task->was_read = true;
        task->readers++;
    }
    pthread_mutex_unlock(&tasks->lock);
    if (found != JOB_FINISHED) {
        return found;
    }
    reply_finished(task, exchange);
    pthread_mutex_lock(&tasks->lock);
    task->readers--;
    const bool is_last = task->readers == 0 && !task->is_listed;
    pthread_mutex_unlock(&tasks->lock);
    if (is_last) {
        task_free(task);
    }
    return found;
}

/* Whoever asked for it gives it up: without a token, whoever has its id. */
static bool may_drop(const struct task *task, const struct exchange *by)
{
    return task->asker[0] == 0 ||
           (by->has_token && (by->caller.role == ROLE_ADMIN || strcmp(actor_scope(&by->caller), task->asker) == 0));
}

enum job_drop task_drop(struct job_desk *desk, const char *id, const struct exchange *by, struct job_condition *condition)
{
    struct tasks *tasks = (struct tasks *)(void *)desk;
    pthread_mutex_lock(&tasks->lock);
    struct task *task = task_find(tasks, id);
    struct task *out = NULL;
    enum job_drop dropped = JOB_DROP_ABSENT;
    if (task != NULL && !may_drop(task, by)) {
        dropped = JOB_DROP_FOREIGN;
    } else if (task != NULL) {
        memcpy(condition->etag, task->etag, sizeof condition->etag);
        dropped = condition_allows(condition->wanted, condition->unwanted, condition->etag) ? JOB_DROPPED : JOB_DROP_FORBIDDEN;
    }
    if (dropped == JOB_DROPPED) {
        tasks->counts.dropped++;
        atomic_store(&task->is_dropped, true);
        task_advance(task, JOB_AT_CANCELLED);
        out = flight_leave(task);
    }
    pthread_mutex_unlock(&tasks->lock);
    task_free_all(out);
    return dropped;
}

bool task_follow(struct job_desk *desk, const char *id, struct exchange *exchange, int *position)
{
    struct tasks *tasks = (struct tasks *)(void *)desk;
    pthread_mutex_lock(&tasks->lock);
    const struct task *task = task_find(tasks, id);
    if (task != NULL) {
        exchange->followed = track_hold(task->track); /* request_settle gives it back */
        *position = track_position(task->track);
    }
    pthread_mutex_unlock(&tasks->lock);
    return task != NULL;
}
