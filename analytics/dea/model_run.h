#ifndef ANALYTICS_DEA_MODEL_RUN_H
#define ANALYTICS_DEA_MODEL_RUN_H

/* What the models of model.h share while they work. Internal to analytics/. */

#include <stdbool.h>
#include <stddef.h>

#include "analytics/dea/crew.h"
#include "analytics/dea/face.h"
#include "analytics/dea/model.h"
#include "analytics/dea/table.h"
#include "analytics/dea/work.h"

/* So many items in a row are one thread's. */
#define DEA_MODEL_UNITS_AT_ONCE 8

struct dea_model_run {
    const struct dea_problem *problem;
    const struct dea_model_options *options;
    struct dea_work work;   /* sorted (work.h) */
    struct dea_table table; /* a thread's own */
    struct dea_face face;   /* the same, for slacks in several stages; else zero */
    size_t except; /* DEA_TABLE_NONE, or the work's column that every program leaves out (outliers.c) */
};

/* One analysis and the threads that do it. */
struct dea_model_team {
    struct dea_crew crew;
    struct dea_model_run run;           /* the work and its frame, which all share */
    struct dea_certificate certificate; /* of all that the threads have done */
};

/* What one thread holds. */
struct dea_model_hand {
    struct dea_model_run run; /* with a table */
    void *context;
    struct dea_crew *crew;
    struct dea_certificate certificate;
};

/*
 * Opens a zeroed team with the work and its frame, if there are many units and the model has one. options are valid, problem and
 * options borrowed until dea_model_team_close, which is due in any case. The crew expects items, and to be told of every column while the
 * frame is looked for.
 * Returns STATUS_OK, STATUS_EXHAUSTED or STATUS_BUSY.
 */
NODISCARD enum status dea_model_team_open(struct dea_model_team *team, const struct dea_problem *problem,
                                          const struct dea_model_options *options, size_t items);
void dea_model_team_close(struct dea_model_team *team);

/* What a hand proved since it was last asked; all of it goes into the team's certificate, too. */
struct dea_certificate dea_model_certificate(struct dea_model_hand *hand);

/* Does so many items; each gets a struct dea_model_hand with this context. Returns as dea_crew_run. */
NODISCARD enum status dea_model_team_run(struct dea_model_team *team, size_t count, enum status (*item)(void *hand, size_t index),
                                         void *context);

/* What kind of row it is. Rows count inputs first, then outputs. */
bool dea_model_is_fixed(const struct dea_model_run *run, size_t row);
bool dea_model_is_undesirable(const struct dea_model_run *run, size_t row);

/* The value of a row of a unit as given. */
double dea_model_value(const struct dea_model_run *run, size_t unit, size_t row);

/* Writes a row's slack, given in the work's scale, and the target: value + moved +- slack. moved is in the units of the data. */
void dea_model_row_write(const struct dea_model_run *run, size_t unit, struct dea_model_unit *out, size_t row,
                         double moved, double slack);

/* How many peers a unit's answer has room for. */
size_t dea_model_peers_max(const struct dea_problem *problem);

#endif
