/*
 * The answer of /efficiency/malmquist. A change that is undefined keeps its place and shape: its numbers are null and
 * status says why.
 */
#include "handlers/analysis/malmquist_write.h"

#include "db/reference.h"
#include "handlers/analysis/efficiency_write.h"
#include "handlers/analysis/reply.h"
#include "json/write.h"

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
    json_key(w, "distances");
    json_object_begin(w);
    analysis_number(w, "from_by_from", change->from_by_from);
    analysis_number(w, "to_by_from", change->to_by_from);
    analysis_number(w, "from_by_to", change->from_by_to);
    analysis_number(w, "to_by_to", change->to_by_to);
    analysis_number(w, "vrs_from", change->vrs_from);
    analysis_number(w, "vrs_to", change->vrs_to);
    json_object_end(w);
}

static void write_indices(struct json_writer *w, double effch, double techch, double pech, double sech, double tfpch)
{
    analysis_number(w, "effch", effch);
    analysis_number(w, "techch", techch);
    analysis_number(w, "pech", pech);
    analysis_number(w, "sech", sech);
    analysis_number(w, "tfpch", tfpch);
}

static void write_change(struct json_writer *w, const struct malmquist_sheet *sheet, const struct dea_changes *changes,
                         size_t step, size_t u)
{
    const struct dea_change *change = &changes->changes[step * changes->unit_count + u];
    json_object_begin(w);
    json_member_text(w, "dmu", sheet->ids[u]);
    if (sheet->provinces != NULL) {
        json_member_text(w, "name", sheet->provinces[u]->name_en);
        json_member_text(w, "belt", sheet->labels[u]);
    } else if (sheet->labels[u] != NULL) {
        json_member_text(w, "group", sheet->labels[u]);
    }
    json_member_integer(w, "from", sheet->periods[step]);
    json_member_integer(w, "to", sheet->periods[step + 1]);
    json_member_integer(w, "period", sheet->periods[step + 1]);
    json_member_text(w, "status", state_name(change->state));
    write_indices(w, change->effch, change->techch, change->pech, change->sech, change->tfpch);
    if (sheet->has_distances) {
        write_distances(w, change);
    }
    json_object_end(w);
}

static void write_mean_members(struct json_writer *w, const struct dea_change_means *means)
{
    json_member_integer(w, "count", (int64_t)means->count);
    write_indices(w, means->effch, means->techch, means->pech, means->sech, means->tfpch);
}

static void write_means(struct json_writer *w, const char *key, const struct dea_change_means *means)
{
    json_key(w, key);
    json_object_begin(w);
    write_mean_members(w, means);
    json_object_end(w);
}

static void write_groups(struct json_writer *w, const struct malmquist_sheet *sheet, const struct dea_change_means *means)
{
    if (sheet->panel.groups == NULL) {
        return;
    }
    json_key(w, sheet->provinces != NULL ? "by_belt" : "by_group");
    json_object_begin(w);
    for (size_t g = 0; g < sheet->named_groups; g++) {
        write_means(w, sheet->groups[g], &means[g]);
    }
    json_object_end(w);
}

static void write_summary(struct json_writer *w, const struct malmquist_sheet *sheet, const struct dea_changes *changes)
{
    json_key(w, "summary");
    json_object_begin(w);
    write_means(w, "mean", &changes->mean);
    write_groups(w, sheet, changes->group_means);
    json_key(w, "periods");
    json_array_begin(w);
    for (size_t step = 0; step < changes->step_count; step++) {
        json_object_begin(w);
        json_member_integer(w, "from", sheet->periods[step]);
        json_member_integer(w, "to", sheet->periods[step + 1]);
        write_means(w, "mean", &changes->step_means[step]);
        write_groups(w, sheet, changes->step_group_means + step * changes->group_count);
        json_object_end(w);
    }
    json_array_end(w);
    json_key(w, "dmus");
    json_array_begin(w);
    for (size_t u = 0; u < changes->unit_count; u++) {
        json_object_begin(w);
        json_member_text(w, "dmu", sheet->ids[u]);
        write_mean_members(w, &changes->unit_means[u]);
        json_object_end(w);
    }
    json_array_end(w);
    json_object_end(w);
}

static void write_left_out(struct json_writer *w, const struct malmquist_sheet *sheet)
{
    json_key(w, "left_out");
    json_array_begin(w);
    for (size_t i = 0; i < sheet->left_out_count; i++) {
        const struct malmquist_left_out *left_out = &sheet->left_out[i];
        json_object_begin(w);
        json_member_text(w, "province", left_out->province);
        json_member_integer(w, "year", left_out->year);
        efficiency_write_names(w, "missing", left_out->missing, left_out->missing_count);
        json_object_end(w);
    }
    json_array_end(w);
}

void malmquist_write(struct buffer *out, const struct malmquist_sheet *sheet, const struct dea_changes *changes)
{
    struct json_writer w;
    json_writer_init(&w, out);
    json_object_begin(&w);
    json_key(&w, sheet->provinces != NULL ? "years" : "periods");
    json_array_begin(&w);
    for (size_t p = 0; p <= changes->step_count; p++) {
        json_value_integer(&w, sheet->periods[p]);
    }
    json_array_end(&w);
    json_member_text(&w, "orientation", efficiency_orientations[sheet->orientation]);
    efficiency_write_names(&w, "inputs", sheet->inputs, sheet->panel.input_count);
    efficiency_write_names(&w, "outputs", sheet->outputs, sheet->panel.output_count);
    if (sheet->provinces != NULL) {
        json_member_integer(&w, "figures_revision", sheet->revision);
    }
    json_key(&w, "results");
    json_array_begin(&w);
    for (size_t i = 0; i < changes->step_count * changes->unit_count; i++) {
        write_change(&w, sheet, changes, i / changes->unit_count, i % changes->unit_count);
    }
    json_array_end(&w);
    write_summary(&w, sheet, changes);
    efficiency_write_certificate(&w, &changes->certificate);
    if (sheet->provinces != NULL) {
        write_left_out(&w, sheet);
    }
    json_object_end(&w);
    json_writer_finish(&w);
}
