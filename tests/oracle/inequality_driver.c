/*
 * Inequality on standard input and output, for comparisons with other programs.
 *
 * In:  `epsilon alpha room n is_weighted groups`, then n lines `value [weight] [group]` (groups > 0: the group's number).
 * Out: lines `name value` with 17 significant digits; of an index without a value the reason. Exit 2: unreadable.
 *      With n = 0: `states n years`, then years lines of n values (nan: none): bounds, states, counts and mobility.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "analytics/inequality/dagum.h"
#include "analytics/inequality/gini.h"
#include "analytics/inequality/groups.h"
#include "analytics/inequality/inequality.h"
#include "analytics/inequality/markov.h"
#include "analytics/inequality/polarization.h"
#include "analytics/inequality/theil.h"

enum { NUMBERS_MAX = 20000, GROUPS_MAX = 100, ROOM_MAX = 20001 };

static double values[NUMBERS_MAX], weights[NUMBERS_MAX];
static int group_of[NUMBERS_MAX];
static struct inequality_point points[ROOM_MAX];

static void stop(const char *what)
{
    fprintf(stderr, "inequality_driver: %s\n", what);
    exit(2);
}

static struct inequality_order *make(const double *x, const double *w, size_t n)
{
    const struct inequality_sample sample = { x, w, n };
    struct inequality_order *order = NULL;
    enum status status = inequality_order_create(&sample, &order);
    if (status != STATUS_OK) {
        printf("status %d\n", (int)status);
        exit(0);
    }
    return order;
}

static void print_parts(const char *name, struct inequality_parts parts)
{
    printf("%s_within %.17g\n%s_between %.17g\n", name, parts.within, name, parts.between);
}

static void decompose(const struct inequality_order *whole, size_t n, size_t count, double alpha)
{
    static double x[NUMBERS_MAX], w[NUMBERS_MAX];
    static struct inequality_pair pairs[GROUPS_MAX * GROUPS_MAX];
    const struct inequality_order *orders[GROUPS_MAX];
    struct inequality_groups *groups = NULL;
    for (size_t g = 0; g < count; g++) {
        size_t own = 0;
        for (size_t i = 0; i < n; i++) {
            if ((size_t)group_of[i] == g) {
                x[own] = values[i];
                w[own++] = weights[i];
            }
        }
        orders[g] = make(x, w, own);
    }
    if (inequality_groups_create(whole, orders, count, &groups) != STATUS_OK) {
        stop("no memory");
    }
    struct inequality_dagum dagum = inequality_dagum(groups, pairs);
    print_parts("t", inequality_theil_t_parts(groups));
    print_parts("l", inequality_theil_l_parts(groups));
    printf("dagum_within %.17g\ndagum_between %.17g\ndagum_transvariation %.17g\n", dagum.within, dagum.between, dagum.transvariation);
    for (size_t i = 0; i < count * (count - 1) / 2; i++) {
        printf("pair %zu %zu %.17g %.17g\n", pairs[i].higher, pairs[i].lower, pairs[i].gini, pairs[i].affluence);
    }
    printf("esteban_ray_groups %.17g\n", inequality_esteban_ray_groups(groups, alpha));
    inequality_groups_free(groups);
    for (size_t g = 0; g < count; g++) {
        inequality_order_free((struct inequality_order *)orders[g]);
    }
}

static void move(void)
{
    size_t states = 0, n = 0, years = 0;
    static int state[2][NUMBERS_MAX];
    double bounds[MARKOV_STATES_MAX], probabilities[MARKOV_STATES_MAX * MARKOV_STATES_MAX];
    size_t counts[MARKOV_STATES_MAX * MARKOV_STATES_MAX];
    if (scanf("%zu %zu %zu", &states, &n, &years) != 3 || states > MARKOV_STATES_MAX || n > NUMBERS_MAX) {
        stop("no years");
    }
    for (size_t y = 0; y < years; y++) {
        for (size_t i = 0; i < n; i++) {
            if (scanf("%lf", &values[i]) != 1) {
                stop("a value is missing");
            }
        }
        if (markov_quantiles(values, n, states, bounds) != STATUS_OK) {
            stop("no values");
        }
        for (size_t s = 0; s + 1 < states; s++) {
            printf("bound %.17g\n", bounds[s]);
        }
        markov_classify(values, n, bounds, states - 1, state[y % 2]);
        if (y > 0) {
            printf("moves %zu\n", markov_count(state[(y - 1) % 2], state[y % 2], n, states, counts));
            markov_estimate(counts, states, probabilities);
            for (size_t i = 0; i < states * states; i++) {
                printf("cell %zu %.17g\n", counts[i], probabilities[i]);
            }
            printf("mobility %.17g\n", markov_mobility(probabilities, states));
        }
    }
}

int main(void)
{
    struct inequality_options options;
    struct inequality_result result;
    size_t room = 0, n = 0, groups = 0, count = 0;
    int is_weighted = 0;
    if (scanf("%lf %lf %zu %zu %d %zu", &options.epsilon, &options.alpha, &room, &n, &is_weighted, &groups) != 6 || n > NUMBERS_MAX ||
        room > ROOM_MAX || groups > GROUPS_MAX) {
        stop("no head");
    }
    if (n == 0) {
        move();
        return 0;
    }
    for (size_t i = 0; i < n; i++) {
        weights[i] = 1;
        if (scanf("%lf", &values[i]) != 1 || (is_weighted && scanf("%lf", &weights[i]) != 1) || (groups > 0 && scanf("%d", &group_of[i]) != 1)) {
            stop("a value is missing");
        }
    }
    struct inequality_order *order = make(values, is_weighted ? weights : NULL, n);
    inequality_measure(order, &options, &result);
    for (int i = 0; i < INEQUALITY_COUNT; i++) {
        const char *name = inequality_index_name((enum inequality_index)i);
        if (result.reason[i] == INEQUALITY_DEFINED) {
            printf("%s %.17g\n", name, result.value[i]);
        } else {
            printf("%s %s\n", name, inequality_reason_name(result.reason[i]));
        }
    }
    printf("mean %.17g\nmedian %.17g\n", inequality_mean(order), inequality_median(order));
    if (inequality_reason_of(order, INEQUALITY_GINI) == INEQUALITY_DEFINED) {
        printf("half_gap %.17g\n", inequality_half_gap(order));
        inequality_lorenz(order, room, points, &count);
        for (size_t i = 0; i < count; i++) {
            printf("lorenz %.17g %.17g\n", points[i].population, points[i].share);
        }
    }
    if (groups > 0) {
        decompose(order, n, groups, options.alpha);
    }
    inequality_order_free(order);
    return 0;
}
