/*
 * Reads pairs of samples as text and tests them with analytics/kde/permutation.c, for comparisons with other programs.
 *
 * In, any number of times:  earlier_count later_count pairs replicates, then the values of the earlier and of the later sample.
 * Out, for each: height_ratio height_p width_ratio width_p sd_ratio sd_p, or "fault".
 */
#include <stdio.h>
#include <stdlib.h>

#include "analytics/kde/permutation.h"

int main(void)
{
    static double values[2][KDE_PERMUTATION_MAX];
    const struct kde_watch nobody = {NULL, NULL, NULL};
    struct kde_two two = {.earlier = values[0], .later = values[1]};
    size_t replicates = 0;
    while (scanf("%zu %zu %zu %zu", &two.earlier_count, &two.later_count, &two.pairs, &replicates) == 4) {
        const size_t counts[2] = {two.earlier_count, two.later_count};
        struct kde_permutation test;
        for (size_t s = 0; s < 2; s++) {
            for (size_t i = 0; i < counts[s]; i++) {
                if (counts[s] > KDE_PERMUTATION_MAX || scanf("%lf", &values[s][i]) != 1) {
                    fprintf(stderr, "permutation_driver: a sample is too large or cut short\n");
                    return 2;
                }
            }
        }
        if (kde_permutation_test(&two, replicates, &nobody, &test) != STATUS_OK) {
            printf("fault\n");
            continue;
        }
        printf("%.17g %.17g %.17g %.17g %.17g %.17g\n", test.height_ratio, test.height_p, test.width_ratio, test.width_p,
               test.sd_ratio, test.sd_p);
    }
    return 0;
}
