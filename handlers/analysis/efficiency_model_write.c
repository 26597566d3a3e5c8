/* The answers of the models beyond the plain radial one; members as in efficiency_write.c, those without meaning left out. */
#include "handlers/analysis/efficiency_model_write.h"

#include <math.h>

#include "handlers/analysis/efficiency_model.h"

static const char *state_name(enum dea_model_state state)
{
    switch (state) {
    case DEA_MODEL_SCORED:      return "scored";
    case DEA_MODEL_NO_INPUTS:   return "no_inputs";
    case DEA_MODEL_NO_OUTPUTS:  return "no_outputs";
    case DEA_MODEL_INFEASIBLE:  return "infeasible";
    case DEA_MODEL_UNBOUNDED:   return "unbounded";
    case DEA_MODEL_UNCERTIFIED: return "uncertified";
    }
    return NULL;
}

/* The names of a model's parts, NULL after the last. */
static const char *const *part_names(enum dea_model model)
{
    static const char *const of_cost[] = { "cost", "cost_minimum", "technical", "allocative", NULL };
    static const char *const of_cross[] = { "own", "maverick", NULL };
    static const char *const of_radial[] = { "crste", "vrste", "scale", NULL };
    static const char *const of_others[] = { NULL };
    return model == DEA_MODEL_COST ? of_cost : model == DEA_MODEL_CROSS ? of_cross : model == DEA_MODEL_RADIAL ? of_radial : of_others;
}

static void write_parts(struct json_writer *w, enum dea_model model, double score, const double *parts)
{
    const char *const *names = part_names(model);
    analysis_number(w, "score", score);
    for (size_t i = 0; names[i] != NULL; i++) {
        analysis_number(w, names[i], parts[i]);
    }
}

static void write_returns(struct json_writer *w, const struct dea_model_returns *returns)
{
    json_member_text(w, "rts", returns->is_told ? efficiency_rts_name(returns->kind) : NULL);
    analysis_number(w, "nirste", returns->nirste);
    analysis_number(w, "ndrste", returns->ndrste);
    analysis_number(w, "rts_margin", returns->margin);
}

/* Whether slacks are among what the model says. */
static bool has_slacks(enum dea_model model)
{
    return model != DEA_MODEL_CROSS && model != DEA_MODEL_COST;
}

/* What moved by the score, before the slacks, by the name that it has in the model. */
static void write_moves(struct json_writer *w, const struct efficiency_sheet *sheet, const double *moves)
{
    const size_t m = sheet->problem.input_count;
    if (sheet->model.model == DEA_MODEL_RADIAL || sheet->model.model == DEA_MODEL_SUPER) {
        analysis_named_object(w, "input_radial", sheet->inputs, moves, m);
        analysis_named_object(w, "output_radial", sheet->outputs, moves + m, sheet->problem.output_count);
    } else if (sheet->model.model == DEA_MODEL_DIRECTIONAL) {
        json_key(w, "directional_movements");
        json_object_begin(w);
        analysis_named(w, sheet->inputs, moves, m);
        analysis_named(w, sheet->outputs, moves + m, sheet->problem.output_count);
        json_object_end(w);
    }
}

/* What is written. */
struct paper {
    const struct efficiency_sheet *sheet;
    const struct dea_model_result *result;
};

static void write_unit(struct json_writer *w, const void *context, size_t u)
{
    const struct efficiency_sheet *sheet = ((const struct paper *)context)->sheet;
    const struct dea_model_result *result = ((const struct paper *)context)->result;
    const struct analysis_units units = efficiency_units(sheet);
    const struct dea_model_unit *unit = &result->units[u];
    const enum dea_model model = sheet->model.model;
    const size_t m = result->input_count;
    analysis_unit_head(w, &units, u);
    json_member_text(w, "status", state_name(unit->state));
    if (has_slacks(model)) {
        analysis_named_object(w, "input_slacks", sheet->inputs, unit->slacks, m);
        analysis_named_object(w, "output_slacks", sheet->outputs, unit->slacks + m, result->output_count);
    }
    if (model != DEA_MODEL_CROSS) {
        analysis_named_object(w, "input_targets", sheet->inputs, unit->targets, m);
        analysis_named_object(w, "output_targets", sheet->outputs, unit->targets + m, result->output_count);
        efficiency_write_peers(w, sheet, unit->peers, unit->peers_length);
        json_member_integer(w, "peer_count", (int64_t)unit->peer_count);
    }
    if (result->has_efficiency) {
        json_member_text(w, "efficient", unit->state == DEA_MODEL_SCORED ? efficiency_name(unit->efficiency) : NULL);
    }
    write_parts(w, model, unit->score, unit->parts);
    if (model == DEA_MODEL_RADIAL) {
        write_returns(w, &unit->returns);
    }
    write_moves(w, sheet, unit->moves);
    efficiency_write_values(w, sheet, u);
    if (has_slacks(model)) {
        efficiency_write_slack_movements(w, sheet, unit->slacks, unit->slacks + m, sheet->model.is_undesirable);
    }
    efficiency_write_unit_certificate(w, &unit->certificate);
}

static void write_means(struct json_writer *w, const struct efficiency_sheet *sheet, const struct dea_model_means *means)
{
    json_member_integer(w, "count", (int64_t)means->count);
    write_parts(w, sheet->model.model, means->score, means->parts);
    if (has_slacks(sheet->model.model)) {
        efficiency_write_mean_slacks(w, sheet, means->slacks);
    }
}

static void write_group(struct json_writer *w, const void *context, size_t group)
{
    const struct paper *paper = context;
    const struct dea_model_means *means = &paper->result->group_means[group];
    write_means(w, paper->sheet, means);
}

static void write_summary(struct json_writer *w, const struct efficiency_sheet *sheet, const struct dea_model_result *result)
{
    const enum dea_model model = sheet->model.model;
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
    if (result->has_efficiency) {
        json_key(w, "strong");
        json_array_begin(w);
        for (size_t u = 0; u < result->unit_count; u++) {
            if (result->units[u].state == DEA_MODEL_SCORED && result->units[u].efficiency == DEA_EFFICIENT_STRONG) {
                json_text(w, sheet->ids[u]);
            }
        }
        json_array_end(w);
    }
    if (model == DEA_MODEL_RADIAL) {
        efficiency_write_rts_counts(w, result->rts_counts);
    }
    json_object_end(w);
}

static void write_marked(struct json_writer *w, const char *key, const char *const *names, const bool *marks, size_t count)
{
    if (marks == NULL) {
        return;
    }
    json_key(w, key);
    json_array_begin(w);
    for (size_t i = 0; i < count; i++) {
        if (marks[i]) {
            json_text(w, names[i]);
        }
    }
    json_array_end(w);
}

static void write_limit(struct json_writer *w, const void *context, size_t index)
{
    const struct efficiency_sheet *sheet = context;
    const struct dea_limit *limit = &sheet->model.limits[index];
    const char *const *names = limit->is_output ? sheet->outputs : sheet->inputs;
    json_member_text(w, "first", names[limit->first]);
    json_member_text(w, "second", names[limit->second]);
    analysis_number(w, "minimum", limit->minimum > 0 ? limit->minimum : NAN);
    analysis_number(w, "maximum", limit->maximum);
}

/* What was asked, defaults filled in. */
static void write_question(struct json_writer *w, const struct efficiency_sheet *sheet)
{
    const struct dea_model_options *model = &sheet->model;
    const size_t m = sheet->problem.input_count;
    json_member_text(w, "model", efficiency_models[model->model]);
    json_member_text(w, "orientation", efficiency_sides[model->side]);
    analysis_texts(w, "inputs", sheet->inputs, m);
    analysis_texts(w, "outputs", sheet->outputs, sheet->problem.output_count);
    if (model->model == DEA_MODEL_ADDITIVE) {
        json_member_text(w, "slacks", efficiency_slacks[model->is_normalised ? DEA_SLACKS_TWO_STAGE_NORMALISED : DEA_SLACKS_TWO_STAGE]);
    } else if (model->model == DEA_MODEL_RADIAL || model->model == DEA_MODEL_SUPER || model->model == DEA_MODEL_DIRECTIONAL) {
        json_member_text(w, "slacks", efficiency_slacks[model->slacks]);
    }
    json_member_text(w, "frontier", efficiency_frontiers[model->frontier]);
    if (model->model == DEA_MODEL_CROSS) {
        json_member_text(w, "goal", efficiency_goals[model->is_aggressive]);
    }
    write_marked(w, "fixed", sheet->inputs, model->is_fixed, m);
    write_marked(w, "undesirable", sheet->outputs, model->is_undesirable, sheet->problem.output_count);
    if (sheet->prices != NULL) {
        analysis_texts(w, "prices", sheet->prices, m);
    } else if (model->prices != NULL) {
        analysis_named_object(w, "prices", sheet->inputs, model->prices, m);
    }
    if (model->limit_count > 0) {
        analysis_rows(w, "restrictions", model->limit_count, write_limit, sheet);
    }
    json_member_text(w, "solver", efficiency_solvers[model->solver]);
    json_member_double(w, "tolerance", DEA_TOLERANCE);
    if (model->model == DEA_MODEL_RADIAL) {
        json_member_double(w, "rts_tolerance", model->rts_tolerance);
    }
}

void efficiency_model_write(struct buffer *out, const struct efficiency_sheet *sheet, const struct dea_model_result *result)
{
    struct json_writer w;
    json_writer_init(&w, out);
    json_object_begin(&w);
    if (sheet->provinces != NULL) {
        json_member_integer(&w, "year", sheet->year);
    }
    write_question(&w, sheet);
    if (sheet->provinces != NULL) {
        json_member_integer(&w, "figures_revision", sheet->revision);
    }
    analysis_rows(&w, "results", result->unit_count, write_unit, &(struct paper){ sheet, result });
    write_summary(&w, sheet, result);
    efficiency_write_certificate(&w, &result->certificate);
    analysis_answer_close(&w, sheet->provinces != NULL ? sheet->left_out : NULL, sheet->left_out_count);
}
