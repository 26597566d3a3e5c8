/* Inequality of groups: parts within and between, Dagum's three, poles, and moves between classes. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "analytics/inequality/dagum.h"
#include "analytics/inequality/gini.h"
#include "analytics/inequality/groups.h"
#include "analytics/inequality/inequality.h"
#include "analytics/inequality/markov.h"
#include "analytics/inequality/polarization.h"
#include "analytics/inequality/theil.h"
#include "tests/unit/analytics/inequality_help.h"

enum { GROUPS_MAX = 6, VALUES_MAX = 60 };

/* A sample taken apart: the values of group g are those from first[g] to before first[g + 1]. */
struct apart {
    const double *values, *weights;
    size_t first[GROUPS_MAX + 1];
    struct inequality_order *whole, *orders[GROUPS_MAX];
    const struct inequality_order *borrowed[GROUPS_MAX];
    struct inequality_groups *groups;
};

static void take_apart(struct apart *a, const double *values, const double *weights, const size_t *sizes, size_t count)
{
    *a = (struct apart){.values = values, .weights = weights};
    for (size_t g = 0; g < count; g++) {
        const size_t at = a->first[g];
        a->first[g + 1] = at + sizes[g];
        a->orders[g] = put_in_order(values + at, weights != NULL ? weights + at : NULL, sizes[g]);
        a->borrowed[g] = a->orders[g];
    }
    a->whole = put_in_order(values, weights, a->first[count]);
    assert_int_equal(inequality_groups_create(a->whole, a->borrowed, count, &a->groups), STATUS_OK);
    assert_int_equal(a->groups->count, count);
    double parts = 0, means = 0;
    for (size_t g = 0; g < count; g++) {
        parts += a->groups->part[g];
        means += a->groups->part[g] > 0 ? a->groups->part[g] * a->groups->mean[g] : 0;
    }
    assert_near(parts, 1, 1e-15);
    assert_near(means, 1, 4e-15);
}

static void give_back(struct apart *a)
{
    for (size_t g = 0; g < a->groups->count; g++) {
        inequality_order_free(a->orders[g]);
    }
    inequality_groups_free(a->groups);
    inequality_order_free(a->whole);
}

/* {1, 4} and {2, 6}: the means 5/2, 4 and 13/4, d = 8/4, p = 2/4, so G_jh = 5/13, D = 3/5; G within 3/10 and 1/4. */
static void test_dagum_by_hand(void **state)
{
    (void)state;
    const double values[] = {4, 1, 2, 6};
    const size_t sizes[] = {2, 2};
    struct inequality_pair pair;
    struct apart a;
    take_apart(&a, values, NULL, sizes, 2);
    const struct inequality_dagum dagum = inequality_dagum(a.groups, &pair);
    assert_int_equal(pair.higher, 1);
    assert_int_equal(pair.lower, 0);
    assert_near(pair.gini, 5.0 / 13, 1e-15);
    assert_near(pair.affluence, 0.6, 1e-15);
    assert_near(dagum.within, 1.75 / 13, 1e-15);
    assert_near(dagum.between, 1.5 / 13, 1e-15);
    assert_near(dagum.transvariation, 1.0 / 13, 1e-15);
    assert_near(inequality_gini(a.whole), 4.25 / 13, 1e-15);
    const struct inequality_dagum again = inequality_dagum(a.groups, NULL);
    assert_memory_equal(&again, &dagum, sizeof dagum);
    give_back(&a);
}

static void test_dagum_at_its_ends(void **state)
{
    (void)state;
    const double values[] = {5, 7, 1, 2, 1, 2, 0, 3};
    const size_t sizes[] = {2, 2, 2, 2};
    struct inequality_pair pairs[6];
    struct apart a;
    take_apart(&a, values, NULL, sizes, 4);
    const struct inequality_dagum dagum = inequality_dagum(a.groups, pairs);
    const size_t first[] = {0, 0, 0, 1, 1, 2};
    const size_t second[] = {1, 2, 3, 2, 3, 3};
    for (size_t p = 0; p < 6; p++) { /* 5 and 7 lie above all others; those have one mean, and the first counts as higher */
        assert_int_equal(pairs[p].higher, first[p]);
        assert_int_equal(pairs[p].lower, second[p]);
        assert_near(pairs[p].affluence, p < 3 ? 1 : 0, 1e-15);
        assert_near(pairs[p].gini, p < 3 ? 0.6 : p == 3 ? 1.0 / 6 : 0.5, 1e-15);
    }
    assert_near(dagum.within + dagum.between + dagum.transvariation, inequality_gini(a.whole), 1e-15);
    give_back(&a);

    /* One group is the whole; each value a group of its own is all between; a group of zeros. */
    take_apart(&a, values, NULL, (const size_t[]){6}, 1);
    struct inequality_dagum one = inequality_dagum(a.groups, NULL);
    assert_near(one.within, inequality_gini(a.whole), 1e-16);
    assert_near(one.between + one.transvariation, 0, 0);
    give_back(&a);
    take_apart(&a, values, NULL, (const size_t[]){1, 1, 1, 1}, 4);
    one = inequality_dagum(a.groups, NULL);
    assert_near(one.between, inequality_gini(a.whole), 1e-15);
    assert_near(fabs(one.within) + fabs(one.transvariation), 0, 1e-16);
    give_back(&a);
    const double zeros[] = {0, 0, 0, 8};
    take_apart(&a, zeros, NULL, (const size_t[]){2, 1, 1}, 3);
    one = inequality_dagum(a.groups, pairs);
    assert_near(pairs[0].gini, 0, 0); /* of zeros and zeros */
    assert_near(pairs[0].affluence, 0, 0);
    assert_near(one.between, 0.75, 1e-16);
    assert_near(one.within + one.transvariation, 0, 0);
    give_back(&a);
}

/* Dagum's pair by its definition, over all x of one group and y of the other. */
static void check_pair(const struct apart *a, const struct inequality_pair *pair)
{
    long double d = 0, p = 0, heavy = 0, light = 0, upper = 0, lower = 0;
    for (size_t i = a->first[pair->higher]; i < a->first[pair->higher + 1]; i++) {
        heavy += (long double)a->weights[i];
        upper += (long double)a->weights[i] * a->values[i];
    }
    for (size_t k = a->first[pair->lower]; k < a->first[pair->lower + 1]; k++) {
        light += (long double)a->weights[k];
        lower += (long double)a->weights[k] * a->values[k];
        for (size_t i = a->first[pair->higher]; i < a->first[pair->higher + 1]; i++) {
            const long double apart = ((long double)a->values[i] - a->values[k]) * a->weights[i] * a->weights[k];
            d += apart > 0 ? apart : 0;
            p += apart < 0 ? -apart : 0;
        }
    }
    assert_true(upper / heavy >= lower / light - 1e-12L);
    assert_near(pair->gini, (double)((d + p) / (heavy * light) / (upper / heavy + lower / light)), 1e-14);
    assert_near(pair->affluence, d + p > 0 ? fmax((double)((d - p) / (d + p)), 0) : 0, 1e-13);
}

/* Random groups: both of Theil's and Dagum's parts add up to the whole. */
static void test_parts_add_up(void **state)
{
    (void)state;
    double values[VALUES_MAX], weights[VALUES_MAX];
    struct inequality_pair pairs[GROUPS_MAX * (GROUPS_MAX - 1) / 2];
    for (size_t round = 0; round < 60; round++) {
        const size_t count = 1 + round % GROUPS_MAX;
        size_t sizes[GROUPS_MAX], n = 0;
        for (size_t g = 0; g < count; g++) {
            sizes[g] = 1 + (size_t)(next_uniform() * 10);
            for (size_t i = n; i < n + sizes[g]; i++) {
                values[i] = round % 2 == 0 ? 1 + floor(5 * next_uniform()) : exp(3 * next_uniform()) * (double)(g + 1);
                weights[i] = 0.01 + next_uniform();
            }
            n += sizes[g];
        }
        struct apart a;
        take_apart(&a, values, weights, sizes, count);
        const struct inequality_parts t = inequality_theil_t_parts(a.groups);
        const struct inequality_parts l = inequality_theil_l_parts(a.groups);
        const struct inequality_dagum dagum = inequality_dagum(a.groups, pairs);
        assert_near(t.within + t.between, inequality_theil_t(a.whole), 2e-15);
        assert_near(l.within + l.between, inequality_theil_l(a.whole), 2e-15);
        assert_near(dagum.within + dagum.between + dagum.transvariation, inequality_gini(a.whole), 2e-15);
        assert_true(t.between > -1e-15 && l.between > -1e-15 && dagum.between >= 0 && dagum.transvariation > -1e-15);
        for (size_t p = 0; p < count * (count - 1) / 2; p++) {
            check_pair(&a, &pairs[p]);
        }
        give_back(&a);
    }
}

/* Two groups of equal values are all between; two alike all within; zeros alone add nothing to T. */
static void test_theil_by_hand(void **state)
{
    (void)state;
    const double poles[] = {1, 1, 1, 5}, alike[] = {1, 3, 3, 1}, zeros[] = {0, 0, 0, 8};
    struct apart a;
    take_apart(&a, poles, NULL, (const size_t[]){3, 1}, 2);
    struct inequality_parts t = inequality_theil_t_parts(a.groups);
    struct inequality_parts l = inequality_theil_l_parts(a.groups);
    assert_near(t.within, 0, 0);
    assert_near(l.within, 0, 0);
    assert_near(t.between, 0.375 * log(0.5) + 0.625 * log(2.5), 1e-15);
    assert_near(l.between, log(2) - 0.25 * log(5), 1e-15);
    give_back(&a);
    take_apart(&a, alike, NULL, (const size_t[]){2, 2}, 2);
    t = inequality_theil_t_parts(a.groups);
    l = inequality_theil_l_parts(a.groups);
    assert_near(t.between, 0, 0);
    assert_near(l.between, 0, 0);
    assert_near(t.within, 0.25 * log(0.5) + 0.75 * log(1.5), 1e-15);
    assert_near(l.within, log(2) - 0.5 * log(3), 1e-15);
    give_back(&a);
    take_apart(&a, zeros, NULL, (const size_t[]){2, 2}, 2);
    t = inequality_theil_t_parts(a.groups);
    assert_near(t.within, log(2), 1e-15);
    assert_near(t.between, log(2), 1e-15);
    give_back(&a);
}

/* Groups are in the whole's units, whatever scale each was put in order by. */
static void test_groups_of_unlike_scale(void **state)
{
    (void)state;
    const double values[] = {1e15, 3e15, 0x1p-1070, 4};
    const double weights[] = {1, 1, 0x1p-20, 0x1p-20};
    struct apart a;
    take_apart(&a, values, weights, (const size_t[]){2, 1, 1}, 3);
    const double all = 2 + 0x1p-19;
    assert_near(a.groups->part[0], 2 / all, 1e-16);
    assert_near(a.groups->part[1], 0x1p-20 / all, 1e-22);
    assert_near(a.groups->mean[0], all / 2, 1e-15);
    assert_near(a.groups->mean[1], 0, 1e-300);
    assert_near(a.groups->mean[2], 4 / (4e15 / all), 1e-30);
    give_back(&a);
    inequality_groups_free(NULL);
}

/* A group that weighs nothing beside the others adds nothing, whatever its values are, and its pairs are told of all the same: {1}
 * and {3} have |x - y| over the sum of the means 1/2, and {1}, {1e15} almost 1. */
static void test_a_group_of_no_weight(void **state)
{
    (void)state;
    const double values[] = {1, 3, 1e15};
    const double weights[] = {0x1p500, 0x1p500, 0x1p-700};
    const size_t sizes[] = {1, 1, 1};
    struct inequality_pair pairs[3];
    struct apart a;
    take_apart(&a, values, weights, sizes, 3);
    assert_int_equal(a.whole->n, 2);
    assert_near(a.groups->part[2], 0, 0);
    const struct inequality_dagum dagum = inequality_dagum(a.groups, pairs);
    const struct inequality_parts t = inequality_theil_t_parts(a.groups);
    const struct inequality_parts l = inequality_theil_l_parts(a.groups);
    assert_near(dagum.between, 0.25, 1e-16);
    assert_near(dagum.within + dagum.transvariation, 0, 0);
    assert_near(pairs[0].gini, 0.5, 1e-16);
    assert_near(pairs[1].gini, 1, 1e-14);
    assert_near(pairs[2].affluence, 1, 0);
    assert_near(t.between, inequality_theil_t(a.whole), 1e-16);
    assert_near(l.between, inequality_theil_l(a.whole), 1e-16);
    assert_near(t.within + l.within, 0, 0);
    assert_near(inequality_esteban_ray_groups(a.groups, 1), inequality_esteban_ray(a.whole, 1), 1e-16);
    give_back(&a);

    /* Beside the whole's mean that of the last is no double. */
    const double small[] = {0x1p-1074, 0x1p-1073, 1e15};
    take_apart(&a, small, weights, sizes, 3);
    assert_true(isinf(a.groups->mean[2]));
    const struct inequality_dagum far = inequality_dagum(a.groups, pairs);
    assert_near(far.between, 1.0 / 6, 1e-16);
    assert_near(far.within + far.transvariation, 0, 0);
    assert_near(pairs[0].gini, 1.0 / 3, 1e-16);
    assert_near(pairs[1].gini, 1, 0);
    assert_near(pairs[2].gini, 1, 0);
    assert_near(inequality_theil_t_parts(a.groups).between, inequality_theil_t(a.whole), 1e-16);
    assert_near(inequality_theil_l_parts(a.groups).between, inequality_theil_l(a.whole), 1e-16);
    assert_near(inequality_esteban_ray_groups(a.groups, 1), inequality_esteban_ray(a.whole, 1), 1e-16);
    give_back(&a);
}

static double esteban_ray_of(const double *values, const double *weights, size_t n, double alpha)
{
    struct inequality_order *order = put_in_order(values, weights, n);
    const double polarization = inequality_esteban_ray(order, alpha);
    inequality_order_free(order);
    return polarization;
}

/* Two poles with the parts p and q, y apart: (p^(1 + a) q + q^(1 + a) p) y, at most where they are even. */
static void test_esteban_ray_of_two_poles(void **state)
{
    (void)state;
    const double poles[] = {7, 1}, equal[] = {2, 2, 2};
    const double alphas[] = {1e-9, 0.5, 1, 1.6};
    for (size_t i = 0; i < 4; i++) {
        const double alpha = alphas[i];
        for (double p = 0.05; p < 1; p += 0.15) {
            const double weights[] = {p, 1 - p};
            const double wanted = (pow(p, 1 + alpha) * (1 - p) + pow(1 - p, 1 + alpha) * p) * 6 / (1 + 6 * p);
            assert_near(esteban_ray_of(poles, weights, 2, alpha), wanted, 1e-15);
            const double many[] = {8, 6, 1}; /* a group is at its mean */
            const double split[] = {p / 2, p / 2, 1 - p};
            struct apart a;
            take_apart(&a, many, split, (const size_t[]){2, 1}, 2);
            assert_near(inequality_esteban_ray_groups(a.groups, alpha), wanted, 1e-15);
            give_back(&a);
        }
        assert_near(esteban_ray_of(poles, NULL, 2, alpha), pow(0.5, 1 + alpha) * 1.5, 1e-15);
        assert_near(esteban_ray_of(equal, NULL, 3, alpha), 0, 0);
    }
    /* As alpha goes to 0 it is twice the Gini: 1, 2, ... 9 have 8 / 27. */
    const double nine[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    assert_near(esteban_ray_of(nine, NULL, 9, 1e-12), 16.0 / 27, 1e-11);
}

/* {1, 3}: L(1/2) = 1/4, G = 1/4, the median 2 like the mean. {1, 2, 3, 4}: L(1/2) = 3/10, G = 1/4. {1, 1, 4}: L(1/2) = 1/4,
 * G = 1/3, the mean 2, the median 1. Three of 1 and one of 5: the mean 2, the median 1, L(1/2) = 1/4, G = 3/8. */
static void test_wolfson(void **state)
{
    (void)state;
    const double two[] = {3, 1}, four[] = {4, 3, 2, 1}, three[] = {1, 1, 4}, uneven[] = {5, 1};
    const double same[] = {2, 2}, triple[] = {1, 3};
    const struct {
        const double *values, *weights;
        size_t n;
        double wolfson;
    } cases[] = {{two, NULL, 2, 0.5}, {two, same, 2, 0.5}, {four, NULL, 4, 0.3}, {three, NULL, 3, 2.0 / 3}, {uneven, triple, 2, 0.5}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct inequality_order *order = put_in_order(cases[i].values, cases[i].weights, cases[i].n);
        assert_near(inequality_wolfson(order), cases[i].wolfson, 1e-15);
        inequality_order_free(order);
    }

    /* A part p < 1/2 of 1, the rest of 3: 2 (1 - 1/3) p^2; of 3 and the rest of 1: 2 (3 - 1) p^2; to the last digits also of little. */
    for (double p = 0.49; p > 1e-30; p /= 3) {
        const double heavy[] = {1 - p, p}, low[] = {3, 1}, high[] = {1, 3};
        struct inequality_order *order = put_in_order(low, heavy, 2);
        const double part = p / (1 - p + p);
        assert_near(inequality_wolfson(order), 4.0 / 3 * part * part, 4e-15 * part * part);
        inequality_order_free(order);
        order = put_in_order(high, heavy, 2);
        assert_near(inequality_wolfson(order), 4 * part * part, 4e-15 * 4 * part * part);
        inequality_order_free(order);
    }
}

static void test_markov_quantiles(void **state)
{
    (void)state;
    const double values[] = {5, NAN, 1, 4, 2, NAN, 3}, even[] = {4, 1, 3, 2}, nothing[] = {NAN, NAN};
    double bounds[MARKOV_STATES_MAX] = {0};
    assert_int_equal(markov_quantiles(values, 7, 4, bounds), STATUS_OK);
    for (size_t s = 0; s < 3; s++) {
        assert_near(bounds[s], 2 + (double)s, 0);
    }
    assert_int_equal(markov_quantiles(even, 4, 2, bounds), STATUS_OK);
    assert_near(bounds[0], 2.5, 0);
    assert_int_equal(markov_quantiles(even, 4, 5, bounds), STATUS_OK);
    for (size_t s = 0; s < 4; s++) {
        assert_near(bounds[s], 1.6 + 0.6 * (double)s, 1e-15);
    }
    assert_int_equal(markov_quantiles(even, 1, 10, bounds), STATUS_OK);
    assert_near(bounds[0], 4, 0);
    assert_near(bounds[8], 4, 0);
    const double before = bounds[0] = 77;
    assert_int_equal(markov_quantiles(nothing, 2, 4, bounds), STATUS_INVALID);
    assert_int_equal(markov_quantiles(even, 0, 4, bounds), STATUS_INVALID);
    assert_near(bounds[0], before, 0);

    /* Two values that are farther apart than a double can say: a quarter, half and three quarters of the way. */
    const double wide[] = {1.7e308, -1.7e308};
    assert_int_equal(markov_quantiles(wide, 2, 4, bounds), STATUS_OK);
    assert_near(bounds[0], -0.85e308, 1e293);
    assert_near(bounds[1], 0, 0);
    assert_near(bounds[2], 0.85e308, 1e293);

    /* A hundred unlike values: ten in each of ten states. */
    double many[100];
    int where[100];
    size_t held[10] = {0};
    for (size_t i = 0; i < 100; i++) {
        many[i] = 1e15 + (double)(i * 37 % 100);
    }
    assert_int_equal(markov_quantiles(many, 100, 10, bounds), STATUS_OK);
    markov_classify(many, 100, bounds, 9, where);
    for (size_t i = 0; i < 100; i++) {
        held[where[i]]++;
    }
    for (size_t s = 0; s < 10; s++) {
        assert_int_equal(held[s], 10);
    }
}

static void test_markov_classes(void **state)
{
    (void)state;
    const double values[] = {-INFINITY, 1, nextafter(1, 2), 2, 2.5, INFINITY, NAN, 0x1p-1074};
    const double bounds[] = {1, 2};
    const int wanted[] = {0, 0, 1, 1, 2, 2, MARKOV_NONE, 0};
    int found[8];
    markov_classify(values, 8, bounds, 2, found);
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(found[i], wanted[i]);
    }
    const double equal[] = {3, 3, 3, 3}; /* all in one state, the others empty */
    double same[3];
    assert_int_equal(markov_quantiles(equal, 4, 4, same), STATUS_OK);
    markov_classify(equal, 4, same, 3, found);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(found[i], 0);
    }
}

static void test_markov_by_hand(void **state)
{
    (void)state;
    const int from[] = {0, 0, 0, 0, 1, 1, MARKOV_NONE, 2, 1, 0};
    const int to[] = {0, 0, 1, 2, 1, 0, 1, MARKOV_NONE, 1, MARKOV_NONE};
    const size_t wanted[] = {2, 1, 1, 1, 2, 0, 0, 0, 0};
    size_t counts[9];
    double rows[9];
    memset(counts, 0xff, sizeof counts);
    assert_int_equal(markov_count(from, to, 10, 3, counts), 7);
    assert_memory_equal(counts, wanted, sizeof wanted);
    markov_estimate(counts, 3, rows);
    const double estimates[] = {0.5, 0.25, 0.25, 1.0 / 3, 2.0 / 3, 0};
    for (size_t i = 0; i < 6; i++) {
        assert_near(rows[i], estimates[i], 0);
    }
    for (size_t i = 6; i < 9; i++) { /* nobody was in the last state before */
        assert_true(isnan(rows[i]));
    }
    assert_true(isnan(markov_mobility(rows, 3)));
    assert_near(markov_mobility((const double[]){0.5, 0.5, 0.25, 0.75}, 2), 0.75, 1e-16);
    assert_near(markov_mobility((const double[]){1, 0, 0, 1}, 2), 0, 0);
    assert_near(markov_mobility((const double[]){0, 1, 1, 0}, 2), 2, 0);
    assert_int_equal(markov_count(from, to, 0, 3, counts), 0);
    assert_int_equal(counts[0], 0);
}

/* Rows sum to 1; the product with the states of before gives those of afterwards. */
static void test_markov_rows(void **state)
{
    (void)state;
    enum { UNITS = 500 };
    int from[UNITS], to[UNITS];
    size_t counts[MARKOV_STATES_MAX * MARKOV_STATES_MAX];
    double rows[MARKOV_STATES_MAX * MARKOV_STATES_MAX];
    for (size_t states = MARKOV_STATES_MIN; states <= MARKOV_STATES_MAX; states++) {
        double before[MARKOV_STATES_MAX] = {0}, after[MARKOV_STATES_MAX] = {0};
        for (size_t i = 0; i < UNITS; i++) {
            from[i] = (int)(i % states);
            to[i] = (int)(next_uniform() * (double)states);
            before[from[i]]++;
            after[to[i]]++;
        }
        assert_int_equal(markov_count(from, to, UNITS, states, counts), UNITS);
        markov_estimate(counts, states, rows);
        double trace = 0;
        for (size_t a = 0; a < states; a++) {
            double sum = 0, reached = 0;
            for (size_t b = 0; b < states; b++) {
                assert_true(rows[a * states + b] >= 0);
                sum += rows[a * states + b];
                reached += before[b] * rows[b * states + a];
            }
            assert_near(sum, 1, 4 * DBL_EPSILON);
            assert_near(reached, after[a], 1e-12);
            trace += rows[a * states + a];
        }
        assert_near(markov_mobility(rows, states), ((double)states - trace) / ((double)states - 1), 1e-15);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dagum_by_hand),
        cmocka_unit_test(test_dagum_at_its_ends),
        cmocka_unit_test(test_parts_add_up),
        cmocka_unit_test(test_theil_by_hand),
        cmocka_unit_test(test_groups_of_unlike_scale),
        cmocka_unit_test(test_a_group_of_no_weight),
        cmocka_unit_test(test_esteban_ray_of_two_poles),
        cmocka_unit_test(test_wolfson),
        cmocka_unit_test(test_markov_quantiles),
        cmocka_unit_test(test_markov_classes),
        cmocka_unit_test(test_markov_by_hand),
        cmocka_unit_test(test_markov_rows),
    };
    return cmocka_run_group_tests_name("inequality_groups", tests, NULL, NULL);
}
