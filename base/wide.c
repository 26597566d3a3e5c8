#include "base/wide.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"

struct wide wide_of(int64_t billions, int64_t rest)
{
    int64_t carried = rest / WIDE_BILLION;
    int64_t left = rest % WIDE_BILLION;
    if (left < 0) {
        carried--;
        left += WIDE_BILLION;
    }
    return (struct wide){billions + carried, left};
}

struct wide wide_minus(struct wide a, struct wide b)
{
    return wide_of(a.billions - b.billions, a.rest - b.rest);
}

bool wide_to_integer(struct wide wide, int64_t *value)
{
    const int64_t most = TEXT_INTEGER_MAX / WIDE_BILLION;
    if (wide.billions > most || wide.billions < -most - 1) {
        return false; /* and the product below does not overflow */
    }
    int64_t whole = wide.billions * WIDE_BILLION + wide.rest;
    if (whole > TEXT_INTEGER_MAX || whole < -TEXT_INTEGER_MAX) {
        return false;
    }
    *value = whole;
    return true;
}

void wide_to_text(struct wide wide, char text[WIDE_TEXT_BYTES])
{
    assert(wide.billions >= 0);
    if (wide.billions > 0) {
        snprintf(text, WIDE_TEXT_BYTES, "%" PRId64 "%09" PRId64, wide.billions, wide.rest);
    } else {
        snprintf(text, WIDE_TEXT_BYTES, "%" PRId64, wide.rest);
    }
}
