/* A panel's samples: all units of a year, and those of each group. */
#include "handlers/analysis/inequality_panel.h"

#include <math.h>

/* The series of one group (panel->group_count: all units) and year. */
static enum status fill_series(struct arena *arena, const struct inequality_panel *panel, size_t group, size_t year, struct inequality_series *series)
{
    const double *column = panel->columns[year];
    const double *weighed = panel->weights[year];
    size_t n = 0;
    double *values = arena_array(arena, panel->unit_count + 1, sizeof *values);
    double *weights = weighed != NULL ? arena_array(arena, panel->unit_count + 1, sizeof *weights) : NULL;
    const char **members = arena_array(arena, panel->unit_count + 1, sizeof *members);
    bool is_whole = group == panel->group_count;
    if (values == NULL || members == NULL || (weighed != NULL && weights == NULL)) {
        return STATUS_EXHAUSTED;
    }
    for (size_t u = 0; u < panel->unit_count; u++) {
        if ((is_whole || panel->group_of[u] == group) && !isnan(column[u])) {
            if (weights != NULL) {
                weights[n] = weighed[u];
            }
            values[n] = column[u];
            members[n++] = panel->ids[u];
        }
    }
    series->group = is_whole ? NULL : panel->groups[group];
    series->year = panel->years[year];
    series->sample = (struct inequality_sample){ values, weights, n };
    series->members = members;
    return STATUS_OK;
}

/* By year: all units, then each group. */
static enum status fill_drawing(struct arena *arena, const struct inequality_panel *panel, struct inequality_drawing *drawing)
{
    size_t years = panel->year_count;
    size_t groups = panel->group_count;
    drawing->series = arena_array(arena, years * (groups + 1), sizeof *drawing->series);
    enum status status = drawing->series == NULL ? STATUS_EXHAUSTED : STATUS_OK;
    for (size_t y = 0; y < years && status == STATUS_OK; y++) {
        struct inequality_series *whole = &drawing->series[y];
        status = fill_series(arena, panel, groups, y, whole);
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

enum status inequality_panel_fill(struct arena *arena, const struct inequality_panel *panel, const struct inequality_cuts *cuts,
                                  struct inequality_sheet *sheet)
{
    sheet->years = panel->years;
    sheet->year_count = panel->year_count;
    enum status status = fill_drawing(arena, panel, &sheet->drawing);
    return status == STATUS_OK ? inequality_moves_make(arena, panel, cuts, sheet) : status;
}
