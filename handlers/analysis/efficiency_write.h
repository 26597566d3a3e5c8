#ifndef HANDLERS_ANALYSIS_EFFICIENCY_WRITE_H
#define HANDLERS_ANALYSIS_EFFICIENCY_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analytics/dea/bootstrap.h"
#include "analytics/dea/dea.h"
#include "analytics/dea/model.h"
#include "analytics/dea/outliers.h"
#include "base/buffer.h"
#include "handlers/analysis/write.h"

struct province;

/* The words of the options, in the order of analytics/dea/dea.h's enums; each ends with NULL. */
extern const char *const efficiency_orientations[];
extern const char *const efficiency_slacks[];
extern const char *const efficiency_frontiers[];
extern const char *const efficiency_solvers[];

/* One question: whose units, which numbers, how. All is borrowed. */
struct efficiency_sheet {
    const char *const *inputs;  /* problem.input_count names */
    const char *const *outputs; /* problem.output_count names */
    const char *const *ids;     /* problem.unit_count ids */
    const char *const *labels;  /* each unit's belt or group, NULL where it has none */
    struct dea_problem problem; /* with groups where means by group are wanted */
    const char *const *groups;  /* the names of problem.groups; one more than named_groups where some have none */
    size_t named_groups;
    struct dea_options options;
    bool has_model;             /* another model than the plain radial one is asked for: model says which, not options */
    struct dea_model_options model;
    const char *const *prices;  /* NULL, or the members that are the units' own prices, one for each input */
    bool wants_outliers;
    const struct dea_outliers *outliers; /* NULL, or what was found */

    struct {
        size_t replications;    /* 0: no intervals are wanted */
        uint64_t seed;
        double level;
    } bootstrap;
    const struct dea_bootstrap *intervals; /* NULL: none */

    /* stored figures only */
    const struct province *const *provinces; /* the units' provinces, or NULL for a caller's own units */
    int64_t year, revision;
    const struct analysis_left_out *left_out; /* of the answer's one year */
    size_t left_out_count;
};

/* Appends the answer, one JSON object, to out. */
void efficiency_write(struct buffer *out, const struct efficiency_sheet *sheet, const struct dea_result *result);

/* no, weak, strong. */
const char *efficiency_name(enum dea_efficiency efficiency);
const char *efficiency_rts_name(enum dea_rts rts);

/* The member rts of a summary; counts by enum dea_rts. */
void efficiency_write_rts_counts(struct json_writer *w, const size_t *counts);

/* The units as answers name them. */
struct analysis_units efficiency_units(const struct efficiency_sheet *sheet);

/* The member peers. */
void efficiency_write_peers(struct json_writer *w, const struct efficiency_sheet *sheet, const struct dea_peer *peers,
                            size_t length);

/* The member values: the unit's figures, of inputs and outputs. */
void efficiency_write_values(struct json_writer *w, const struct efficiency_sheet *sheet, size_t unit);

/* The member slack_movements: slacks with the sign of what they move, as DEAP prints them: inputs, and outputs of which is_undesirable
 * (NULL: none) is true, go down. */
void efficiency_write_slack_movements(struct json_writer *w, const struct efficiency_sheet *sheet, const double *input_slacks,
                                      const double *output_slacks, const bool *is_undesirable);

/* The members input_slacks and output_slacks of means: of inputs, then of outputs. */
void efficiency_write_mean_slacks(struct json_writer *w, const struct efficiency_sheet *sheet, const double *slacks);

/* The member certificate: of all programs, or of one unit's. */
void efficiency_write_certificate(struct json_writer *w, const struct dea_certificate *certificate);
void efficiency_write_unit_certificate(struct json_writer *w, const struct dea_certificate *certificate);

#endif
