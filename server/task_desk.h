#ifndef SERVER_TASK_DESK_H
#define SERVER_TASK_DESK_H

#include <stdbool.h>

#include "handlers/jobs.h"

/* The functions of struct job_desk (handlers/jobs.h); the desk is that of struct tasks. Any thread. */
enum job_look task_look(struct job_desk *desk, const char *id, struct exchange *exchange, struct job_view *view);
enum job_drop task_drop(struct job_desk *desk, const char *id, const struct exchange *by, struct job_condition *condition);
bool task_follow(struct job_desk *desk, const char *id, struct exchange *exchange, int *position);

#endif
