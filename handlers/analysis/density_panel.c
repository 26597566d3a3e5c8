/* From columns to samples, of stored figures and of a caller's own units alike. */
#include "handlers/analysis/density_panel.h"

/* The series of one group and year. */
static enum status fill_series(struct arena *arena, const struct unit_panel *panel, size_t group, size_t year,
                               struct density_series *series)
{
    const bool has_groups = panel->group_count > 0;
    struct unit_gathered found;
    enum status status = unit_panel_gather(arena, panel, has_groups ? group : UNIT_PANEL_ALL, year, &found);
    series->group = has_groups ? panel->groups[group] : NULL;
    series->year = panel->years[year];
    series->sample = (struct kde_sample){ found.values, found.weights, found.count };
    series->members = found.members;
    series->units = found.units;
    return status;
}

size_t density_panel_series(const struct unit_panel *panel)
{
    return panel->year_count * (panel->group_count > 0 ? panel->group_count : 1);
}

enum status density_panel_fill(struct arena *arena, const struct unit_panel *panel, struct density_drawing *drawing)
{
    size_t count = density_panel_series(panel);
    drawing->series = arena_array(arena, count, sizeof *drawing->series);
    enum status status = drawing->series == NULL ? STATUS_EXHAUSTED : STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = fill_series(arena, panel, i / panel->year_count, i % panel->year_count, &drawing->series[i]);
    }
    drawing->series_count = count;
    drawing->years = panel->year_count;
    return status;
}
