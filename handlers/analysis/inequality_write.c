/*
 * The answer of /inequality. An index without a value keeps its place: it is null, and undefined says why.
 */
#include "handlers/analysis/inequality_write.h"

#include <math.h>

#include "handlers/analysis/write.h"

static void write_parts(struct json_writer *w, const char *within, const char *between, bool is_known, const struct inequality_parts *parts)
{
    analysis_number(w, within, is_known ? parts->within : NAN);
    analysis_number(w, between, is_known ? parts->between : NAN);
}

static void write_pair(struct json_writer *w, const void *context, size_t index)
{
    const struct inequality_split *split = context;
    const struct inequality_pair *pair = &split->pairs[index];
    json_member_text(w, "higher", split->groups[pair->higher]->group);
    json_member_text(w, "lower", split->groups[pair->lower]->group);
    analysis_number(w, "gini", pair->gini);
    analysis_number(w, "affluence", pair->affluence);
}

static void write_split(struct json_writer *w, const struct inequality_split *split)
{
    json_key(w, "theil");
    json_object_begin(w);
    write_parts(w, "within", "between", split->has_theil_t, &split->theil_t);
    write_parts(w, "l_within", "l_between", split->has_theil_l, &split->theil_l);
    json_object_end(w);
    json_key(w, "dagum");
    json_object_begin(w);
    analysis_number(w, "within", split->has_dagum ? split->dagum.within : NAN);
    analysis_number(w, "between", split->has_dagum ? split->dagum.between : NAN);
    analysis_number(w, "transvariation", split->has_dagum ? split->dagum.transvariation : NAN);
    json_object_end(w);
    analysis_number(w, "esteban_ray_groups", split->has_esteban_ray ? split->esteban_ray : NAN);
    analysis_rows(w, "dagum_pairs", split->pair_count, write_pair, split);
}

static void write_point(struct json_writer *w, const void *context, size_t index)
{
    const struct inequality_point *point = &((const struct inequality_series *)context)->points[index];
    json_member_double(w, "population", point->population);
    json_member_double(w, "share", point->share);
}

static void write_undefined(struct json_writer *w, const struct inequality_series *series)
{
    json_key(w, "undefined");
    json_array_begin(w);
    for (int i = 0; i < INEQUALITY_COUNT; i++) {
        enum inequality_reason reason = series->result.reason[i];
        if (series->order == NULL || reason != INEQUALITY_DEFINED) {
            json_object_begin(w);
            json_member_text(w, "index", inequality_index_name((enum inequality_index)i));
            json_member_text(w, "reason", series->order == NULL ? "no_values" : inequality_reason_name(reason));
            json_object_end(w);
        }
    }
    json_array_end(w);
}

static void write_series(struct json_writer *w, const void *context, size_t index)
{
    const struct inequality_series *series = (const struct inequality_series *)context + index;
    const struct inequality_order *order = series->order;
    json_member_text(w, "group", series->group);
    analysis_number(w, "year", series->year != 0 ? (double)series->year : NAN);
    json_member_integer(w, "n", order != NULL ? (int64_t)order->n : 0);
    analysis_number(w, "mean", order != NULL ? inequality_mean(order) : NAN);
    analysis_number(w, "median", order != NULL ? inequality_median(order) : NAN);
    analysis_number(w, "min", order != NULL ? order->raw[0] : NAN);
    analysis_number(w, "max", order != NULL ? order->raw[order->n - 1] : NAN);
    for (int i = 0; i < INEQUALITY_COUNT; i++) {
        analysis_number(w, inequality_index_name((enum inequality_index)i), order != NULL ? series->result.value[i] : NAN);
    }
    if (series->group_count > 0) {
        write_split(w, &series->split);
    }
    analysis_rows(w, "lorenz", series->point_count, write_point, series);
    if (series->members != NULL) {
        analysis_texts(w, "members", series->members, series->sample.n);
    }
    write_undefined(w, series);
}

static void write_moves(struct json_writer *w, const void *context, size_t index)
{
    const struct inequality_moves *moves = &((const struct inequality_states *)context)->moves[index];
    const size_t states = ((const struct inequality_states *)context)->count;
    json_member_text(w, "group", moves->group);
    json_member_integer(w, "from", moves->from);
    json_member_integer(w, "to", moves->to);
    json_member_integer(w, "n", (int64_t)moves->n);
    json_key(w, "counts");
    json_array_begin(w);
    for (size_t a = 0; a < states; a++) {
        json_array_begin(w);
        for (size_t b = 0; b < states; b++) {
            json_value_integer(w, (int64_t)moves->counts[a * states + b]);
        }
        json_array_end(w);
    }
    json_array_end(w);
    json_key(w, "probabilities");
    json_array_begin(w);
    for (size_t a = 0; a < states; a++) {
        analysis_numbers(w, moves->probabilities + a * states, states);
    }
    json_array_end(w);
    analysis_number(w, "mobility", moves->mobility);
}

static void write_bounds(struct json_writer *w, const void *context, size_t index)
{
    const struct inequality_sheet *sheet = context;
    const size_t bounds = sheet->states.count - 1;
    json_member_integer(w, "year", sheet->years[index]);
    json_key(w, "bounds");
    analysis_numbers(w, sheet->states.bounds + index * bounds, bounds);
}

static void write_states(struct json_writer *w, const struct inequality_sheet *sheet)
{
    const struct inequality_states *states = &sheet->states;
    json_key(w, "states");
    json_object_begin(w);
    json_member_text(w, "by", states->by);
    json_member_integer(w, "count", (int64_t)states->count);
    analysis_rows(w, "years", sheet->year_count, write_bounds, sheet);
    json_object_end(w);
    analysis_rows(w, "transitions", states->moves_count, write_moves, states);
}

void inequality_write(struct buffer *out, const struct inequality_sheet *sheet)
{
    const struct inequality_drawing *drawing = &sheet->drawing;
    struct json_writer w;
    json_writer_init(&w, out);
    json_object_begin(&w);
    if (sheet->indicator != NULL) {
        json_member_text(&w, "indicator", sheet->indicator);
        json_member_text(&w, "per", sheet->per);
    }
    if (sheet->relative_to != NULL) {
        json_member_text(&w, "relative_to", sheet->relative_to);
    }
    json_member_double(&w, "epsilon", drawing->options.epsilon);
    json_member_double(&w, "alpha", drawing->options.alpha);
    if (sheet->indicator != NULL) {
        json_member_integer(&w, "figures_revision", sheet->revision);
    }
    analysis_rows(&w, "series", drawing->series_count, write_series, drawing->series);
    if (sheet->year_count > 0) {
        write_states(&w, sheet);
    }
    analysis_answer_close(&w, sheet->left_out, sheet->left_out_count);
}
