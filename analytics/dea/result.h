#ifndef ANALYTICS_DEA_RESULT_H
#define ANALYTICS_DEA_RESULT_H

/* Making and filling the answer of dea.h. Internal to analytics/. */

#include "analytics/dea/dea.h"
#include "analytics/dea/face.h"
#include "analytics/dea/slacks.h"
#include "analytics/dea/work.h"

/* Makes an answer for the problem with every number NAN and every list empty; NULL when memory is short. */
struct dea_result *dea_result_create(const struct dea_problem *problem);

/*
 * Writes slacks, radial movements and targets of a unit, in the units of the data.
 * radial is the factor of the chosen frontier; problem holds the values themselves.
 */
void dea_result_projection_write(struct dea_unit *unit, size_t index, const struct dea_problem *problem,
                                 const struct dea_work *work, double factor, const struct dea_projection *projection);

/* Makes the unit its own only peer. */
void dea_result_peer_self(struct dea_unit *unit, size_t index);

/*
 * Writes as peers what the face's point uses to an extent that shows in any row.
 * Returns STATUS_EXHAUSTED when there are more than peers_max, which leaves no peers.
 */
NODISCARD enum status dea_result_peers_write(const struct dea_work *work, const struct dea_face *face, struct dea_peer *peers,
                                             size_t peers_max, size_t *length);

/* How many peers a unit has room for, and a basic solution can have. */
size_t dea_result_peers_max(size_t inputs, size_t outputs);

/* Makes a unit one without numbers. */
void dea_result_unit_void(struct dea_unit *unit, enum dea_unit_state state, const struct dea_problem *problem);

/* Counts peers and kinds of returns and takes the means, summed in the order of the work, once every unit is written. */
void dea_result_summarise(struct dea_result *result, const struct dea_problem *problem, const struct dea_work *work);

#endif
