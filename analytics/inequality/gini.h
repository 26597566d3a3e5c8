#ifndef ANALYTICS_INEQUALITY_GINI_H
#define ANALYTICS_INEQUALITY_GINI_H

#include <stddef.h>

struct inequality_order;

/*
 * Gini's index, 0 (all equal) to below 1: half the mean difference over the mean, sum_i sum_j p_i p_j |x_i - x_j| / (2 mu)
 * (Gini 1912; Yitzhaki and Schechtman 2013, The Gini Methodology, 2.1). No correction n / (n - 1). Worked out as
 * sum_k (x_{k+1} - x_k) F_k (1 - F_k) / mu over the ordered values, F_k the cumulated p: no differences that cancel, and
 * exactly 0 where all are equal. No negative value, mean above 0.
 */
double inequality_gini(const struct inequality_order *order);

/* A corner of Lorenz's curve: the poorest part of the population and the share of the whole that it has; both 0 to 1. */
struct inequality_point {
    double population;
    double share;
};

/*
 * Lorenz's curve (Lorenz 1905, Publications of the American Statistical Association 9, 209), linear between its n + 1
 * corners, (0, 0) to (1, 1): points[0..*count). Where there are more than room (>= 2), room of them at even ranks, the
 * ends among them. Preconditions as of the Gini.
 */
void inequality_lorenz(const struct inequality_order *order, size_t room, struct inequality_point *points, size_t *count);

/* 1/2 - L(1/2): by how much the poorer half falls short of a half. Exactly 0 where all are equal. */
double inequality_half_gap(const struct inequality_order *order);

#endif
