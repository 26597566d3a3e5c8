#ifndef ANALYTICS_DEA_MOVE_H
#define ANALYTICS_DEA_MOVE_H

/* RADIAL, SUPER and DIRECTIONAL of model.h. Internal to analytics/. */

#include "analytics/dea/model_run.h"

/* What a first stage says; NAN where the state is not DEA_MODEL_SCORED. */
struct dea_move_found {
    enum dea_model_state state;
    double score;
    double lambda_sum; /* at the optimum found */
    double doubt;      /* by how much the score may be wrong */
};

/*
 * Scores one unit, whose arrays are in place, and sets its state; found, where it is scored, is its first stage.
 * Returns STATUS_OK; STATUS_EXHAUSTED where nothing was proved; STATUS_BUSY.
 */
NODISCARD enum status dea_move_solve(struct dea_model_run *run, size_t unit, struct dea_model_unit *out, struct dea_move_found *found);

/* The first stage alone, beside whichever frontier. Returns as above. */
NODISCARD enum status dea_move_under(struct dea_model_run *run, size_t unit, enum dea_frontier frontier, struct dea_move_found *found);

/* Leaves in the table the optimal face of a unit that was scored, and no moving column: where the move is none but for the tolerance,
 * all that can be had beside the unit. factor: of the move. Returns as above. */
NODISCARD enum status dea_move_face(struct dea_model_run *run, size_t unit, double *factor);

/* What a move by such a factor (DIRECTIONAL: a distance) adds to a row, in the units of the data. */
double dea_move_by(const struct dea_model_run *run, double factor, size_t unit, size_t row);

/* The first stage alone, by the options' frontier, also for CROSS and COST: *score, NAN where *state is not DEA_MODEL_SCORED. Returns as above. */
NODISCARD enum status dea_move_score(struct dea_model_run *run, size_t unit, enum dea_model_state *state,
                                     double *score);

#endif
