#ifndef HANDLERS_ANALYSIS_UNIT_NAMES_H
#define HANDLERS_ANALYSIS_UNIT_NAMES_H

#include <stddef.h>

#include <jansson.h>

#include "base/arena.h"
#include "base/status.h"
#include "json/bind.h"
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

/* The members inputs and outputs, each NULL where it could not be read: names at most DEA_INPUTS_MAX and DEA_OUTPUTS_MAX, none
 * in both. */
enum status unit_sides_read(struct arena *arena, const json_t *inputs, const json_t *outputs, const char *const *reserved,
                            struct unit_names *input_names, struct unit_names *output_names, struct faults *faults) NODISCARD;

/* The row of a number in the table of a unit: the index'th of those that stand at offset. */
struct bind_member unit_number_row(const char *name, size_t offset, size_t index);

/* Binds the objects of the member dmus, 1 to max, once the names of their numbers are known and so their table. They are
 * bound alone, so that the other members of the body, bound before, do not count as unknown. STATUS_EXHAUSTED, or
 * STATUS_OK whatever is wrong with them. */
enum status unit_rows_bind(struct arena *arena, json_t *dmus, const struct bind_table *table, size_t max, struct bind_array *rows,
                           struct faults *faults) NODISCARD;

#endif
