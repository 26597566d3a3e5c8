/*
 * Catches GLPK's way of dying. GLPK's manual allows exactly this: an error hook that jumps out, after which the
 * environment must be freed before GLPK is used again. Read glpk.c next.
 */
#include "analytics/lp/guard.h"

#include <glpk.h>
#include <pthread.h>
#include <setjmp.h>
#include <stddef.h>

/* What the hooks need. */
struct guard {
    jmp_buf jump;
    const struct lp_watch *watch;
};

enum { LEFT_BY_FAULT = 1, LEFT_BY_WATCH };

static void escape(void *info)
{
    struct guard *guard = info;
    longjmp(guard->jump, LEFT_BY_FAULT);
}

/*
 * GLPK switches its terminal output on before it reports an error; only a hook silences that. It is also the one place
 * where GLPK in the middle of a program can be asked to stop, and is left as its error hook may leave it.
 */
static int swallow(void *info, const char *text)
{
    struct guard *guard = info;
    const struct lp_watch *watch = guard->watch;
    (void) text;
    if (watch->is_cancelled != NULL && watch->is_cancelled(watch->context)) {
        longjmp(guard->jump, LEFT_BY_WATCH);
    }
    return 1;
}

bool lp_guard_is_shared(void)
{
    return glp_config("TLS") == NULL;
}

static enum status run(void (*step)(void *), void *context, const struct lp_watch *watch)
{
    struct guard guard;
    guard.watch = watch;
    /* Left to its first use, GLPK would make its environment itself, and abort past any hook if it cannot. */
    if (glp_init_env() > 1) {
        return STATUS_EXHAUSTED;
    }
    switch (setjmp(guard.jump)) {
    case 0:
        break;
    case LEFT_BY_WATCH:
        glp_free_env();
        return STATUS_BUSY;
    default:
        glp_free_env();
        return STATUS_EXHAUSTED;
    }
    glp_term_hook(swallow, &guard);
    glp_error_hook(escape, &guard);
    step(context);
    glp_error_hook(NULL, NULL);
    glp_term_hook(NULL, NULL);
    return STATUS_OK;
}

/* Where there is but one environment it goes from hand to hand. */
static pthread_mutex_t environment = PTHREAD_MUTEX_INITIALIZER;

enum status lp_guard_run(void (*step)(void *), void *context, const struct lp_watch *watch)
{
    if (!lp_guard_is_shared()) {
        return run(step, context, watch);
    }
    pthread_mutex_lock(&environment);
    const enum status status = run(step, context, watch);
    pthread_mutex_unlock(&environment);
    return status;
}
