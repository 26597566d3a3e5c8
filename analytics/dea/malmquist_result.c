/* The geometric means of a panel's changes. Read malmquist.c for the changes. */
#include "analytics/dea/malmquist_result.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* While counted the means hold sums of logarithms. */
static void means_add(struct dea_change_means *means, const struct dea_change *change)
{
    means->count++;
    means->effch += log(change->effch);
    means->techch += log(change->techch);
    means->pech += log(change->pech);
    means->sech += log(change->sech);
    means->tfpch += log(change->tfpch);
}

static void means_finish(struct dea_change_means *means, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const double divisor = (double) means[i].count; /* 0 / 0 is NAN, which is what is wanted */
        means[i].effch = exp(means[i].effch / divisor);
        means[i].techch = exp(means[i].techch / divisor);
        means[i].pech = exp(means[i].pech / divisor);
        means[i].sech = exp(means[i].sech / divisor);
        means[i].tfpch = exp(means[i].tfpch / divisor);
    }
}

struct dea_changes *dea_changes_create(const struct dea_panel *panel)
{
    struct dea_changes *changes = calloc(1, sizeof *changes);
    if (changes == NULL) {
        return NULL;
    }
    changes->step_count = panel->period_count - 1;
    changes->unit_count = panel->unit_count;
    changes->group_count = panel->group_count;
    changes->changes = calloc(changes->step_count * changes->unit_count, sizeof *changes->changes);
    changes->step_means = calloc(changes->step_count, sizeof *changes->step_means);
    changes->unit_means = calloc(changes->unit_count, sizeof *changes->unit_means);
    changes->group_means = calloc(changes->group_count + 1, sizeof *changes->group_means);
    changes->step_group_means = calloc(changes->step_count * changes->group_count + 1, sizeof *changes->step_group_means);
    if (changes->changes == NULL || changes->step_means == NULL || changes->unit_means == NULL ||
        changes->group_means == NULL || changes->step_group_means == NULL) {
        dea_changes_free(changes);
        return NULL;
    }
    return changes;
}

void dea_changes_free(struct dea_changes *changes)
{
    if (changes != NULL) {
        free(changes->step_group_means);
        free(changes->group_means);
        free(changes->unit_means);
        free(changes->step_means);
        free(changes->changes);
        free(changes);
    }
}

/* A unit and where its figures are: sorting has no context argument in C11. */
struct entry {
    const struct dea_panel *panel;
    size_t unit;
};

static int numbers_compare(const double *left, const double *right, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (left[i] < right[i] || left[i] > right[i]) {
            return left[i] < right[i] ? -1 : 1;
        }
    }
    return 0;
}

/* By the figures of all periods; equals by unit. */
static int entries_compare(const void *a, const void *b)
{
    const struct entry *left = a;
    const struct entry *right = b;
    const struct dea_panel *panel = left->panel;
    int order = 0;
    for (size_t p = 0; p < panel->period_count && order == 0; p++) {
        const size_t one = p * panel->unit_count + left->unit;
        const size_t other = p * panel->unit_count + right->unit;
        const bool is_one = panel->is_missing == NULL || !panel->is_missing[one];
        const bool is_other = panel->is_missing == NULL || !panel->is_missing[other];
        order = (int) is_one - (int) is_other;
        if (order == 0 && is_one) {
            const size_t m = panel->input_count;
            const size_t s = panel->output_count;
            order = numbers_compare(panel->inputs + one * m, panel->inputs + other * m, m);
            order = order != 0 ? order : numbers_compare(panel->outputs + one * s, panel->outputs + other * s, s);
        }
    }
    return order != 0 ? order : (left->unit > right->unit) - (left->unit < right->unit);
}

static void change_count(struct dea_changes *changes, const struct dea_panel *panel, size_t step, size_t unit)
{
    const struct dea_change *change = &changes->changes[step * changes->unit_count + unit];
    changes->certificate.uncertified_count += change->state == DEA_CHANGE_UNCERTIFIED;
    if (change->state != DEA_CHANGE_DEFINED) {
        return;
    }
    means_add(&changes->mean, change);
    means_add(&changes->step_means[step], change);
    means_add(&changes->unit_means[unit], change);
    if (panel->groups != NULL) {
        means_add(&changes->group_means[panel->groups[unit]], change);
        means_add(&changes->step_group_means[step * panel->group_count + panel->groups[unit]], change);
    }
}

enum status dea_changes_summarise(struct dea_changes *changes, const struct dea_panel *panel)
{
    const size_t n = changes->unit_count;
    struct entry *order = calloc(n, sizeof *order);
    if (order == NULL) {
        return STATUS_EXHAUSTED;
    }
    for (size_t u = 0; u < n; u++) {
        order[u] = (struct entry){panel, u};
    }
    qsort(order, n, sizeof *order, entries_compare);
    for (size_t step = 0; step < changes->step_count; step++) {
        for (size_t k = 0; k < n; k++) {
            change_count(changes, panel, step, order[k].unit);
        }
    }
    free(order);
    means_finish(&changes->mean, 1);
    means_finish(changes->step_means, changes->step_count);
    means_finish(changes->unit_means, n);
    means_finish(changes->group_means, changes->group_count);
    means_finish(changes->step_group_means, changes->step_count * changes->group_count);
    return STATUS_OK;
}
