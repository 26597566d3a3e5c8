#ifndef HANDLERS_ANALYSIS_GROUPS_H
#define HANDLERS_ANALYSIS_GROUPS_H

#include <stddef.h>

#include "base/arena.h"
#include "base/status.h"

/* What units fall into, by the names that they bear. Belts and a caller's groups alike. */
struct analysis_groups {
    const char **names; /* the different ones, ascending bytewise */
    size_t named;
    size_t *of;   /* of each unit, an index into names; named where it bears none */
    size_t count; /* 0: no unit bears a name; else named and, where some bear none, one more */
};

/* labels[u] is a unit's name or NULL. All lies in the arena; the names are the labels' own. */
enum status analysis_groups_sort(struct arena *arena, const char *const *labels, size_t units, struct analysis_groups *groups) NODISCARD;

#endif
