#ifndef ANALYTICS_DEA_FRAME_FIND_H
#define ANALYTICS_DEA_FRAME_FIND_H

/* How the units on the frontier are found; what they are good for stands in frame.h. Internal to analytics/. */

#include <stdbool.h>

#include "analytics/dea/frame.h"
#include "base/status.h"

struct dea_work;
struct parallel;

/*
 * Finds the frame of a work whose panel is filled, in as many parts whatever the pool (NULL: none) has threads.
 * is_cancelled may be asked by any of them.
 * Returns STATUS_OK; STATUS_ABSENT when so many units are on the frontier that nothing is gained; STATUS_EXHAUSTED;
 * STATUS_BUSY when is_cancelled said so.
 */
NODISCARD enum status dea_frame_find(struct dea_frame *frame, const struct dea_work *work, struct parallel *pool,
                                     bool (*is_cancelled)(void *), void *context);

#endif
