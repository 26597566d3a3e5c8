/*
 * A caller's own units over years, to a panel and the cuts of its states.
 */
#include "handlers/analysis/inequality_units.h"

#include "handlers/analysis/analysis.h"
#include "handlers/analysis/column.h"
#include "handlers/analysis/figures.h"
#include "handlers/analysis/inequality_panel.h"
#include "handlers/analysis/inequality_sample.h"
#include "handlers/analysis/unit_panel.h"
#include "json/bind.h"

struct body {
    json_t *years, *bounds;
    struct bind_array units;
    int relative_to;
    int64_t states;
    double epsilon, alpha;
};

static const struct bind_member body_members[] = {
    BIND_VALUE_ROW(struct body, years, true),
    BIND_OBJECTS_ROW(struct body, units, true, 1, UNIT_PANEL_VALUES_MAX, &unit_panel_table),
    BIND_CHOICE_ROW(struct body, relative_to, false, unit_panel_relative_choices),
    BIND_INTEGER_ROW(struct body, states, false, MARKOV_STATES_MIN, MARKOV_STATES_MAX),
    BIND_VALUE_ROW(struct body, bounds, false),
    { "epsilon", BIND_NUMBER, false, BIND_OFFSET(struct body, epsilon, double), 0, INEQUALITY_EPSILON_MAX, NULL, NULL },
    BIND_NUMBER_ROW(struct body, alpha, false),
};

static const struct bind_table body_table = { body_members, sizeof body_members / sizeof body_members[0], sizeof(struct body) };

struct reading {
    struct arena *arena;
    struct faults *faults;
    struct body body;
    struct unit_panel units;
    int relative_to;
    double *means;
    struct inequality_cuts cuts;
};

/* The states' cuts: quantiles, or multiples of the mean. */
static enum status read_cuts(struct reading *r)
{
    r->cuts.states = r->body.states == BIND_ABSENT ? INEQUALITY_STATES_DEFAULT : (size_t)r->body.states;
    if (r->body.bounds == NULL) {
        return STATUS_OK;
    }
    if (r->body.states != BIND_ABSENT) {
        faults_add(r->faults, "/bounds", "conflicting_values", "bounds and states exclude each other");
    }
    struct analysis_column bounds = { .member = "bounds", .max = MARKOV_STATES_MAX - 1, .min = 0 };
    enum status status = analysis_column_take(r->arena, r->body.bounds, &bounds, r->faults);
    if (status != STATUS_OK || bounds.numbers == NULL) {
        return status;
    }
    bool is_ascending = bounds.numbers[0] > 0;
    for (size_t i = 0; i < bounds.count; i++) {
        is_ascending = is_ascending && (i == 0 || bounds.numbers[i] > bounds.numbers[i - 1]);
        r->cuts.multiples[i] = bounds.numbers[i];
    }
    if (!is_ascending) {
        faults_add(r->faults, "/bounds", "bad_format", "bounds are numbers above 0 that ascend: multiples of the mean");
    }
    r->cuts.states = bounds.count + 1;
    r->cuts.is_by_mean = true;
    return STATUS_OK;
}

/* Years and units; where nothing is wrong with them, the means too. */
static enum status read_units(struct reading *r, bool are_units_sound)
{
    size_t before = r->faults->total;
    enum status status = unit_panel_read(r->arena, r->body.years, &r->body.units, are_units_sound, &r->units, r->faults);
    if (status != STATUS_OK || !are_units_sound || r->units.year_count == 0 || r->faults->total > before) {
        return status;
    }
    r->relative_to = r->body.relative_to < 0 ? ANALYSIS_RELATIVE_NONE : r->body.relative_to;
    r->means = arena_array(r->arena, r->units.year_count, sizeof *r->means);
    if (r->means == NULL) {
        return STATUS_EXHAUSTED;
    }
    unit_panel_divide(&r->units, r->relative_to == ANALYSIS_RELATIVE_MEAN, r->means, r->faults);
    return STATUS_OK;
}

/* The panel of sound units into the sheet. */
static enum status fill_sheet(struct reading *r, struct inequality_sheet *sheet)
{
    sheet->relative_to = unit_panel_relative_choices[r->relative_to];
    enum status status = inequality_panel_fill(r->arena, &r->units, r->means, &r->cuts, sheet);
    return status == STATUS_OK ? unit_panel_left_out(r->arena, &r->units, &sheet->left_out, &sheet->left_out_count) : status;
}

enum status inequality_units_read(struct arena *arena, json_t *document, struct faults *faults, struct inequality_sheet *sheet)
{
    struct reading r = { .arena = arena, .faults = faults };
    const char *detail = NULL;
    enum status status = json_bind(document, &body_table, BIND_CLEAR, "", &r.body, arena, faults);
    size_t bound = faults->total;
    if (status == STATUS_EXHAUSTED) {
        return status;
    }
    if (inequality_options_set(arena, r.body.epsilon, r.body.alpha, &sheet->drawing.options, &detail)) {
        faults_add(faults, "/alpha", "out_of_range", "%s", detail);
    }
    status = read_cuts(&r);
    if (status == STATUS_OK) {
        status = read_units(&r, bound == 0);
    }
    return status == STATUS_OK && faults->total == 0 ? fill_sheet(&r, sheet) : status;
}
