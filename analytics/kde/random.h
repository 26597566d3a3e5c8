#ifndef ANALYTICS_KDE_RANDOM_H
#define ANALYTICS_KDE_RANDOM_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Random numbers from a seed, for the tests by simulation: a counter that is mixed (splitmix64;
 * Steele, Lea and Flood 2014, OOPSLA, 453), so that a stream can begin anywhere. The caller owns
 * the state; the same state gives the same numbers.
 */
struct kde_random {
    uint64_t state;
};

/* The stream of this number; streams differ for all that they share a seed. */
static inline struct kde_random kde_random_stream(uint64_t seed, uint64_t stream)
{
    return (struct kde_random){seed + stream * UINT64_C(0xd1342543de82ef95)};
}

static inline uint64_t kde_random_bits(struct kde_random *random)
{
    uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Uniform on (0, 1), never an end. */
static inline double kde_random_uniform(struct kde_random *random)
{
    return ((double)(kde_random_bits(random) >> 11) + 0.5) / 9007199254740992.0;
}

/* One of 0 .. n - 1; n < 2^32, so that the bias is below 2^-21. */
static inline size_t kde_random_below(struct kde_random *random, size_t n)
{
    return (size_t)(kde_random_uniform(random) * (double)n);
}

/* Two independent standard normal deviates (Box and Muller 1958, Annals of Mathematical
 * Statistics 29, 610). */
static inline void kde_random_normals(struct kde_random *random, double pair[2])
{
    const double radius = sqrt(-2.0 * log(kde_random_uniform(random)));
    const double angle = 6.28318530717958647693 * kde_random_uniform(random);
    pair[0] = radius * cos(angle);
    pair[1] = radius * sin(angle);
}

#endif
