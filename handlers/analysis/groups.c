/* Names to numbers. */
#include "handlers/analysis/groups.h"

#include <stdlib.h>
#include <string.h>

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

enum status analysis_groups_sort(struct arena *arena, const char *const *labels, size_t units, struct analysis_groups *groups)
{
    const char **names = arena_array(arena, units + 1, sizeof *names);
    size_t *of = arena_array(arena, units + 1, sizeof *of);
    size_t labelled = 0;
    size_t named = 0;
    if (names == NULL || of == NULL) {
        return STATUS_EXHAUSTED;
    }
    for (size_t u = 0; u < units; u++) {
        if (labels[u] != NULL) {
            names[labelled++] = labels[u];
        }
    }
    qsort(names, labelled, sizeof *names, compare_texts);
    for (size_t i = 0; i < labelled; i++) {
        if (i == 0 || strcmp(names[i], names[named - 1]) != 0) {
            names[named++] = names[i];
        }
    }
    for (size_t u = 0; u < units; u++) {
        const char **found = labels[u] == NULL ? NULL : bsearch(&labels[u], names, named, sizeof *names, compare_texts);
        of[u] = found == NULL ? named : (size_t)(found - names);
    }
    *groups = (struct analysis_groups){ names, named, of, named == 0 ? 0 : named + (labelled < units) };
    return STATUS_OK;
}
