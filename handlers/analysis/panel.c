/* Columns to rows. */
#include "handlers/analysis/panel.h"

static bool make_room(struct arena *arena, const struct analysis_sides *sides, size_t provinces, size_t years, struct analysis_panel *panel)
{
    size_t rows = (provinces + 1) * years;
    *panel = (struct analysis_panel){ 0 };
    panel->inputs = arena_array(arena, sides->inputs.count, sizeof *panel->inputs);
    panel->outputs = arena_array(arena, sides->outputs.count, sizeof *panel->outputs);
    panel->ids = arena_array(arena, provinces + 1, sizeof *panel->ids);
    panel->labels = arena_array(arena, provinces + 1, sizeof *panel->labels);
    panel->provinces = arena_array(arena, provinces + 1, sizeof *panel->provinces);
    panel->input_values = arena_array(arena, rows * sides->inputs.count, sizeof *panel->input_values);
    panel->output_values = arena_array(arena, rows * sides->outputs.count, sizeof *panel->output_values);
    panel->is_missing = arena_array(arena, rows, sizeof *panel->is_missing);
    panel->left_out = arena_array(arena, rows, sizeof *panel->left_out);
    return panel->inputs != NULL && panel->outputs != NULL && panel->ids != NULL && panel->labels != NULL && panel->provinces != NULL &&
        panel->input_values != NULL && panel->output_values != NULL && panel->is_missing != NULL && panel->left_out != NULL;
}

enum status analysis_panel_make(struct arena *arena, const struct analysis_basis *basis, const struct analysis_sides *sides,
                                const struct analysis_figures *figures, struct analysis_panel *panel)
{
    size_t provinces = basis->province_count;
    size_t m = sides->inputs.count;
    size_t s = sides->outputs.count;
    if (!make_room(arena, sides, provinces, figures->year_count, panel)) {
        return STATUS_EXHAUSTED;
    }
    for (size_t row = 0; row < provinces * figures->year_count; row++) {
        size_t year = row / provinces;
        struct analysis_left_out *left_out = &panel->left_out[panel->left_out_count];
        enum status status = analysis_left_out_find(arena, basis, figures, &sides->all, year, row % provinces, left_out);
        if (status != STATUS_OK) {
            return status;
        }
        for (size_t i = 0; i < m + s; i++) {
            double value = figures->columns[year * figures->width + i][row % provinces];
            *(i < m ? &panel->input_values[row * m + i] : &panel->output_values[row * s + i - m]) = value;
        }
        panel->is_missing[row] = left_out->missing_count > 0;
        panel->left_out_count += panel->is_missing[row];
    }
    for (size_t p = 0; p < provinces; p++) {
        panel->ids[p] = basis->provinces[p].code;
        panel->labels[p] = basis->provinces[p].belt;
        panel->provinces[p] = &basis->provinces[p];
    }
    analysis_ids_take(&sides->inputs, panel->inputs);
    analysis_ids_take(&sides->outputs, panel->outputs);
    return STATUS_OK;
}
