/* Sums over one sample, and over two side by side. */
#include "analytics/kde/shift.h"

#include <math.h>
#include <stdbool.h>

/* A degree of freedom that rounding alone takes away. */
#define ROUNDING 1e-9

/* A sample's weights as shares of their sum, and k/(k - 1). */
struct shares {
    double total;
    double factor; /* NAN where k < 2 */
    size_t counted; /* k */
    double least, largest; /* of the weights above 0 */
    size_t heaviest;       /* where the largest is */
};

/* What weights make of the sum of squared influences: c and f of shift.h. */
struct design {
    double factor; /* NAN where k < 2, or one value has all the weight that can be told */
    double freedom;
};

static double weight_of(const struct kde_sample *sample, size_t i)
{
    return sample->weights != NULL ? sample->weights[i] : 1;
}

static struct shares shares_of(const struct kde_sample *sample)
{
    struct shares shares = { .least = INFINITY };
    for (size_t i = 0; i < sample->n; i++) {
        const double weight = weight_of(sample, i);
        shares.total += weight;
        shares.counted += weight > 0;
        shares.least = weight > 0 ? fmin(shares.least, weight) : shares.least;
        shares.heaviest = weight > shares.largest ? i : shares.heaviest;
        shares.largest = fmax(shares.largest, weight);
    }
    shares.factor = shares.counted < 2 ? NAN : (double)shares.counted / (double)(shares.counted - 1);
    return shares;
}

/*
 * The heaviest value stands apart from the others: S - p^2 and 1 - p are sums over these, so that nothing cancels where it has nearly
 * all the weight.
 */
static struct design design_of(const struct kde_sample *sample, const struct shares *shares)
{
    double rest = 0;
    double second = 0;
    double third = 0;
    double fourth = 0;
    if (shares->counted < 2 || !(shares->least < shares->largest)) {
        return (struct design){ shares->factor, (double)shares->counted - 1 };
    }
    for (size_t i = 0; i < sample->n; i++) {
        const double p = i == shares->heaviest ? 0 : weight_of(sample, i) / shares->total;
        rest += p;
        second += p * p;
        third += p * p * p;
        fourth += p * p * p * p;
    }
    const double heavy = shares->largest / shares->total;
    const double all = heavy * heavy + second; /* S */
    double corner = heavy * heavy * (rest * rest + second);
    double trace = corner;
    double squares = corner * corner;
    /* Pairs among the others, and with themselves, which are taken out again. */
    double pairs = all * all * second * second + 2 * fourth * second - 4 * all * third * second + 2 * third * third;
    for (size_t i = 0; i < sample->n; i++) {
        const double p = i == shares->heaviest ? 0 : weight_of(sample, i) / shares->total;
        const double own = p * p * (1 - 2 * p + all);
        const double with_heavy = heavy * p * (second - heavy * rest - p);
        trace += own;
        squares += own * own + 2 * with_heavy * with_heavy;
        pairs -= p * p * p * p * (all - 2 * p) * (all - 2 * p);
    }
    squares += fmax(0, pairs);
    const double factor = all / trace;
    return (struct design){ isfinite(factor) ? factor : NAN, isnormal(squares) ? fmax(1, trace * trace / squares) : 1 };
}

/* Numbers are divided by this power of two before they are squared, so that small ones do not vanish. */
static int power_of(double largest)
{
    int power = 0;
    frexp(largest, &power);
    return power;
}

double kde_spread(const struct kde_sample *sample, double mean)
{
    const struct shares shares = shares_of(sample);
    double largest = 0;
    double sum = 0;
    for (size_t i = 0; i < sample->n; i++) {
        largest = fmax(largest, fabs(sample->values[i] - mean));
    }
    const int power = power_of(largest);
    for (size_t i = 0; i < sample->n; i++) {
        const double distance = ldexp(sample->values[i] - mean, -power);
        sum += weight_of(sample, i) / shares.total * distance * distance;
    }
    return ldexp(sqrt(shares.factor * sum), power);
}

/* How far a value pulls the mean of its sample. */
static double influence(const struct kde_shift_side *side, const struct shares *shares, size_t i)
{
    return weight_of(side->sample, i) / shares->total * (side->sample->values[i] - side->mean);
}

static double largest_of(const struct kde_shift_side *side, const struct shares *shares)
{
    double largest = 0;
    for (size_t i = 0; i < side->sample->n; i++) {
        largest = fmax(largest, fabs(influence(side, shares, i)));
    }
    return largest;
}

double kde_shift_error(const struct kde_shift_side *from, const struct kde_shift_side *to)
{
    const struct shares before = shares_of(from->sample);
    const struct shares after = shares_of(to->sample);
    const struct design first = design_of(from->sample, &before);
    const struct design second = design_of(to->sample, &after);
    const bool is_known = from->units != NULL && to->units != NULL;
    const size_t n = from->sample->n;
    const size_t m = to->sample->n;
    const int power = power_of(fmax(largest_of(from, &before), largest_of(to, &after)));
    double before_alone = 0;
    double after_alone = 0;
    double both = 0;
    for (size_t i = 0, k = 0; i < n || k < m;) {
        if (k == m || (i < n && (!is_known || from->units[i] < to->units[k]))) {
            const double a = ldexp(influence(from, &before, i++), -power);
            before_alone += a * a;
        } else if (i == n || to->units[k] < from->units[i]) {
            const double b = ldexp(influence(to, &after, k++), -power);
            after_alone += b * b;
        } else {
            const double d = ldexp(influence(to, &after, k++) - influence(from, &before, i++), -power);
            both += d * d;
        }
    }
    return isnan(first.factor) || isnan(second.factor)
        ? NAN
        : ldexp(sqrt(first.factor * before_alone + second.factor * after_alone + fmax(first.factor, second.factor) * both), power);
}

double kde_student(double t, size_t freedom)
{
    static const double pi = 3.14159265358979323846;
    const double angle = atan2(fabs(t), sqrt((double)freedom));
    const double sine = sin(angle);
    const double cosine = cos(angle);
    const bool is_odd = freedom % 2 == 1;
    double term = is_odd ? sine * cosine : sine; /* of cosine^1 and ^3 and so on, or of ^0, ^2 */
    double sum = 0;
    for (size_t i = is_odd ? 3 : 2; i <= freedom; i += 2) {
        sum += term;
        term *= cosine * cosine * (double)(i - 1) / (double)i;
    }
    return fmax(0, 1 - (is_odd ? (angle + sum) * 2 / pi : sum));
}

size_t kde_shift_freedom(const struct kde_shift_side *from, const struct kde_shift_side *to)
{
    const struct shares before = shares_of(from->sample);
    const struct shares after = shares_of(to->sample);
    const double least = fmin(design_of(from->sample, &before).freedom, design_of(to->sample, &after).freedom);
    return (size_t)fmax(0, least + ROUNDING);
}

double kde_shift_p(const struct kde_shift_side *from, const struct kde_shift_side *to, double error)
{
    const size_t freedom = kde_shift_freedom(from, to);
    const double shift = to->mean - from->mean;
    if (isnan(error) || freedom < 1) {
        return NAN;
    }
    return shift == 0 ? 1 : kde_student(shift / error, freedom);
}
