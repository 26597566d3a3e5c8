#ifndef ANALYTICS_DEA_GUARD_H
#define ANALYTICS_DEA_GUARD_H

/*
 * GLPK answers a failed assertion, wrong argument or lack of memory by printing a text and ending the process.
 * The guard turns that into a status and keeps GLPK silent.
 */

#include "base/status.h"

/*
 * Runs step(context), which may call GLPK.
 * Returns STATUS_OK when step returned, STATUS_EXHAUSTED when GLPK gave up inside it. Then GLPK's environment of this
 * thread is gone and with it every glp_prob made in this thread: forget the pointers, do not delete them.
 * step must hold nothing across a GLPK call that needs releasing. Calls do not nest. Hooks are back at GLPK's
 * defaults afterwards.
 */
NODISCARD enum status dea_guard_run(void (*step)(void *), void *context);

#endif
