/* A caller's own units over years: a curve for each group and year. */
#include "handlers/analysis/density_units.h"

#include "handlers/analysis/density_body.h"
#include "handlers/analysis/density_panel.h"
#include "handlers/analysis/figures.h"
#include "handlers/analysis/unit_panel.h"

static const struct bind_member body_members[] = {
    BIND_VALUE_ROW(struct density_body, years, true),
    BIND_OBJECTS_ROW(struct density_body, units, true, 1, UNIT_PANEL_VALUES_MAX, &unit_panel_table),
    BIND_CHOICE_ROW(struct density_body, relative_to, false, unit_panel_relative_choices),
    DENSITY_BODY_ROWS,
};

static const struct bind_table body_table = { body_members, sizeof body_members / sizeof body_members[0],
                                              sizeof(struct density_body) };

/* The panel of sound units into the sheet. */
static enum status fill_sheet(struct arena *arena, struct unit_panel *panel, const struct density_body *body, struct faults *faults,
                              struct density_sheet *sheet)
{
    int relative_to = body->relative_to < 0 ? ANALYSIS_RELATIVE_NONE : body->relative_to;
    double *means = arena_array(arena, panel->year_count, sizeof *means);
    if (means == NULL) {
        return STATUS_EXHAUSTED;
    }
    unit_panel_divide(panel, relative_to == ANALYSIS_RELATIVE_MEAN, means, faults);
    const char *detail = density_size_fault(arena, density_panel_series(panel), sheet->drawing.settings.points);
    if (detail != NULL) {
        faults_add(faults, "/points", "out_of_range", "%s", detail);
    }
    if (faults->total > 0) {
        return STATUS_OK;
    }
    sheet->relative_to = unit_panel_relative_choices[relative_to];
    sheet->drawing.is_of_units = true;
    enum status status = density_panel_fill(arena, panel, &sheet->drawing);
    return status == STATUS_OK ? unit_panel_left_out(arena, panel, &sheet->left_out, &sheet->left_out_count) : status;
}

enum status density_units_read(struct arena *arena, json_t *document, struct faults *faults, struct density_sheet *sheet)
{
    struct density_body body = { 0 };
    struct unit_panel panel = { .year_count = 0 };
    enum status status = json_bind(document, &body_table, BIND_CLEAR, "", &body, arena, faults);
    const size_t bound = faults->total;
    if (status == STATUS_EXHAUSTED) {
        return status;
    }
    status = density_body_settings(arena, document, &body, true, &sheet->drawing.settings, faults);
    const size_t before = faults->total;
    if (status == STATUS_OK) {
        status = unit_panel_read(arena, body.years, &body.units, bound == 0, &panel, faults);
    }
    bool is_sound = status == STATUS_OK && bound == 0 && faults->total == before;
    return is_sound ? fill_sheet(arena, &panel, &body, faults, sheet) : status;
}
