#ifndef ANALYTICS_INEQUALITY_MARKOV_H
#define ANALYTICS_INEQUALITY_MARKOV_H

#include <stddef.h>

#include "base/status.h"

/*
 * States of units in a year and the moves between them (Quah 1993, Scandinavian Journal of Economics 95, 427). A state is
 * a class between bounds that ascend: state s is bounds[s - 1] < value <= bounds[s], the first has no lower and the last no
 * upper bound; count bounds make count + 1 states.
 */
enum { MARKOV_STATES_MIN = 2, MARKOV_STATES_MAX = 10, MARKOV_NONE = -1 };

/* The bounds of states that hold as many units each, as far as that goes: the quantiles s / states of the values, finite
 * but for those that are NAN and left out (R's type 7; Hyndman and Fan 1996). bounds has room for states - 1. STATUS_INVALID: there is no value;
 * STATUS_EXHAUSTED: no memory. Equal values are in one state, so that one may stay empty. */
enum status markov_quantiles(const double *values, size_t n, size_t states, double *bounds) NODISCARD;

/* state[i] of each value; MARKOV_NONE for NAN. */
void markov_classify(const double *values, size_t n, const double *bounds, size_t count, int *state);

/*
 * counts[a * states + b]: how many units were in state a and then in b, of those that have both; the number of these is
 * returned. probabilities likewise: counts over their row's sum, the maximum likelihood estimate (Anderson and Goodman
 * 1957, Annals of Mathematical Statistics 28, 89); NAN in a row of a state in which nobody was.
 */
size_t markov_count(const int *from, const int *to, size_t n, size_t states, size_t *counts);
void markov_estimate(const size_t *counts, size_t states, double *probabilities);

/* Shorrocks' mobility (states - trace) / (states - 1), 0 where all stay (Shorrocks 1978, Econometrica 46, 1013); NAN where
 * a row is. */
double markov_mobility(const double *probabilities, size_t states);

#endif
