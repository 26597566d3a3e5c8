#ifndef BASE_WIDE_H
#define BASE_WIDE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Sums of quantities, which may exceed what JSON's readers take exactly (2^53 - 1) and even 64 bits: a number of billions and a rest.
 * Invariant: 0 <= rest < WIDE_BILLION, so a value has one form. The value is billions * WIDE_BILLION + rest.
 */
#define WIDE_BILLION INT64_C(1000000000)

enum { WIDE_TEXT_BYTES = 32 };

struct wide {
    int64_t billions, rest;
};

/* billions * WIDE_BILLION + rest, whatever the rest's sign. The sum of all quantities that a database can hold fits. */
struct wide wide_of(int64_t billions, int64_t rest);

struct wide wide_minus(struct wide a, struct wide b);

/* True where the value is at most 2^53 - 1 either way; then it is in *value. */
bool wide_to_integer(struct wide wide, int64_t *value);

/* Decimal digits. A value below zero is asserted not to come: nothing that is counted is. */
void wide_to_text(struct wide wide, char text[WIDE_TEXT_BYTES]);

#endif
