#ifndef ANALYTICS_DEA_MALMQUIST_PERIOD_H
#define ANALYTICS_DEA_MALMQUIST_PERIOD_H

/* The periods of a panel as reference sets. Internal to analytics/. */

#include <stdbool.h>
#include <stddef.h>

#include "analytics/dea/crew.h"
#include "analytics/dea/malmquist.h"
#include "analytics/dea/work.h"
#include "base/status.h"

#define DEA_NOWHERE ((size_t) -1)

/* One period's units, and their scores among themselves. */
struct dea_period {
    struct dea_work work; /* shared with the threads; its own solver solves nothing */
    bool is_open;
    size_t count;         /* units that are there */
    size_t *place;        /* of each unit of the panel among them, or DEA_NOWHERE */
    double *inputs, *outputs;
    double *crs, *vrs;    /* by unit of the panel; NAN where there is no score */
    struct dea_certificate *certificates; /* of these two, by unit */
};

/* Room for any period of the panel. Returns STATUS_OK or STATUS_EXHAUSTED; dea_period_free in either case. */
NODISCARD enum status dea_period_allocate(struct dea_period *period, const struct dea_panel *panel);
void dea_period_free(struct dea_period *period);

/*
 * Gathers the units that are there in the period of this number, lays them out in the order of their values (work.h) and looks
 * for the frame of many. What the period held before is closed. Returns STATUS_OK, STATUS_EXHAUSTED or STATUS_BUSY.
 */
NODISCARD enum status dea_period_open(struct dea_period *period, const struct dea_panel *panel,
                                      const struct dea_panel_options *options, size_t number, struct dea_crew *crew);

/* What the crew will be told of: all units in all periods, and while the frames are looked for those with inputs. */
size_t dea_periods_due(const struct dea_panel *panel, const struct dea_panel_options *options);

#endif
