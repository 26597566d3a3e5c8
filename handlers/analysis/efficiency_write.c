/*
 * The answer of /efficiency. A unit without a score keeps its place and shape: its numbers
 * are null and status says why.
 */
#include "handlers/analysis/efficiency_write.h"

#include <math.h>

const char *const efficiency_orientations[] = { "output", "input", NULL };
const char *const efficiency_slacks[] = { "multi-stage", "two-stage", "two-stage-normalised", "one-stage", "none",
                                          NULL };
const char *const efficiency_frontiers[] = { "vrs", "crs", "nirs", "ndrs", "fdh", NULL };
const char *const efficiency_solvers[] = { "simplex", "glpk", NULL };

static const char *state_name(enum dea_unit_state state)
{
    switch (state) {
    case DEA_UNIT_SCORED:      return "scored";
    case DEA_UNIT_NO_INPUTS:   return "no_inputs";
    case DEA_UNIT_NO_OUTPUTS:  return "no_outputs";
    case DEA_UNIT_UNCERTIFIED: return "uncertified";
    }
    return NULL;
}

const char *efficiency_rts_name(enum dea_rts rts)
{
    switch (rts) {
    case DEA_RTS_IRS: return "irs";
    case DEA_RTS_CRS: return "crs";
    case DEA_RTS_DRS: return "drs";
    }
    return NULL;
}

const char *efficiency_name(enum dea_efficiency efficiency)
{
    switch (efficiency) {
    case DEA_EFFICIENT_NO:     return "no";
    case DEA_EFFICIENT_WEAK:   return "weak";
    case DEA_EFFICIENT_STRONG: return "strong";
    }
    return NULL;
}

/* A peer list and whose names it is in. */
struct peers {
    const struct efficiency_sheet *sheet;
    const struct dea_peer *peers;
};

static void write_peer(struct json_writer *w, const void *context, size_t index)
{
    const struct peers *list = context;
    json_member_text(w, "dmu", list->sheet->ids[list->peers[index].unit]);
    analysis_number(w, "lambda", list->peers[index].lambda);
}

void efficiency_write_peers(struct json_writer *w, const struct efficiency_sheet *sheet, const struct dea_peer *peers,
                            size_t length)
{
    analysis_rows(w, "peers", length, write_peer, &(struct peers){ sheet, peers });
}

void efficiency_write_values(struct json_writer *w, const struct efficiency_sheet *sheet, size_t unit)
{
    const struct dea_problem *problem = &sheet->problem;
    json_key(w, "values");
    json_object_begin(w);
    analysis_named(w, sheet->inputs, &problem->inputs[unit * problem->input_count], problem->input_count);
    analysis_named(w, sheet->outputs, &problem->outputs[unit * problem->output_count], problem->output_count);
    json_object_end(w);
}

void efficiency_write_slack_movements(struct json_writer *w, const struct efficiency_sheet *sheet, const double *input_slacks,
                                      const double *output_slacks, const bool *is_undesirable)
{
    json_key(w, "slack_movements");
    json_object_begin(w);
    for (size_t i = 0; i < sheet->problem.input_count; i++) {
        analysis_number(w, sheet->inputs[i], 0 - input_slacks[i]); /* no -0 */
    }
    for (size_t r = 0; r < sheet->problem.output_count; r++) {
        bool falls = is_undesirable != NULL && is_undesirable[r];
        analysis_number(w, sheet->outputs[r], falls ? 0 - output_slacks[r] : output_slacks[r]);
    }
    json_object_end(w);
}

struct analysis_units efficiency_units(const struct efficiency_sheet *sheet)
{
    return (struct analysis_units){ sheet->provinces, sheet->ids, sheet->labels };
}

/* What is written. */
struct paper {
    const struct efficiency_sheet *sheet;
    const struct dea_result *result;
};

static void write_interval(struct json_writer *w, const struct dea_interval *interval)
{
    static const char *const names[] = { "corrected", "bias", "low", "high" };
    const double values[] = { interval->corrected, interval->bias, interval->low, interval->high };
    analysis_named_object(w, "bootstrap", names, values, sizeof values / sizeof values[0]);
}

static void write_bootstrap(struct json_writer *w, const struct efficiency_sheet *sheet)
{
    json_key(w, "bootstrap");
    json_object_begin(w);
    json_member_integer(w, "replications", (int64_t)sheet->bootstrap.replications);
    json_member_integer(w, "seed", (int64_t)sheet->bootstrap.seed);
    analysis_number(w, "level", sheet->bootstrap.level);
    json_member_integer(w, "units", (int64_t)sheet->intervals->counted);
    analysis_number(w, "bandwidth", sheet->intervals->bandwidth > 0 ? sheet->intervals->bandwidth : (double)NAN);
    efficiency_write_certificate(w, &sheet->intervals->certificate);
    json_object_end(w);
}

static void write_unit(struct json_writer *w, const void *context, size_t u)
{
    const struct efficiency_sheet *sheet = ((const struct paper *)context)->sheet;
    const struct dea_result *result = ((const struct paper *)context)->result;
    const struct analysis_units units = efficiency_units(sheet);
    const struct dea_unit *unit = &result->units[u];
    bool is_scored = unit->state == DEA_UNIT_SCORED;
    analysis_unit_head(w, &units, u);
    json_member_text(w, "status", state_name(unit->state));
    analysis_number(w, "crste", unit->crste);
    analysis_number(w, "vrste", unit->vrste);
    analysis_number(w, "scale", unit->scale);
    json_member_text(w, "rts", is_scored ? efficiency_rts_name(unit->rts) : NULL);
    analysis_named_object(w, "input_slacks", sheet->inputs, unit->input_slacks, result->input_count);
    analysis_named_object(w, "output_slacks", sheet->outputs, unit->output_slacks, result->output_count);
    analysis_named_object(w, "input_targets", sheet->inputs, unit->input_targets, result->input_count);
    analysis_named_object(w, "output_targets", sheet->outputs, unit->output_targets, result->output_count);
    efficiency_write_peers(w, sheet, unit->peers, unit->peers_length);
    json_member_integer(w, "peer_count", (int64_t)unit->peer_count);
    json_member_text(w, "efficient", is_scored ? efficiency_name(unit->efficiency) : NULL);
    analysis_number(w, "score", unit->score);
    analysis_number(w, "nirste", unit->nirste);
    analysis_number(w, "ndrste", unit->ndrste);
    analysis_number(w, "rts_margin", unit->rts_margin);
    analysis_named_object(w, "input_radial", sheet->inputs, unit->input_radial, result->input_count);
    analysis_named_object(w, "output_radial", sheet->outputs, unit->output_radial, result->output_count);
    efficiency_write_values(w, sheet, u);
    efficiency_write_slack_movements(w, sheet, unit->input_slacks, unit->output_slacks, NULL);
    efficiency_write_unit_certificate(w, &unit->certificate);
    if (sheet->options.wants_weights) {
        analysis_named_object(w, "input_weights", sheet->inputs, unit->input_weights, result->input_count);
        analysis_named_object(w, "output_weights", sheet->outputs, unit->output_weights, result->output_count);
        analysis_number(w, "free_term", unit->free_term);
    }
    if (sheet->intervals != NULL) {
        write_interval(w, &sheet->intervals->units[u]);
    }
    if (sheet->outliers != NULL) {
        analysis_number(w, "leverage", sheet->outliers->leverage[u]);
        json_member_boolean(w, "outlier", sheet->outliers->is_flagged[u]);
    }
}

void efficiency_write_mean_slacks(struct json_writer *w, const struct efficiency_sheet *sheet, const double *slacks)
{
    analysis_named_object(w, "input_slacks", sheet->inputs, slacks, sheet->problem.input_count);
    analysis_named_object(w, "output_slacks", sheet->outputs, slacks + sheet->problem.input_count, sheet->problem.output_count);
}

static void write_means(struct json_writer *w, const struct efficiency_sheet *sheet, const struct dea_means *means)
{
    json_member_integer(w, "count", (int64_t)means->count);
    analysis_number(w, "crste", means->crste);
    analysis_number(w, "vrste", means->vrste);
    analysis_number(w, "scale", means->scale);
    efficiency_write_mean_slacks(w, sheet, means->slacks);
}

static void write_group(struct json_writer *w, const void *context, size_t group)
{
    const struct paper *paper = context;
    write_means(w, paper->sheet, &paper->result->group_means[group]);
}

void efficiency_write_rts_counts(struct json_writer *w, const size_t *counts)
{
    json_key(w, "rts");
    json_object_begin(w);
    json_member_integer(w, "irs", (int64_t)counts[DEA_RTS_IRS]);
    json_member_integer(w, "crs", (int64_t)counts[DEA_RTS_CRS]);
    json_member_integer(w, "drs", (int64_t)counts[DEA_RTS_DRS]);
    json_object_end(w);
}

static void write_summary(struct json_writer *w, const struct efficiency_sheet *sheet, const struct dea_result *result)
{
    json_key(w, "summary");
    json_object_begin(w);
    json_key(w, "mean");
    json_object_begin(w);
    write_means(w, sheet, &result->mean);
    json_object_end(w);
    if (sheet->problem.groups != NULL) {
        analysis_groups_write(w, sheet->provinces != NULL ? "by_belt" : "by_group", sheet->groups, sheet->named_groups, write_group,
                              &(struct paper){ sheet, result });
    }
    json_key(w, "strong");
    json_array_begin(w);
    for (size_t u = 0; u < result->unit_count; u++) {
        const struct dea_unit *unit = &result->units[u];
        if (unit->state == DEA_UNIT_SCORED && unit->efficiency == DEA_EFFICIENT_STRONG) {
            json_text(w, sheet->ids[u]);
        }
    }
    json_array_end(w);
    efficiency_write_rts_counts(w, result->rts_counts);
    json_object_end(w);
}

static void write_proofs(struct json_writer *w, const struct dea_certificate *certificate)
{
    analysis_number(w, "max_primal_infeasibility", certificate->primal_infeasibility_max);
    analysis_number(w, "max_dual_infeasibility", certificate->dual_infeasibility_max);
    analysis_number(w, "max_duality_gap", certificate->duality_gap_max);
    json_member_integer(w, "programs", (int64_t)certificate->program_count);
    json_member_integer(w, "retries", (int64_t)certificate->retry_count);
}

void efficiency_write_unit_certificate(struct json_writer *w, const struct dea_certificate *certificate)
{
    json_key(w, "certificate");
    json_object_begin(w);
    write_proofs(w, certificate);
    json_object_end(w);
}

void efficiency_write_certificate(struct json_writer *w, const struct dea_certificate *certificate)
{
    json_key(w, "certificate");
    json_object_begin(w);
    write_proofs(w, certificate);
    json_member_integer(w, "uncertified", (int64_t)certificate->uncertified_count);
    json_object_end(w);
}

void efficiency_write(struct buffer *out, const struct efficiency_sheet *sheet, const struct dea_result *result)
{
    const struct dea_options *options = &sheet->options;
    struct json_writer w;
    json_writer_init(&w, out);
    json_object_begin(&w);
    if (sheet->provinces != NULL) {
        json_member_integer(&w, "year", sheet->year);
    }
    json_member_text(&w, "model", "radial");
    json_member_text(&w, "orientation", efficiency_orientations[options->orientation]);
    analysis_texts(&w, "inputs", sheet->inputs, result->input_count);
    analysis_texts(&w, "outputs", sheet->outputs, result->output_count);
    json_member_text(&w, "slacks", efficiency_slacks[options->slacks]);
    json_member_text(&w, "frontier", efficiency_frontiers[options->frontier]);
    json_member_text(&w, "solver", efficiency_solvers[options->solver]);
    json_member_double(&w, "tolerance", DEA_TOLERANCE);
    json_member_double(&w, "rts_tolerance", options->rts_tolerance);
    if (sheet->provinces != NULL) {
        json_member_integer(&w, "figures_revision", sheet->revision);
    }
    if (sheet->outliers != NULL) {
        analysis_number(&w, "outlier_threshold", sheet->outliers->threshold);
    }
    analysis_rows(&w, "results", result->unit_count, write_unit, &(struct paper){ sheet, result });
    write_summary(&w, sheet, result);
    efficiency_write_certificate(&w, &result->certificate);
    if (sheet->intervals != NULL) {
        write_bootstrap(&w, sheet);
    }
    analysis_answer_close(&w, sheet->provinces != NULL ? sheet->left_out : NULL, sheet->left_out_count);
}
