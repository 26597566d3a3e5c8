#ifndef ANALYTICS_DEA_FRAME_FIND_H
#define ANALYTICS_DEA_FRAME_FIND_H

/* How the units on the frontier are found; what they are good for stands in frame.h. Internal to analytics/. */

#include <stdbool.h>

#include "analytics/dea/frame.h"
#include "base/status.h"

struct dea_crew;
struct dea_work;

/*
 * Finds the frame of a work whose panel is filled, in as many parts whatever the crew (NULL: the caller alone) has threads.
 * The crew is told of every column.
 * Returns STATUS_OK, the frame being empty when so many units are on the frontier that nothing is gained; STATUS_EXHAUSTED;
 * STATUS_BUSY when the crew was stopped.
 */
NODISCARD enum status dea_frame_find(struct dea_frame *frame, const struct dea_work *work, struct dea_crew *crew);

#endif
