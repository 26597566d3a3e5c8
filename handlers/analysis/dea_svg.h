#ifndef HANDLERS_ANALYSIS_DEA_SVG_H
#define HANDLERS_ANALYSIS_DEA_SVG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "handlers/analysis/svg_rows.h"
#include "handlers/exchange.h"

/*
 * What all pictures of data envelopment analysis share: a title, inputs and outputs by name, the rows of the units, a line that
 * says how it was made, and a description that tells every row. Title, rows, series and labels are given in the caller's language
 * (label.h), what and made in English.
 */
enum { DEA_SVG_PARTS_MAX = 3 };

struct dea_picture {
    struct exchange *exchange;
    const char *title;
    const char *what; /* of the description, a phrase behind a colon */
    const char *made[DEA_SVG_PARTS_MAX]; /* at the foot, parts of one sentence; NULL: none */
    const char *const *inputs, *const *outputs;
    size_t input_count, output_count;
    bool is_stored;   /* inputs and outputs are indicators */
    int64_t revision; /* of the figures, where they are stored */
    struct svg_rows chart; /* all but what dea_svg settles: top, legend_at, mean_told, rank_axis */

    /* NULL, or draws something of more_height above the rows, from top on. */
    void (*draw_more)(struct buffer *out, struct arena *arena, const void *context, double top);
    double more_height;
    const void *context;
};

/* Where a unit's row stands: the larger first number before the smaller, then the second; those without behind the others, equal ones
 * as they came. */
struct dea_svg_rank {
    bool is_scored;
    double first, second; /* not NaN where it is scored */
};

struct dea_svg_units {
    size_t count;
    const void *context;
    struct dea_svg_rank (*rank)(const void *context, size_t unit);
    struct svg_row (*row)(struct arena *arena, const void *context, size_t unit);
};

/* The rows of all units in their order, in the arena; NULL without memory. */
const struct svg_row *dea_svg_rows(struct arena *arena, const struct dea_svg_units *units);

/* Appends the picture to the reply, which fails where it has no rows. */
void dea_svg(const struct dea_picture *picture);

enum { DEA_SVG_NUMBER_BYTES = 48 };

/* A score as it stands in a picture: three decimals, a large one shorter; - where it is not finite. In the arena. */
const char *dea_svg_number(struct arena *arena, double number);

/* The text, or what stands for it where memory is short. */
const char *dea_svg_text(char *made, const char *otherwise);

#endif
