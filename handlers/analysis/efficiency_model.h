#ifndef HANDLERS_ANALYSIS_EFFICIENCY_MODEL_H
#define HANDLERS_ANALYSIS_EFFICIENCY_MODEL_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "handlers/analysis/efficiency_write.h"
#include "json/faults.h"

/*
 * What a caller of /efficiency asks for beyond inputs and outputs: the model (analytics/dea/model.h), and what may go with it.
 * The query of GET and the body of POST say the same, so they are checked here alike.
 */

/* The words of the choices; each ends with NULL. */
extern const char *const efficiency_models[]; /* in the order of enum dea_model */
extern const char *const efficiency_sides[];  /* in the order of enum dea_side */
extern const char *const efficiency_goals[];  /* benevolent, aggressive */

enum { EFFICIENCY_MODEL_BYTES = 4000 /* of a list in a query */ };

/* A list as it was sent: a query's text, or a body's value; NULL where there is none. */
struct efficiency_list {
    const char *text;
    const json_t *value;
};

/* All as asked; choices are -1 where nothing was. */
struct efficiency_wish {
    int model, orientation, slacks, frontier, goal, solver;
    bool outliers, weights;
    double rts_tolerance; /* NAN where nothing was asked */
    struct efficiency_list fixed, undesirable, prices, restrictions;
};

/*
 * Settles options and, where another than the plain radial model is asked for, model of the sheet; defaults are filled in.
 * inputs and outputs are the names, of which all that is listed must be one. What is wrong is added to *faults: at the
 * parameters of a query, or (is_body) at the members of a body. sheet is of no use then. Allocates in the faults' arena.
 */
enum status efficiency_model_settle(const struct efficiency_wish *wish, const char *const *inputs, size_t input_count,
                                    const char *const *outputs, size_t output_count, bool is_body,
                                    struct efficiency_sheet *sheet, struct faults *faults) NODISCARD;

#endif
