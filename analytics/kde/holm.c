/*
 * Holm's correction. Which tests make a family is for the caller: handlers/analysis/density_family.c.
 */
#include "analytics/kde/holm.h"

#include <math.h>

void kde_holm(const double *p, size_t n, double *adjusted)
{
    for (size_t i = 0; i < n; i++) {
        adjusted[i] = 0;
    }
    for (size_t k = 0; k < n; k++) {
        size_t smaller = 0; /* of equal ones the first counts for all: its factor is the largest */
        for (size_t i = 0; i < n; i++) {
            smaller += p[i] < p[k] ? 1 : 0;
        }
        const double raised = fmin(1, (double)(n - smaller) * p[k]);
        for (size_t i = 0; i < n; i++) {
            adjusted[i] = p[i] >= p[k] && raised > adjusted[i] ? raised : adjusted[i];
        }
    }
}
