#ifndef ANALYTICS_LP_GUARD_H
#define ANALYTICS_LP_GUARD_H

/*
 * GLPK answers a failed assertion, wrong argument or lack of memory by printing a text and ending the process.
 * The guard turns that into a status and keeps GLPK silent.
 */

#include <stdbool.h>

#include "base/status.h"

/* Who may end a step early; is_cancelled NULL: nobody. */
struct lp_watch {
    bool (*is_cancelled)(void *);
    void *context;
};

/*
 * Runs step(context), which may call GLPK.
 * Returns STATUS_OK when step returned, STATUS_EXHAUSTED when GLPK gave up inside it, STATUS_BUSY when watch, which is
 * asked whenever GLPK has something to tell, said so. After the latter two GLPK's environment of this thread is gone
 * and with it every glp_prob made in this thread: forget the pointers, do not delete them.
 * Only a step that lets GLPK talk (msg_lev GLP_MSG_ON, out_dly and out_frq in milliseconds) can end early.
 * step must hold nothing across a GLPK call that needs releasing. Calls do not nest. Hooks are back at GLPK's
 * defaults afterwards.
 * Threads: side by side, each in an environment of its own; one after the other where all share one.
 */
NODISCARD enum status lp_guard_run(void (*step)(void *), void *context, const struct lp_watch *watch);

/*
 * Whether all threads share one environment, because this GLPK was built without thread-local storage. No glp_prob may then be
 * kept from one step to the next, since whoever leaves a step early takes it along, and nobody may free the environment.
 */
bool lp_guard_is_shared(void);

#endif
