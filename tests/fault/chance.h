#ifndef TESTS_FAULT_CHANCE_H
#define TESTS_FAULT_CHANCE_H

/* Chance that can be had again: all of it comes from one seed, which tests print and TALLYSTICK_SEED sets. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

struct chance {
    uint64_t state;
};

/* splitmix64 (Steele, Lea, Flood 2014). */
static inline uint64_t chance_next(struct chance *chance)
{
    uint64_t z = chance->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* 0 .. below-1 */
static inline size_t chance_below(struct chance *chance, size_t below)
{
    return (size_t)(chance_next(chance) % below);
}

/* The seed of this run, printed where a failed test's output is looked at. */
static inline uint64_t chance_seed(void)
{
    const char *given = getenv("TALLYSTICK_SEED");
    uint64_t seed = 0;
    if (given != NULL && given[0] != 0) {
        seed = strtoull(given, NULL, 10);
    } else {
        FILE *file = fopen("/dev/urandom", "rb");
        if (file == NULL || fread(&seed, 4, 1, file) != 1) {
            abort();
        }
        fclose(file);
        seed %= 1000000000;
    }
    printf("# TALLYSTICK_SEED=%llu\n", (unsigned long long)seed);
    fflush(stdout);
    return seed;
}

#if defined(__SANITIZE_ADDRESS__)
enum { CHANCE_SLOWER = 4 };
#else
enum { CHANCE_SLOWER = 1 };
#endif

/* How many of all cases a run takes: TALLYSTICK_CASES, 0 for all of them; fewer of the usual where each takes longer. */
static inline size_t chance_cases(size_t usual)
{
    const char *given = getenv("TALLYSTICK_CASES");
    usual = (usual + CHANCE_SLOWER - 1) / CHANCE_SLOWER;
    return given != NULL && given[0] != 0 ? (size_t)strtoull(given, NULL, 10) : usual;
}

#endif
