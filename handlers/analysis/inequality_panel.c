/* A panel's samples: all units of a year, and those of each group. */
#include "handlers/analysis/inequality_panel.h"

#include <assert.h>
#include <math.h>

/* Whether a unit counts in a group (panel->group_count: all units) in a year. */
static bool is_of(const struct inequality_panel *panel, size_t unit, size_t group, size_t year)
{
    return (group == panel->group_count || panel->group_of[unit] == group) && !isnan(panel->columns[year][unit]);
}

/* The series of one group and year. */
static enum status fill_series(struct arena *arena, const struct inequality_panel *panel, size_t group, size_t year, struct inequality_series *series)
{
    const double *weighed = panel->weights[year];
    size_t count = 0;
    for (size_t u = 0; u < panel->unit_count; u++) {
        count += is_of(panel, u, group, year);
    }
    double *values = arena_array(arena, count + 1, sizeof *values);
    double *weights = weighed != NULL ? arena_array(arena, count + 1, sizeof *weights) : NULL;
    const char **members = arena_array(arena, count + 1, sizeof *members);
    if (values == NULL || members == NULL || (weighed != NULL && weights == NULL)) {
        return STATUS_EXHAUSTED;
    }
    size_t n = 0;
    for (size_t u = 0; u < panel->unit_count; u++) {
        if (is_of(panel, u, group, year)) {
            if (weights != NULL) {
                weights[n] = weighed[u];
            }
            values[n] = panel->columns[year][u];
            members[n++] = panel->ids[u];
        }
    }
    assert(n == count);
    series->group = group == panel->group_count ? NULL : panel->groups[group];
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
