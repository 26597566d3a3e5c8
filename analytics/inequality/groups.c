/*
 * Parts and means of groups, in the units of the whole.
 */
#include "analytics/inequality/groups.h"

#include <math.h>
#include <stdlib.h>

#include "analytics/inequality/order.h"

enum status inequality_groups_create(const struct inequality_order *whole, const struct inequality_order *const *orders, size_t count,
                                     struct inequality_groups **groups)
{
    struct inequality_groups *made = calloc(1, sizeof *made);
    double *columns = calloc(count, 2 * sizeof *columns);
    if (made == NULL || columns == NULL) {
        free(made);
        free(columns);
        return STATUS_EXHAUSTED;
    }
    *made = (struct inequality_groups){ orders, columns, columns + count, count };
    for (size_t g = 0; g < count; g++) {
        made->part[g] = ldexp(orders[g]->total, orders[g]->weight_exponent - whole->weight_exponent) / whole->total;
        made->mean[g] = ldexp(orders[g]->mean, orders[g]->exponent - whole->exponent) / whole->mean;
    }
    *groups = made;
    return STATUS_OK;
}

void inequality_groups_free(struct inequality_groups *groups)
{
    if (groups != NULL) {
        free(groups->part);
        free(groups);
    }
}
