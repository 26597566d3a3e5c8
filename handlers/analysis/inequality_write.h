#ifndef HANDLERS_ANALYSIS_INEQUALITY_WRITE_H
#define HANDLERS_ANALYSIS_INEQUALITY_WRITE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "handlers/analysis/inequality_work.h"
#include "handlers/analysis/write.h"

/* Moves between the states of two years, all provinces or those of one belt. */
struct inequality_moves {
    const char *group;
    int64_t from, to;
    size_t n;
    size_t *counts;        /* states x states */
    double *probabilities; /* NAN in rows of states in which nobody was */
    double mobility;
};

struct inequality_states {
    const char *by;   /* quantiles or mean */
    size_t count;
    double *bounds;   /* years x (count - 1) */
    struct inequality_moves *moves;
    size_t moves_count;
};

/* What the answer says besides the series. */
struct inequality_sheet {
    struct inequality_drawing drawing;

    /* stored figures only */
    const char *indicator; /* NULL: a caller's own values */
    const char *per;
    int64_t revision;

    /* what lies over years: NULL and 0 where it does not */
    const char *relative_to;
    const int64_t *years;
    size_t year_count;
    struct inequality_states states;
    const struct analysis_left_out *left_out;
    size_t left_out_count;
};

/* Appends the answer, one JSON object, to out. The drawing was worked out. */
void inequality_write(struct buffer *out, const struct inequality_sheet *sheet);

#endif
