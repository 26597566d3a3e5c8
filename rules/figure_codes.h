#ifndef RULES_FIGURE_CODES_H
#define RULES_FIGURE_CODES_H

#include <stddef.h>

#include "base/arena.h"
#include "base/status.h"

/*
 * What the names in a submission of figures stand for, so that each is looked up in the
 * database once: a submission has millions of rows at most, and each may name another
 * indicator that is not known. Invariants: capacity is 0 or a power of two, and at most
 * half of the slots are taken.
 */
struct figure_code {
    const char *name;  /* NULL: the slot is free */
    const char *value; /* what it stands for; NULL: nothing that is known */
};

struct figure_codes {
    struct figure_code *slots;
    size_t count;
    size_t capacity;
};

/* The code of a name, or NULL where it was not added. Holds until the next is added. */
const struct figure_code *figure_codes_find(const struct figure_codes *codes, const char *name);

/* Adds a name that is not there; both texts are borrowed. */
enum status figure_codes_add(struct figure_codes *codes, struct arena *arena, const char *name, const char *value) NODISCARD;

#endif
