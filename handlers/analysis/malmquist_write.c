/*
 * The answer of /efficiency/malmquist. A change that is undefined keeps its place and shape: its numbers are null and
 * status says why.
 */
#include "handlers/analysis/malmquist_write.h"

#include "handlers/analysis/efficiency_write.h"

static const char *state_name(enum dea_change_state state)
{
    switch (state) {
    case DEA_CHANGE_DEFINED:     return "defined";
    case DEA_CHANGE_MISSING:     return "missing";
    case DEA_CHANGE_NO_INPUTS:   return "no_inputs";
    case DEA_CHANGE_NO_OUTPUTS:  return "no_outputs";
    case DEA_CHANGE_INFEASIBLE:  return "infeasible";
    case DEA_CHANGE_UNCERTIFIED: return "uncertified";
    }
    return NULL;
}

static void write_distances(struct json_writer *w, const struct dea_change *change)
{
    static const char *const names[] = { "from_by_from", "to_by_from", "from_by_to", "to_by_to", "vrs_from", "vrs_to" };
    const double values[] = { change->from_by_from, change->to_by_from, change->from_by_to, change->to_by_to, change->vrs_from, change->vrs_to };
    analysis_named_object(w, "distances", names, values, sizeof values / sizeof values[0]);
}

static void write_indices(struct json_writer *w, double effch, double techch, double pech, double sech, double tfpch)
{
    static const char *const names[] = { "effch", "techch", "pech", "sech", "tfpch" };
    analysis_named(w, names, (const double[]){ effch, techch, pech, sech, tfpch }, sizeof names / sizeof names[0]);
}

/* What is written. */
struct paper {
    const struct malmquist_sheet *sheet;
    const struct dea_changes *changes;
};

static void write_step(struct json_writer *w, const struct malmquist_sheet *sheet, size_t step)
{
    json_member_integer(w, "from", sheet->periods[step]);
    json_member_integer(w, "to", sheet->periods[step + 1]);
}

static void write_change(struct json_writer *w, const void *context, size_t index)
{
    const struct paper *paper = context;
    const struct malmquist_sheet *sheet = paper->sheet;
    const struct dea_change *change = &paper->changes->changes[index];
    const size_t step = index / paper->changes->unit_count;
    const struct analysis_units units = { sheet->provinces, sheet->ids, sheet->labels };
    analysis_unit_head(w, &units, index % paper->changes->unit_count);
    write_step(w, sheet, step);
    json_member_integer(w, "period", sheet->periods[step + 1]);
    json_member_text(w, "status", state_name(change->state));
    write_indices(w, change->effch, change->techch, change->pech, change->sech, change->tfpch);
    if (sheet->has_distances) {
        write_distances(w, change);
    }
    efficiency_write_unit_certificate(w, &change->certificate);
}

static void write_means(struct json_writer *w, const void *context, size_t index)
{
    const struct dea_change_means *means = (const struct dea_change_means *)context + index;
    json_member_integer(w, "count", (int64_t)means->count);
    write_indices(w, means->effch, means->techch, means->pech, means->sech, means->tfpch);
}

/* The member mean, and by_belt or by_group where means by group are wanted. */
static void write_all_means(struct json_writer *w, const struct malmquist_sheet *sheet, const struct dea_change_means *mean,
                            const struct dea_change_means *groups)
{
    json_key(w, "mean");
    json_object_begin(w);
    write_means(w, mean, 0);
    json_object_end(w);
    if (sheet->panel.groups != NULL) {
        analysis_groups_write(w, sheet->provinces != NULL ? "by_belt" : "by_group", sheet->groups, sheet->named_groups, write_means, groups);
    }
}

static void write_period(struct json_writer *w, const void *context, size_t step)
{
    const struct paper *paper = context;
    const struct dea_changes *changes = paper->changes;
    write_step(w, paper->sheet, step);
    write_all_means(w, paper->sheet, &changes->step_means[step], changes->step_group_means + step * changes->group_count);
}

static void write_unit(struct json_writer *w, const void *context, size_t unit)
{
    const struct paper *paper = context;
    json_member_text(w, "dmu", paper->sheet->ids[unit]);
    write_means(w, paper->changes->unit_means, unit);
}

void malmquist_write(struct buffer *out, const struct malmquist_sheet *sheet, const struct dea_changes *changes)
{
    struct json_writer w;
    json_writer_init(&w, out);
    json_object_begin(&w);
    analysis_integers(&w, sheet->provinces != NULL ? "years" : "periods", sheet->periods, changes->step_count + 1);
    json_member_text(&w, "orientation", efficiency_orientations[sheet->orientation]);
    analysis_texts(&w, "inputs", sheet->inputs, sheet->panel.input_count);
    analysis_texts(&w, "outputs", sheet->outputs, sheet->panel.output_count);
    json_member_text(&w, "solver", efficiency_solvers[sheet->solver]);
    if (sheet->provinces != NULL) {
        json_member_integer(&w, "figures_revision", sheet->revision);
    }
    const struct paper paper = { sheet, changes };
    analysis_rows(&w, "results", changes->step_count * changes->unit_count, write_change, &paper);
    json_key(&w, "summary");
    json_object_begin(&w);
    write_all_means(&w, sheet, &changes->mean, changes->group_means);
    analysis_rows(&w, "periods", changes->step_count, write_period, &paper);
    analysis_rows(&w, "dmus", changes->unit_count, write_unit, &paper);
    json_object_end(&w);
    efficiency_write_certificate(&w, &changes->certificate);
    analysis_answer_close(&w, sheet->provinces != NULL ? sheet->left_out : NULL, sheet->left_out_count);
}
