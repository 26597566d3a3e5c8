#ifndef ANALYTICS_KDE_HOLM_H
#define ANALYTICS_KDE_HOLM_H

#include <stddef.h>

/*
 * P-values of a family of tests, corrected for their number, so that the chance that any of them rejects where nothing is
 * to be found is at most the level, however the tests depend on each other: with p_(1) <= ... <= p_(m), that of rank i
 * becomes max over j <= i of min(1, (m - j + 1) p_(j)) (Holm 1979, Scandinavian Journal of Statistics 6, 65; as adjusted
 * p-values: Wright 1992, Biometrics 48, 1005). R has it as p.adjust(p, "holm").
 *
 * p has n numbers of 0 to 1, adjusted room for as many; they are not the same array. Time: n^2. Pure; any thread.
 */
void kde_holm(const double *p, size_t n, double *adjusted);

#endif
