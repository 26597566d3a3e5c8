/*
 * Samples: the checks at the door, moments and quartiles. bandwidth.c makes bandwidths of
 * them and kde.c curves.
 */
#include "analytics/kde/sample.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "analytics/kde/report.h"

enum {
    BLOCK = 256,          /* terms summed at once, so that rounding grows with n/256 */
    LANES = 4,            /* sums that do not wait for each other */
    SORT_MAX = 2048,      /* up to here sorting beats clearing the counters */
    DIGIT_BITS = 16,
    DIGITS = 1 << DIGIT_BITS,
    BATCH = 16,
    BUCKETS = 2048        /* their counters fit the first-level cache */
};

/* Below such a range deviations are scaled before they are squared: a square loses digits below 1e-292, and is 0 below 1e-323. */
#define RANGE_SMALL 1e-120

static enum status refuse(struct kde_refusal *refusal, enum kde_fault fault, size_t index)
{
    *refusal = (struct kde_refusal){.fault = fault, .index = index};
    return STATUS_INVALID;
}

enum status kde_sample_check(const struct kde_sample *sample, struct kde_refusal *refusal)
{
    double total = 0.0;

    if (sample->n == 0) {
        return refuse(refusal, KDE_FAULT_EMPTY, 0);
    }
    for (size_t i = 0; i < sample->n; i++) {
        if (!(fabs(sample->values[i]) <= KDE_MAGNITUDE_MAX)) {
            return refuse(refusal,
                          isfinite(sample->values[i]) ? KDE_FAULT_VALUE_TOO_LARGE
                                                      : KDE_FAULT_VALUE_NOT_FINITE,
                          i);
        }
    }
    if (sample->weights == NULL) {
        return STATUS_OK;
    }
    for (size_t i = 0; i < sample->n; i++) {
        if (!isfinite(sample->weights[i]) || sample->weights[i] > KDE_MAGNITUDE_MAX) {
            return refuse(refusal, KDE_FAULT_WEIGHT_NOT_FINITE, i);
        }
        if (sample->weights[i] < 0.0) {
            return refuse(refusal, KDE_FAULT_WEIGHT_NEGATIVE, i);
        }
        total += sample->weights[i];
    }
    return total >= 1.0 / KDE_MAGNITUDE_MAX ? STATUS_OK
                                            : refuse(refusal, KDE_FAULT_WEIGHTS_ZERO, 0);
}

/* Sums over deviations from a centre, and the extremes. */
struct sums {
    double first;  /* of the deviations */
    double second; /* of their squares */
    double min;
    double max;
};

/* Block by block, each block in LANES independent sums: faster, and rounding stays small. */
static struct sums sum_up(const double *values, size_t n, double centre)
{
    struct sums total = {.min = values[0], .max = values[0]};
    for (size_t begin = 0; begin < n; begin += BLOCK) {
        const size_t length = n - begin < BLOCK ? n - begin : BLOCK;
        const size_t whole = length - length % LANES;
        struct sums lane[LANES];
        for (size_t j = 0; j < LANES; j++) {
            lane[j] = (struct sums){.min = total.min, .max = total.max};
        }
        for (size_t i = 0; i < length; i++) {
            struct sums *to = &lane[i < whole ? i % LANES : 0];
            const double value = values[begin + i];
            const double d = value - centre;
            to->first += d;
            to->second += d * d;
            to->min = value < to->min ? value : to->min;
            to->max = value > to->max ? value : to->max;
        }
        for (size_t j = 0; j < LANES; j++) {
            total.first += lane[j].first;
            total.second += lane[j].second;
            total.min = fmin(total.min, lane[j].min);
            total.max = fmax(total.max, lane[j].max);
        }
    }
    return total;
}

/* The same of deviations times 2^exponent, which extremes are not of. */
static struct sums sum_up_scaled(const double *values, size_t n, double centre, int exponent)
{
    struct sums total = {0};
    double scaled[BLOCK];
    for (size_t begin = 0; begin < n; begin += BLOCK) {
        const size_t length = n - begin < BLOCK ? n - begin : BLOCK;
        for (size_t i = 0; i < length; i++) {
            scaled[i] = ldexp(values[begin + i] - centre, exponent);
        }
        const struct sums block = sum_up(scaled, length, 0.0);
        total.first += block.first;
        total.second += block.second;
    }
    return total;
}

static void summarise_moments(const struct kde_sample *sample, struct kde_summary *summary)
{
    const double n = (double)sample->n;
    const struct sums rough = sum_up(sample->values, sample->n, sample->values[0]);

    summary->n = sample->n;
    summary->min = rough.min;
    summary->max = rough.max;
    /* Two passes: the deviations from a first mean correct it and lose no digits. Equal values
     * are told apart by min and max: rounding must not give them a spread. */
    if (rough.min < rough.max) {
        const double centre = sample->values[0] + rough.first / n;
        const double range = rough.max - rough.min;
        const int exponent = range < RANGE_SMALL ? -ilogb(range) : 0;
        const struct sums fine = exponent != 0 ? sum_up_scaled(sample->values, sample->n, centre, exponent)
                                               : sum_up(sample->values, sample->n, centre);
        const double squares = fine.second - fine.first * fine.first / n;
        summary->mean = centre + ldexp(fine.first / n, -exponent);
        summary->sd = ldexp(sqrt(fmax(squares, 0.0) / (n - 1.0)), -exponent);
    } else {
        summary->mean = sample->values[0];
        summary->sd = sample->n == 1 ? (double)NAN : 0.0;
    }
}

static void summarise_weights(const struct kde_sample *sample, struct kde_summary *summary)
{
    double total = 0.0;
    double squares = 0.0;
    double moment = 0.0;

    summary->weighted_mean = summary->mean;
    summary->effective_n = (double)sample->n;
    if (sample->weights == NULL) {
        return;
    }
    double largest = 0.0;
    for (size_t i = 0; i < sample->n; i++) {
        largest = fmax(largest, sample->weights[i]);
    }
    for (size_t i = 0; i < sample->n; i++) {
        const double w = sample->weights[i] / largest;
        total += w;
        squares += w * w;
        moment += w * (sample->values[i] - summary->mean);
    }
    summary->weighted_mean = summary->mean + moment / total;
    summary->effective_n = total * total / squares;
}

/* Order-preserving map from doubles to integers: flips negatives, sets the sign of others. */
static uint64_t key_of(double value)
{
    uint64_t bits;
    value += 0.0; /* -0 becomes +0 */
    memcpy(&bits, &value, sizeof bits);
    return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

static double value_of(uint64_t key)
{
    double value;
    key = key >> 63 ? key & ~(UINT64_C(1) << 63) : ~key;
    memcpy(&value, &key, sizeof value);
    return value;
}

static int compare_keys(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a;
    const uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* What selection needs: n keys, a counter for every digit, and the counts of the first round,
 * whose digit is the bucket, of BUCKETS equally wide ones between min and max. */
struct room {
    uint64_t *keys;
    size_t *counts;
    size_t *buckets;
    double min;
    double per_unit;
};

/* Never falls as the value rises, since neither of its roundings does. */
static size_t bucket_of(const struct room *room, double value)
{
    return (size_t)(int)((value - room->min) * room->per_unit); /* int converts fastest */
}

static size_t digit_of(uint64_t key, int shift)
{
    return (size_t)(key >> shift) & (DIGITS - 1);
}

/* The digit that holds rank, and how many keys stand before that digit. */
static size_t find_digit(const size_t *counts, size_t rank, size_t *before)
{
    size_t digit = 0;
    size_t sum = 0;
    while (sum + counts[digit] <= rank) {
        sum += counts[digit++];
    }
    *before = sum;
    return digit;
}

/* Places first, increments after: taken by turns, each value's arithmetic waits for the store
 * before it, which takes three times as long. */
static void count_buckets(const struct kde_sample *sample, const struct room *room)
{
    size_t i = 0;
    for (; i + BATCH <= sample->n; i += BATCH) {
        size_t place[BATCH];
        for (size_t j = 0; j < BATCH; j++) {
            place[j] = bucket_of(room, sample->values[i + j]);
        }
        for (size_t j = 0; j < BATCH; j++) {
            room->buckets[place[j]]++;
        }
    }
    for (; i < sample->n; i++) {
        room->buckets[bucket_of(room, sample->values[i])]++;
    }
}

/*
 * The values of ranks rank and rank + 1 (0-based; rank + 1 < n). Each round keeps the keys that
 * share the digit of both ranks; where the ranks fall apart, the first is the largest key of its
 * digit and the second the smallest of its own. The first round's digits are the buckets, which
 * spread well; the others are the keys' own 16 bits from the top, which end also where one
 * outlier leaves all others in one bucket. At most five rounds over at most n keys.
 */
static void select_pair(const struct kde_sample *sample, size_t rank, const struct room *room,
                        double pair[2])
{
    size_t n = sample->n;
    for (int shift = 64; n > SORT_MAX && shift >= 0; shift -= DIGIT_BITS) {
        const bool is_first = shift == 64;
        const size_t *counts = is_first ? room->buckets : room->counts;
        if (!is_first) {
            memset(room->counts, 0, DIGITS * sizeof *room->counts);
            for (size_t i = 0; i < n; i++) {
                room->counts[digit_of(room->keys[i], shift)]++;
            }
        }
        size_t before[2];
        const size_t low = find_digit(counts, rank, &before[0]);
        const size_t high = find_digit(counts, rank + 1, &before[1]);
        uint64_t largest = 0;
        uint64_t smallest = UINT64_MAX;
        size_t kept = 0;
        for (size_t i = 0; i < n; i++) {
            const size_t digit = is_first ? bucket_of(room, sample->values[i])
                                          : digit_of(room->keys[i], shift);
            if (digit == low || digit == high) {
                const uint64_t key = is_first ? key_of(sample->values[i]) : room->keys[i];
                largest = digit == low && key > largest ? key : largest;
                smallest = digit == high && key < smallest ? key : smallest;
                room->keys[kept] = key;
                kept += digit == low ? 1 : 0;
            }
        }
        if (low != high) {
            pair[0] = value_of(largest);
            pair[1] = value_of(smallest);
            return;
        }
        n = kept;
        rank -= before[0];
    }
    /* Few keys are left, or all bits are used and the keys are equal. */
    if (n <= SORT_MAX) {
        qsort(room->keys, n, sizeof *room->keys, compare_keys);
    }
    pair[0] = value_of(room->keys[rank]);
    pair[1] = value_of(room->keys[rank + 1]);
}

/* Quartile q = 1 or 3 lies at position (n - 1) q/4, between two ranks. */
static double quartile(const struct kde_sample *sample, int q, const struct room *room)
{
    const double position = (double)(sample->n - 1) * 0.25 * q;
    const size_t rank = (size_t)position;
    double pair[2];

    if (sample->n > SORT_MAX) {
        select_pair(sample, rank, room, pair);
    } else {
        pair[0] = value_of(room->keys[rank]);
        pair[1] = value_of(room->keys[rank + 1]);
    }
    return pair[0] + (position - (double)rank) * (pair[1] - pair[0]);
}

static void summarise_quartiles(const struct kde_sample *sample, struct room *room,
                                struct kde_summary *summary)
{
    if (sample->n <= SORT_MAX) {
        for (size_t i = 0; i < sample->n; i++) {
            room->keys[i] = key_of(sample->values[i]);
        }
        qsort(room->keys, sample->n, sizeof *room->keys, compare_keys);
    } else {
        room->buckets = room->counts + DIGITS;
        room->min = summary->min;
        /* A range so small that its inverse overflows leaves all in one bucket. */
        room->per_unit = fmin((BUCKETS - 1) / (summary->max - summary->min), DBL_MAX);
        count_buckets(sample, room);
    }
    summary->quartile_1 = quartile(sample, 1, room);
    summary->quartile_3 = quartile(sample, 3, room);
}

enum status kde_sample_summarise(const struct kde_sample *sample, struct kde_summary *summary)
{
    enum status status = STATUS_EXHAUSTED;
    struct kde_summary made;
    uint64_t few[64];
    struct room room = {.keys = few, .counts = NULL};

    assert(sample->n > 0);
    if (sample->n > sizeof few / sizeof few[0]) {
        room.keys = malloc(sample->n * sizeof *room.keys);
    }
    if (sample->n > SORT_MAX) {
        room.counts = calloc(DIGITS + BUCKETS, sizeof *room.counts);
    }
    if (room.keys != NULL && (room.counts != NULL || sample->n <= SORT_MAX)) {
        summarise_moments(sample, &made);
        summarise_weights(sample, &made);
        made.quartile_1 = made.quartile_3 = sample->values[0];
        if (made.max > made.min) {
            summarise_quartiles(sample, &room, &made);
        }
        *summary = made;
        status = STATUS_OK;
    }
    free(room.counts);
    if (room.keys != few) {
        free(room.keys);
    }
    return status;
}
