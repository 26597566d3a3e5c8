/*
 * The permutation test of two samples' shapes. dip.c and critical.c ask of one sample how many peaks it has.
 */
#include "analytics/kde/permutation.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "analytics/kde/exponential.h"
#include "analytics/kde/random.h"

enum { WATCH_EVERY = 16, CLIMB_STEPS = 100 };

static const double FADED = 700;      /* a bell's exponent beyond which it is 0 */
static const double STRIDE = 0.5;     /* bandwidths, on the way down from a peak */
static const double ARRIVED = 1e-7;   /* bandwidths; the height is then right to 1e-14 */
static const double EVEN = 1e-12;     /* of a height: no difference */
static const double TINY = 1e-12;     /* a bandwidth, where the largest value of all is about 1 */
static const double SMALL = 0.05;     /* a p-value of which more should be known */
static const double SLACK = 1e-7;     /* by which a ratio may be smaller for rounding */

/* A sample in ascending order and its bandwidth. */
struct hill {
    const double *x;
    size_t n;
    double h, per; /* and 1 / h */
};

/* The curve at one place, over n bells of height 1. */
static double height_at(const struct hill *hill, double place)
{
    double sum = 0;
    for (size_t i = 0; i < hill->n; i++) {
        const double d = (hill->x[i] - place) * hill->per;
        const double y = 0.5 * d * d;
        sum += kde_exponential(y < FADED ? -y : -FADED);
    }
    return sum;
}

/* Sums at one place, d = (x_i - place) / h: w, w d and w d^2 over all values, w = exp(-d^2 / 2). */
struct sums {
    double w, wd, wdd;
};

static struct sums sum_at(const struct hill *hill, double place)
{
    struct sums s = { 0, 0, 0 };
    for (size_t i = 0; i < hill->n; i++) {
        const double d = (hill->x[i] - place) * hill->per;
        const double y = 0.5 * d * d;
        if (y < FADED) {
            const double w = kde_exponential(-y);
            s.w += w;
            s.wd += w * d;
            s.wdd += w * d * d;
        }
    }
    return s;
}

/* Up from a place to the top of its slope: Newton's steps on the slope where they lead upwards, else the step to the
 * mean of the values as the bells weigh them, which always does (Fukunaga and Hostetler 1975, IEEE Transactions on
 * Information Theory 21, 32). Returns the height there. */
static double climb(const struct hill *hill, double *place)
{
    struct sums here = sum_at(hill, *place);
    for (int i = 0; i < CLIMB_STEPS; i++) {
        const double mean_step = here.wd / here.w;
        const double newton_step = here.wd / (here.w - here.wdd);
        const bool is_bent = here.w > here.wdd && fabs(newton_step) < 1;
        double step = is_bent ? newton_step : mean_step;
        struct sums there = sum_at(hill, *place + step * hill->h);
        if (there.w < here.w && is_bent) {
            step = mean_step;
            there = sum_at(hill, *place + step * hill->h);
        }
        if (there.w < here.w) {
            break;
        }
        *place += step * hill->h;
        here = there;
        if (fabs(step) < ARRIVED) {
            break;
        }
    }
    return here.w;
}

/* The top of the slope on which the highest of the values stands. heights: room for n. */
static double find_top(const struct hill *hill, double *heights, double *place)
{
    size_t best = 0;
    for (size_t i = 0; i < hill->n; i++) {
        heights[i] = 1;
    }
    for (size_t i = 0; i < hill->n; i++) {
        for (size_t k = i + 1; k < hill->n; k++) {
            const double d = (hill->x[k] - hill->x[i]) * hill->per;
            const double y = 0.5 * d * d;
            if (!(y < FADED)) {
                break;
            }
            const double bell = kde_exponential(-y);
            heights[i] += bell;
            heights[k] += bell;
        }
    }
    for (size_t i = 1; i < hill->n; i++) {
        best = heights[i] > heights[best] * (1 + EVEN) ? i : best;
    }
    *place = hill->x[best];
    return climb(hill, place);
}

/* Where the curve has fallen to a level, walking from the top to one side: in strides, and in the last of them by the
 * Illinois variant of false position (Dowell and Jarratt 1971, BIT 11, 168). */
static double walk_down(const struct hill *hill, double top, double height, double level, double stride)
{
    double inside = top;
    double above = height - level;
    double outside = top + stride;
    double below = height_at(hill, outside) - level;
    int side = 0;
    while (below > 0) {
        inside = outside;
        above = below;
        outside += stride;
        below = height_at(hill, outside) - level;
    }
    for (int i = 0; i < CLIMB_STEPS && fabs(outside - inside) > ARRIVED * hill->h; i++) {
        const double place = inside + (outside - inside) * (above / (above - below));
        const double rest = height_at(hill, place) - level;
        if (fabs(rest) <= EVEN * level) {
            return place;
        }
        const bool is_again = side == (rest > 0 ? 1 : -1);
        side = rest > 0 ? 1 : -1;
        inside = rest > 0 ? place : inside;
        outside = rest > 0 ? outside : place;
        above = rest > 0 ? rest : is_again ? above / 2 : above;
        below = rest > 0 ? (is_again ? below / 2 : below) : rest;
    }
    return 0.5 * (inside + outside);
}

struct shape {
    double height, width, sd; /* all 0: no spread to speak of */
};

static double quantile(const double *x, size_t n, double share)
{
    const double position = (double)(n - 1) * share;
    const size_t i = (size_t)position;
    return i + 1 < n ? x[i] + (position - (double)i) * (x[i + 1] - x[i]) : x[n - 1];
}

static void sort(double *x, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        const double value = x[i];
        size_t k = i;
        for (; k > 0 && x[k - 1] > value; k--) {
            x[k] = x[k - 1];
        }
        x[k] = value;
    }
}

static double deviation(const double *x, size_t n)
{
    double mean = 0;
    double squares = 0;
    for (size_t i = 0; i < n; i++) {
        mean += x[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        squares += (x[i] - mean) * (x[i] - mean);
    }
    return x[n - 1] > x[0] ? sqrt(squares / (double)(n - 1)) : 0;
}

/* Sorts x; heights is room for n. */
static struct shape shape_of(double *x, size_t n, double *heights)
{
    sort(x, n);
    const double sd = deviation(x, n);
    const double middle = (quantile(x, n, 0.75) - quantile(x, n, 0.25)) / 1.34;
    const double h = 0.9 * (middle > 0 && middle < sd ? middle : sd) * pow((double)n, -0.2);
    const struct hill hill = { x, n, h, 1 / h };
    if (!(h > TINY)) {
        return (struct shape){ 0, 0, 0 };
    }
    double top = 0;
    const double height = find_top(&hill, heights, &top);
    const double right = walk_down(&hill, top, height, height / 2, STRIDE * h);
    const double left = walk_down(&hill, top, height, height / 2, -STRIDE * h);
    return (struct shape){ height / (h * (double)n), right - left, sd };
}

/* How many times one number is the other, either way, at least 1; without a number there is no end of it. */
static double contrast(double later, double earlier)
{
    return later > 0 && earlier > 0 ? fmax(later / earlier, earlier / later) : INFINITY;
}

/* The values by their means and over the largest of them all: pairs first, then what one sample alone has. */
static void centre(const double *values, size_t n, double *out)
{
    double mean = 0;
    for (size_t i = 0; i < n; i++) {
        mean += values[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        out[i] = values[i] - mean;
    }
}

static void scale(double *x, size_t n)
{
    double most = 0;
    int exponent = 0;
    for (size_t i = 0; i < n; i++) {
        most = fmax(most, fabs(x[i]));
    }
    frexp(most, &exponent);
    for (size_t i = 0; i < n; i++) {
        x[i] = ldexp(x[i], -exponent);
    }
}

/* All values and room for a sample of each kind, and the single ones of both in a row. */
struct deck {
    const struct kde_two *two;
    double *earlier, *later;             /* centred */
    double *drawn_earlier, *drawn_later; /* dealt */
    double *singles;                     /* also room for the heights at the values */
};

static void deal(struct deck *deck, struct kde_random *random)
{
    const struct kde_two *two = deck->two;
    const size_t left = two->earlier_count - two->pairs;
    const size_t right = two->later_count - two->pairs;
    for (size_t i = 0; i < two->pairs; i++) {
        const bool is_swapped = kde_random_bits(random) >> 63 != 0;
        deck->drawn_earlier[i] = is_swapped ? deck->later[i] : deck->earlier[i];
        deck->drawn_later[i] = is_swapped ? deck->earlier[i] : deck->later[i];
    }
    memcpy(deck->singles, deck->earlier + two->pairs, left * sizeof *deck->singles);
    memcpy(deck->singles + left, deck->later + two->pairs, right * sizeof *deck->singles);
    for (size_t i = left + right; left > 0 && right > 0 && i > 1; i--) {
        const size_t k = kde_random_below(random, i);
        const double value = deck->singles[k];
        deck->singles[k] = deck->singles[i - 1];
        deck->singles[i - 1] = value;
    }
    memcpy(deck->drawn_earlier + two->pairs, deck->singles, left * sizeof *deck->singles);
    memcpy(deck->drawn_later + two->pairs, deck->singles + left, right * sizeof *deck->singles);
}

/* Whether so many replicates are enough: no p-value is small. */
static bool is_settled(const size_t counts[3], size_t replicates)
{
    const double all = 1.0 + (double)replicates;
    bool has_small = false;
    for (size_t i = 0; i < 3; i++) {
        has_small = has_small || 1.0 + (double)counts[i] <= SMALL * all;
    }
    return replicates == KDE_PERMUTATION_REPLICATES && !has_small;
}

static enum status simulate(struct deck *deck, size_t replicates, const struct kde_watch *watch, struct kde_permutation *test)
{
    const size_t earlier_count = deck->two->earlier_count;
    const size_t later_count = deck->two->later_count;
    size_t counts[3] = { 0, 0, 0 };
    memcpy(deck->drawn_earlier, deck->earlier, earlier_count * sizeof *deck->earlier);
    memcpy(deck->drawn_later, deck->later, later_count * sizeof *deck->later);
    const struct shape before = shape_of(deck->drawn_earlier, earlier_count, deck->singles);
    const struct shape after = shape_of(deck->drawn_later, later_count, deck->singles);
    if (!(before.sd > 0) || !(after.sd > 0)) {
        return STATUS_INVALID;
    }
    const double height = contrast(after.height, before.height);
    const double width = contrast(after.width, before.width);
    const double sd = contrast(after.sd, before.sd);
    size_t r = 0;
    for (; r < replicates && !is_settled(counts, r); r++) {
        struct kde_random random = kde_random_stream(KDE_PERMUTATION_SEED, r);
        if (r % WATCH_EVERY == 0) {
            if (kde_is_cancelled(watch)) {
                return STATUS_BUSY;
            }
            kde_tell(watch, r, replicates);
        }
        deal(deck, &random);
        const struct shape one = shape_of(deck->drawn_earlier, earlier_count, deck->singles);
        const struct shape other = shape_of(deck->drawn_later, later_count, deck->singles);
        counts[0] += contrast(other.height, one.height) >= height * (1 - SLACK) ? 1 : 0;
        counts[1] += contrast(other.width, one.width) >= width * (1 - SLACK) ? 1 : 0;
        counts[2] += contrast(other.sd, one.sd) >= sd * (1 - SLACK) ? 1 : 0;
    }
    const double all = 1.0 + (double)r;
    *test = (struct kde_permutation){
        .height_ratio = after.height / before.height, .height_p = (1.0 + (double)counts[0]) / all,
        .width_ratio = after.width / before.width, .width_p = (1.0 + (double)counts[1]) / all,
        .sd_ratio = after.sd / before.sd, .sd_p = (1.0 + (double)counts[2]) / all,
        .replicates = r,
    };
    return STATUS_OK;
}

enum status kde_permutation_test(const struct kde_two *two, size_t replicates, const struct kde_watch *watch,
                                 struct kde_permutation *test)
{
    const size_t n = two->earlier_count + two->later_count;
    assert(replicates > 0);
    assert(two->earlier_count >= 2 && two->later_count >= 2);
    assert(two->earlier_count <= KDE_PERMUTATION_MAX && two->later_count <= KDE_PERMUTATION_MAX);
    assert(two->pairs <= two->earlier_count && two->pairs <= two->later_count);
    double *room = calloc(3 * n, sizeof *room);
    if (room == NULL) {
        return STATUS_EXHAUSTED;
    }
    struct deck deck = { .two = two, .earlier = room, .later = room + two->earlier_count, .drawn_earlier = room + n,
                         .drawn_later = room + n + two->earlier_count, .singles = room + 2 * n };
    centre(two->earlier, two->earlier_count, deck.earlier);
    centre(two->later, two->later_count, deck.later);
    scale(room, n);
    enum status status = simulate(&deck, replicates, watch, test);
    free(room);
    return status;
}
