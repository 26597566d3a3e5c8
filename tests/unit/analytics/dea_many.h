#ifndef TESTS_UNIT_ANALYTICS_DEA_MANY_H
#define TESTS_UNIT_ANALYTICS_DEA_MANY_H

/* Random figures of many units, and what tests of long work tell of it. */

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analytics/dea/dea.h"

enum { DEA_MANY_INPUTS = 2, DEA_MANY_OUTPUTS = 2 };

static uint64_t random_state;

/* In [0, 1), by Steele, Lea and Flood's SplitMix64. */
static inline double random_uniform(void)
{
    random_state += 0x9e3779b97f4a7c15u;
    uint64_t z = random_state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (double) ((z ^ (z >> 31)) >> 11) / 9007199254740992.0;
}

/*
 * Two inputs and two outputs of so many units. step 0: numbers that never tie; otherwise whole multiples of step, which often
 * do, with duplicates and zeros.
 */
static inline struct dea_problem dea_many_make(uint64_t seed, double step, size_t units, double *inputs, double *outputs)
{
    random_state = seed;
    for (size_t u = 0; u < units; u++) {
        const double size = 0.2 + random_uniform();
        const double loss = 0.4 + 0.6 * random_uniform();
        for (size_t i = 0; i < DEA_MANY_INPUTS; i++) {
            inputs[u * DEA_MANY_INPUTS + i] = size * (0.5 + random_uniform());
            outputs[u * DEA_MANY_OUTPUTS + i] = sqrt(size) * loss * (0.5 + random_uniform());
        }
        for (size_t i = 0; step > 0 && i < DEA_MANY_INPUTS; i++) {
            inputs[u * DEA_MANY_INPUTS + i] =
                step * (i + 1 == DEA_MANY_INPUTS ? 1 + floor(5 * random_uniform()) : floor(6 * random_uniform()));
            outputs[u * DEA_MANY_OUTPUTS + i] = step * floor(6 * random_uniform());
        }
    }
    return (struct dea_problem){.unit_count = units,
                                .input_count = DEA_MANY_INPUTS,
                                .output_count = DEA_MANY_OUTPUTS,
                                .inputs = inputs,
                                .outputs = outputs};
}

/* What a long work told, and when it is to stop: at which question whether to. */
struct told {
    size_t count, last_done, last_due, asked, stop_at;
};

static inline void tell(void *context, size_t done, size_t due)
{
    struct told *told = context;
    assert_true(done <= due);
    assert_true(told->count == 0 || (due == told->last_due && done > told->last_done));
    told->last_done = done;
    told->last_due = due;
    told->count++;
}

static inline bool ask(void *context)
{
    struct told *told = context;
    return ++told->asked == told->stop_at;
}

#endif
