#ifndef HANDLERS_ANALYSIS_HELPERS_H
#define HANDLERS_ANALYSIS_HELPERS_H

/*
 * Threads that a large analysis may use beside the job's own. All analyses together take no more than one less than there
 * are processors: whoever comes while another has them all computes alone, which changes the time and not one byte of an
 * answer.
 */

#include <stddef.h>

/* For so many units or figures; small ones get none. Returns how many, to be given back. Any thread. */
size_t analysis_helpers_take(size_t units);
void analysis_helpers_give(size_t helpers);

#endif
