#ifndef HANDLERS_ANALYSIS_DENSITY_WRITE_H
#define HANDLERS_ANALYSIS_DENSITY_WRITE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "handlers/analysis/density_change.h"
#include "handlers/analysis/density_draw.h"
#include "handlers/analysis/write.h"

/* What the answer says besides the curves. */
struct density_sheet {
    struct density_drawing drawing;
    bool is_chinese; /* the words */

    struct density_change *changes; /* found once it is drawn */
    size_t change_count;

    /* of stored figures and of units over years */
    const char *relative_to; /* NULL: a sample */
    const struct analysis_left_out *left_out;
    size_t left_out_count;

    /* of stored figures only */
    const char *indicator; /* NULL: a caller's own numbers */
    const char *weights;   /* an indicator too; NULL: none */
    int64_t revision;
};

/* Appends the answer, one JSON object, to out. The drawing is drawn. */
void density_write(struct buffer *out, const struct density_sheet *sheet);

#endif
