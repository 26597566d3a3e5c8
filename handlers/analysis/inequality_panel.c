/* A panel's samples: all units of a year, and those of each group. */
#include "handlers/analysis/inequality_panel.h"

/* The series of one group (UNIT_PANEL_ALL: all units) and year. */
static enum status fill_series(struct arena *arena, const struct unit_panel *panel, size_t group, size_t year, struct inequality_series *series)
{
    struct unit_gathered found;
    enum status status = unit_panel_gather(arena, panel, group, year, &found);
    series->group = group == UNIT_PANEL_ALL ? NULL : panel->groups[group];
    series->year = panel->years[year];
    series->sample = (struct inequality_sample){ found.values, found.weights, found.count };
    series->members = found.members;
    return status;
}

/* By year: all units, then each group. */
static enum status fill_drawing(struct arena *arena, const struct unit_panel *panel, struct inequality_drawing *drawing)
{
    size_t years = panel->year_count;
    size_t groups = panel->group_count;
    drawing->series = arena_array(arena, years * (groups + 1), sizeof *drawing->series);
    enum status status = drawing->series == NULL ? STATUS_EXHAUSTED : STATUS_OK;
    for (size_t y = 0; y < years && status == STATUS_OK; y++) {
        struct inequality_series *whole = &drawing->series[y];
        status = fill_series(arena, panel, UNIT_PANEL_ALL, y, whole);
        whole->groups = arena_array(arena, groups + 1, sizeof(struct inequality_series *));
        if (whole->groups == NULL) {
            return STATUS_EXHAUSTED;
        }
        for (size_t g = 0; g < groups && status == STATUS_OK; g++) {
            whole->groups[g] = &drawing->series[(g + 1) * years + y];
            status = fill_series(arena, panel, g, y, whole->groups[g]);
        }
        whole->group_count = groups;
    }
    drawing->series_count = status == STATUS_OK ? years * (groups + 1) : 0;
    return status;
}

enum status inequality_panel_fill(struct arena *arena, const struct unit_panel *panel, const double *means,
                                  const struct inequality_cuts *cuts, struct inequality_sheet *sheet)
{
    sheet->years = panel->years;
    sheet->year_count = panel->year_count;
    enum status status = fill_drawing(arena, panel, &sheet->drawing);
    return status == STATUS_OK ? inequality_moves_make(arena, panel, means, cuts, sheet) : status;
}
