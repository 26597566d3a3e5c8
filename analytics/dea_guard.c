/*
 * Catches GLPK's way of dying. GLPK's manual allows exactly this: an error hook that jumps out, after which the
 * environment must be freed before GLPK is used again. Read dea_glpk.c next.
 */
#include "analytics/dea_guard.h"

#include <glpk.h>
#include <setjmp.h>
#include <stddef.h>

static void escape(void *info)
{
    jmp_buf *jump = info;
    longjmp(*jump, 1);
}

/* GLPK switches its terminal output on before it reports an error; only a hook silences that. */
static int swallow(void *info, const char *text)
{
    (void) info;
    (void) text;
    return 1;
}

enum status dea_guard_run(void (*step)(void *), void *context)
{
    jmp_buf jump;
    /* Left to its first use, GLPK would make its environment itself, and abort past any hook if it cannot. */
    if (glp_init_env() > 1) {
        return STATUS_EXHAUSTED;
    }
    if (setjmp(jump) != 0) {
        glp_free_env();
        return STATUS_EXHAUSTED;
    }
    glp_term_hook(swallow, NULL);
    glp_error_hook(escape, &jump);
    step(context);
    glp_error_hook(NULL, NULL);
    glp_term_hook(NULL, NULL);
    return STATUS_OK;
}
