/*
 * Sorting, scaling and the mean. Read inequality.h next: which indices there are.
 */
#include "analytics/inequality/order.h"

#include <math.h>
#include <stdlib.h>

#include "analytics/inequality/sum.h"

struct pair {
    double x, weight;
};

static int compare(const void *a, const void *b)
{
    const struct pair *left = a;
    const struct pair *right = b;
    if (left->x != right->x) {
        return left->x < right->x ? -1 : 1;
    }
    return left->weight < right->weight ? -1 : left->weight > right->weight;
}

/* How many values have a weight; 0 where the sample is unfit. */
static size_t count_heavy(const struct inequality_sample *sample)
{
    size_t count = 0;
    for (size_t i = 0; i < sample->n; i++) {
        double weight = sample->weights != NULL ? sample->weights[i] : 1;
        if (!isfinite(sample->values[i]) || !isfinite(weight) || weight < 0) {
            return 0;
        }
        count += weight > 0 ? 1 : 0;
    }
    return count;
}

/* The pairs of positive weight in order, and how many; weights are scaled, so that their sum cannot overflow. One that is
 * nothing beside another (by 2^-1074) is none. */
static size_t take_pairs(const struct inequality_sample *sample, struct pair *pairs, int *exponent)
{
    double heaviest = 0;
    for (size_t i = 0; sample->weights != NULL && i < sample->n; i++) {
        heaviest = fmax(heaviest, sample->weights[i]);
    }
    if (sample->weights != NULL) {
        (void)frexp(heaviest, exponent);
    }
    size_t count = 0;
    for (size_t i = 0; i < sample->n; i++) {
        double weight = sample->weights != NULL ? sample->weights[i] : 1;
        weight = ldexp(weight, -*exponent);
        if (weight > 0) {
            pairs[count++] = (struct pair){ sample->values[i] + 0.0, weight }; /* + 0.0: no -0 */
        }
    }
    qsort(pairs, count, sizeof *pairs, compare);
    return count;
}

static void fill(struct inequality_order *order, const struct pair *pairs, size_t n)
{
    struct inequality_sum weights = { 0, 0 };
    struct inequality_sum above = { 0, 0 };
    (void)frexp(fmax(fabs(pairs[0].x), fabs(pairs[n - 1].x)), &order->exponent);
    order->n = n;
    order->has_negative = pairs[0].x < 0;
    for (size_t i = 0; i < n; i++) {
        order->has_zero = order->has_zero || pairs[i].x == 0;
        order->raw[i] = pairs[i].x;
        order->x[i] = ldexp(pairs[i].x, -order->exponent);
        order->weight[i] = pairs[i].weight;
        inequality_add(&weights, pairs[i].weight);
        order->cumulated[i] = inequality_total(&weights);
        inequality_add(&above, order->weight[i] * (order->x[i] - order->x[0]));
    }
    order->total = order->cumulated[n - 1];
    order->mean = order->x[0] + inequality_total(&above) / order->total;
}

enum status inequality_order_create(const struct inequality_sample *sample, struct inequality_order **order)
{
    size_t n = count_heavy(sample);
    if (n == 0) {
        return STATUS_INVALID;
    }
    struct pair *pairs = calloc(n, sizeof *pairs);
    struct inequality_order *made = calloc(1, sizeof *made);
    double *columns = calloc(n, 4 * sizeof *columns);
    if (pairs == NULL || made == NULL || columns == NULL) {
        free(pairs);
        free(made);
        free(columns);
        return STATUS_EXHAUSTED;
    }
    made->x = columns;
    made->weight = columns + n;
    made->cumulated = columns + 2 * n;
    made->raw = columns + 3 * n;
    fill(made, pairs, take_pairs(sample, pairs, &made->weight_exponent));
    free(pairs);
    *order = made;
    return STATUS_OK;
}

void inequality_order_free(struct inequality_order *order)
{
    if (order != NULL) {
        free(order->x);
        free(order);
    }
}

double inequality_mean(const struct inequality_order *order)
{
    return ldexp(order->mean, order->exponent);
}

double inequality_median_scaled(const struct inequality_order *order)
{
    double half = order->total / 2;
    size_t i = 0;
    while (order->cumulated[i] < half) {
        i++;
    }
    bool is_between = order->cumulated[i] == half && i + 1 < order->n;
    return is_between ? order->x[i] + (order->x[i + 1] - order->x[i]) / 2 : order->x[i];
}

double inequality_median(const struct inequality_order *order)
{
    return ldexp(inequality_median_scaled(order), order->exponent);
}

double inequality_log(const struct inequality_order *order, size_t i)
{
    double ratio = order->x[i] / order->mean;
    return ratio > 0x1p-900 ? log(ratio) : log(order->raw[i]) - log(order->mean) - order->exponent * M_LN2;
}
