/* From columns to samples, of stored figures and of a caller's own units alike. */
#include "handlers/analysis/density_panel.h"

#include <math.h>

static bool is_of(const struct unit_panel *panel, size_t unit, size_t group, size_t year)
{
    return (panel->group_count == 0 || panel->group_of[unit] == group) && !isnan(panel->columns[year][unit]);
}

/* The series of one group and year. */
static enum status fill_series(struct arena *arena, const struct unit_panel *panel, size_t group, size_t year,
                               struct density_series *series)
{
    const double *weighed = panel->weights != NULL ? panel->weights[year] : NULL;
    size_t count = 0;
    for (size_t u = 0; u < panel->unit_count; u++) {
        count += is_of(panel, u, group, year);
    }
    double *values = arena_array(arena, count + 1, sizeof *values);
    double *weights = weighed != NULL ? arena_array(arena, count + 1, sizeof *weights) : NULL;
    const char **members = arena_array(arena, count + 1, sizeof *members);
    size_t *units = arena_array(arena, count + 1, sizeof *units);
    if (values == NULL || members == NULL || units == NULL || (weighed != NULL && weights == NULL)) {
        return STATUS_EXHAUSTED;
    }
    size_t n = 0;
    for (size_t u = 0; u < panel->unit_count; u++) {
        if (is_of(panel, u, group, year)) {
            if (weights != NULL) {
                weights[n] = weighed[u];
            }
            values[n] = panel->columns[year][u];
            units[n] = u;
            members[n++] = panel->ids[u];
        }
    }
    series->group = panel->group_count > 0 ? panel->groups[group] : NULL;
    series->year = panel->years[year];
    series->sample = (struct kde_sample){ values, weights, n };
    series->members = members;
    series->units = units;
    return STATUS_OK;
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
