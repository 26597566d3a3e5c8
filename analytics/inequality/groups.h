#ifndef ANALYTICS_INEQUALITY_GROUPS_H
#define ANALYTICS_INEQUALITY_GROUPS_H

#include <stddef.h>

#include "base/status.h"

struct inequality_order;

/*
 * A sample taken apart into groups, each in order, against the whole. Invariants: 1. count >= 1; 2. part[g] >= 0, their sum
 * is 1; it is 0 where a group weighs nothing beside the others (by 2^-1074), which then adds nothing to any sum, as its values are
 * left out of the whole; 3. mean[g] is the group's mean over that of the whole, so that sum part mean = 1 (rounding aside);
 * infinite where no double can hold it, which takes a group whose part is below 1e-308. The orders are borrowed.
 */
struct inequality_groups {
    const struct inequality_order *const *orders;
    double *part; /* P_g: of the weight */
    double *mean; /* mu_g / mu */
    size_t count;
};

/* whole is the order of all their values, with a mean above 0. STATUS_EXHAUSTED: no memory; else *groups is given to
 * inequality_groups_free. */
enum status inequality_groups_create(const struct inequality_order *whole, const struct inequality_order *const *orders, size_t count,
                                     struct inequality_groups **groups) NODISCARD;
void inequality_groups_free(struct inequality_groups *groups);

#endif
