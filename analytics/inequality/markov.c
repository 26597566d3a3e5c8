/*
 * Moves between classes.
 */
#include "analytics/inequality/markov.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;
    return left < right ? -1 : left > right;
}

/* A share of the way from a to b, a <= b, also where b - a is larger than a double can be. */
static double between(double a, double b, double share)
{
    double gap = b - a;
    return isfinite(gap) ? a + share * gap : 2 * (a / 2 + share * (b / 2 - a / 2));
}

enum status markov_quantiles(const double *values, size_t n, size_t states, double *bounds)
{
    size_t count = 0;
    double *sorted = calloc(n + 1, sizeof *sorted);
    if (sorted == NULL) {
        return STATUS_EXHAUSTED;
    }
    for (size_t i = 0; i < n; i++) {
        if (!isnan(values[i])) {
            sorted[count++] = values[i];
        }
    }
    qsort(sorted, count, sizeof *sorted, compare);
    for (size_t s = 1; s < states && count > 0; s++) {
        size_t at = (count - 1) * s / states; /* in whole numbers: a quantile that is a value is that value */
        double rest = (double)((count - 1) * s % states) / (double)states;
        bounds[s - 1] = rest > 0 ? between(sorted[at], sorted[at + 1], rest) : sorted[at];
    }
    free(sorted);
    return count > 0 ? STATUS_OK : STATUS_INVALID;
}

void markov_classify(const double *values, size_t n, const double *bounds, size_t count, int *state)
{
    for (size_t i = 0; i < n; i++) {
        state[i] = isnan(values[i]) ? MARKOV_NONE : 0;
        for (size_t s = 0; s < count; s++) {
            state[i] += values[i] > bounds[s] ? 1 : 0;
        }
    }
}

size_t markov_count(const int *from, const int *to, size_t n, size_t states, size_t *counts)
{
    size_t moves = 0;
    memset(counts, 0, states * states * sizeof *counts);
    for (size_t i = 0; i < n; i++) {
        if (from[i] != MARKOV_NONE && to[i] != MARKOV_NONE) {
            counts[(size_t)from[i] * states + (size_t)to[i]]++;
            moves++;
        }
    }
    return moves;
}

void markov_estimate(const size_t *counts, size_t states, double *probabilities)
{
    for (size_t a = 0; a < states; a++) {
        size_t sum = 0;
        for (size_t b = 0; b < states; b++) {
            sum += counts[a * states + b];
        }
        for (size_t b = 0; b < states; b++) {
            probabilities[a * states + b] = sum > 0 ? (double)counts[a * states + b] / (double)sum : NAN;
        }
    }
}

double markov_mobility(const double *probabilities, size_t states)
{
    double trace = 0;
    for (size_t s = 0; s < states; s++) {
        trace += probabilities[s * states + s];
    }
    return ((double)states - trace) / ((double)states - 1);
}
