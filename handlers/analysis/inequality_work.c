/*
 * From samples to indices: first each series, then what wholes are made of.
 */
#include "handlers/analysis/inequality_work.h"

#include <math.h>

#include "analytics/inequality/groups.h"
#include "analytics/inequality/polarization.h"
#include "handlers/analysis/reply.h"
#include "handlers/analysis/watch.h"

static enum status measure(struct arena *arena, const struct inequality_options *options, struct inequality_series *series)
{
    enum status status = inequality_order_create(&series->sample, &series->order);
    if (status == STATUS_INVALID) {
        return STATUS_OK; /* nothing in it counts */
    }
    if (status != STATUS_OK) {
        return status;
    }
    inequality_measure(series->order, options, &series->result);
    if (inequality_reason_of(series->order, INEQUALITY_GINI) != INEQUALITY_DEFINED) {
        return STATUS_OK;
    }
    size_t room = series->order->n + 1 < INEQUALITY_LORENZ_MAX ? series->order->n + 1 : INEQUALITY_LORENZ_MAX;
    series->points = arena_array(arena, room, sizeof *series->points);
    if (series->points == NULL) {
        return STATUS_EXHAUSTED;
    }
    inequality_lorenz(series->order, room, series->points, &series->point_count);
    return STATUS_OK;
}

/* What the groups can tell, as far as the whole has the index and its parts are not beyond what a double holds. */
static void take_apart(const struct inequality_series *whole, const struct inequality_options *options, const struct inequality_groups *groups,
                       struct inequality_split *split)
{
    const enum inequality_reason *reason = whole->result.reason;
    if (reason[INEQUALITY_THEIL_T] == INEQUALITY_DEFINED) {
        split->theil_t = inequality_theil_t_parts(groups);
        split->has_theil_t = isfinite(split->theil_t.within + split->theil_t.between);
    }
    if (reason[INEQUALITY_THEIL_L] == INEQUALITY_DEFINED) {
        split->theil_l = inequality_theil_l_parts(groups);
        split->has_theil_l = isfinite(split->theil_l.within + split->theil_l.between);
    }
    if (reason[INEQUALITY_GINI] == INEQUALITY_DEFINED) {
        split->dagum = inequality_dagum(groups, split->pairs);
        split->has_dagum = isfinite(split->dagum.within + split->dagum.between + split->dagum.transvariation);
        split->pair_count = groups->count * (groups->count - 1) / 2;
    }
    if (reason[INEQUALITY_ESTEBAN_RAY] == INEQUALITY_DEFINED) {
        split->esteban_ray = inequality_esteban_ray_groups(groups, options->alpha);
        split->has_esteban_ray = isfinite(split->esteban_ray);
    }
}

static enum status decompose(struct arena *arena, const struct inequality_options *options, struct inequality_series *whole)
{
    struct inequality_split *split = &whole->split;
    struct inequality_groups *groups = NULL;
    size_t count = whole->group_count;
    const struct inequality_order **orders = arena_array(arena, count, sizeof *orders);
    split->groups = arena_array(arena, count, sizeof *split->groups);
    split->pairs = arena_array(arena, count * count, sizeof *split->pairs);
    if (orders == NULL || split->groups == NULL || split->pairs == NULL) {
        return STATUS_EXHAUSTED;
    }
    for (size_t g = 0; g < count; g++) {
        if (whole->groups[g]->order != NULL) {
            orders[split->group_count] = whole->groups[g]->order;
            split->groups[split->group_count++] = whole->groups[g];
        }
    }
    enum status status = inequality_groups_create(whole->order, orders, split->group_count, &groups);
    if (status == STATUS_OK) {
        take_apart(whole, options, groups, split);
        inequality_groups_free(groups);
    }
    return status;
}

static bool fail(struct exchange *exchange, enum status status)
{
    analysis_reply_failed(exchange, status, "So many values", "fewer values or groups");
    return false;
}

bool inequality_work(struct exchange *exchange, struct inequality_drawing *drawing)
{
    struct analysis_watch watch = analysis_watch_begin(exchange, 2 * drawing->series_count);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < drawing->series_count && status == STATUS_OK; i++) {
        analysis_watch_next(&watch, 1);
        status = analysis_watch_is_cancelled(&watch) ? STATUS_BUSY : measure(exchange->arena, &drawing->options, &drawing->series[i]);
    }
    for (size_t i = 0; i < drawing->series_count && status == STATUS_OK; i++) {
        struct inequality_series *series = &drawing->series[i];
        analysis_watch_next(&watch, 1);
        if (series->group_count > 0 && series->order != NULL) {
            status = analysis_watch_is_cancelled(&watch) ? STATUS_BUSY : decompose(exchange->arena, &drawing->options, series);
        }
    }
    return status == STATUS_OK ? true : fail(exchange, status);
}

void inequality_drawing_fini(struct inequality_drawing *drawing)
{
    for (size_t i = 0; i < drawing->series_count; i++) {
        inequality_order_free(drawing->series[i].order);
        drawing->series[i].order = NULL;
    }
}
