#ifndef HANDLERS_ANALYSIS_UNIT_NAMES_H
#define HANDLERS_ANALYSIS_UNIT_NAMES_H

#include <stddef.h>

#include <jansson.h>

#include "base/arena.h"
#include "base/status.h"
#include "json/faults.h"

/* What a body calls the numbers of its units: the members inputs and outputs, arrays of ids. */
struct unit_names {
    const char **items;
    size_t count;
};

struct unit_names_rules {
    size_t max;
    const char *const *reserved;    /* members that every unit has; ends with NULL */
    const struct unit_names *taken; /* by the other array; NULL: none */
};

/* Fills *names with those that are sound; for each of the others, and for what is no such array, a fault. */
enum status unit_names_read(struct arena *arena, const char *member, const json_t *value,
                            const struct unit_names_rules *rules, struct unit_names *names, struct faults *faults) NODISCARD;

#endif
