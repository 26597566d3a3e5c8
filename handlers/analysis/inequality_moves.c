/*
 * Who moved from which state to which.
 */
#include "handlers/analysis/inequality_moves.h"

struct classes {
    int **state; /* of each year, one for each unit */
    int *from;   /* room for one group's */
    int *to;
};

static enum status classify(struct arena *arena, const struct unit_panel *panel, const double *means, const struct inequality_cuts *cuts,
                            struct inequality_sheet *sheet, struct classes *classes)
{
    size_t bounds = cuts->states - 1;
    sheet->states.bounds = arena_array(arena, sheet->year_count * bounds, sizeof *sheet->states.bounds);
    classes->state = arena_array(arena, sheet->year_count, sizeof *classes->state);
    classes->from = arena_array(arena, panel->unit_count + 1, sizeof *classes->from);
    classes->to = arena_array(arena, panel->unit_count + 1, sizeof *classes->to);
    if (sheet->states.bounds == NULL || classes->state == NULL || classes->from == NULL || classes->to == NULL) {
        return STATUS_EXHAUSTED;
    }
    for (size_t y = 0; y < sheet->year_count; y++) {
        double *own = sheet->states.bounds + y * bounds;
        enum status status = cuts->is_by_mean ? STATUS_OK : markov_quantiles(panel->columns[y], panel->unit_count, cuts->states, own);
        for (size_t s = 0; cuts->is_by_mean && s < bounds; s++) {
            own[s] = cuts->multiples[s] * means[y];
        }
        classes->state[y] = arena_array(arena, panel->unit_count + 1, sizeof **classes->state);
        if (status != STATUS_OK || classes->state[y] == NULL) {
            return status != STATUS_OK ? status : STATUS_EXHAUSTED;
        }
        markov_classify(panel->columns[y], panel->unit_count, own, bounds, classes->state[y]);
    }
    return STATUS_OK;
}

/* The moves of one group (UNIT_PANEL_ALL: all units) between two years. */
static enum status move(struct arena *arena, const struct unit_panel *panel, const struct inequality_sheet *sheet, struct classes *classes,
                        size_t group, size_t from, size_t to, struct inequality_moves *moves)
{
    size_t states = sheet->states.count;
    size_t n = 0;
    moves->counts = arena_array(arena, states * states, sizeof *moves->counts);
    moves->probabilities = arena_array(arena, states * states, sizeof *moves->probabilities);
    if (moves->counts == NULL || moves->probabilities == NULL) {
        return STATUS_EXHAUSTED;
    }
    for (size_t u = 0; u < panel->unit_count; u++) {
        if (group == UNIT_PANEL_ALL || panel->group_of[u] == group) {
            classes->from[n] = classes->state[from][u];
            classes->to[n++] = classes->state[to][u];
        }
    }
    moves->group = group == UNIT_PANEL_ALL ? NULL : panel->groups[group];
    moves->from = sheet->years[from];
    moves->to = sheet->years[to];
    moves->n = markov_count(classes->from, classes->to, n, states, moves->counts);
    markov_estimate(moves->counts, states, moves->probabilities);
    moves->mobility = markov_mobility(moves->probabilities, states);
    return STATUS_OK;
}

enum status inequality_moves_make(struct arena *arena, const struct unit_panel *panel, const double *means,
                                  const struct inequality_cuts *cuts, struct inequality_sheet *sheet)
{
    struct inequality_states *states = &sheet->states;
    struct classes classes = { 0 };
    size_t years = sheet->year_count;
    size_t steps = years > 2 ? years : years - 1; /* the last one: from the first year to the last */
    size_t groups = panel->group_count + 1;
    states->by = cuts->is_by_mean ? "mean" : "quantiles";
    states->count = cuts->states;
    states->moves = arena_array(arena, groups * years, sizeof *states->moves);
    enum status status = states->moves == NULL ? STATUS_EXHAUSTED : classify(arena, panel, means, cuts, sheet, &classes);
    for (size_t i = 0; i < groups * steps && status == STATUS_OK; i++) {
        size_t group = i < steps ? UNIT_PANEL_ALL : i / steps - 1;
        size_t step = i % steps;
        bool is_whole_span = step == years - 1;
        status = move(arena, panel, sheet, &classes, group, is_whole_span ? 0 : step, is_whole_span ? years - 1 : step + 1, &states->moves[i]);
        states->moves_count++;
    }
    return status;
}
