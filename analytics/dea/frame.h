#ifndef ANALYTICS_DEA_FRAME_H
#define ANALYTICS_DEA_FRAME_H

/*
 * The units on the frontier, found first, so that all others are judged beside them alone. Internal to analytics/.
 *
 * Whatever the reference units make possible, those on the frontier of variable returns make possible by themselves (Ali,
 * "Streamlined computation for data envelopment analysis", Eur. J. Oper. Res. 64 (1993) 61): a unit that could make more
 * of all its outputs changes no other's score. They are few where columns are few. They are found by BuildHull (Dula, "An
 * algorithm for data envelopment analysis", INFORMS J. Computing 23 (2011) 284): each unit is judged beside those found
 * so far; one that is not within their reach comes with weights of a plane beyond them, and whoever lies farthest along it
 * is on the frontier.
 *
 * The frame may hold a few units too many, never knowingly one too few; that none is missing is proved for every score
 * by pricing all units (bounds.h). The columns being in the order of their values (work.h), what is found does not depend on the
 * order in which the units are given.
 */

#include <stdbool.h>
#include <stddef.h>

#include "analytics/lp/panel.h"
#include "base/status.h"

struct dea_program;

/* Up to so many reference units all stand beside each other. */
#define DEA_FRAME_COLUMNS_MIN 256

/*
 * 1. member holds count ascending columns of the work, then room for one more: the judged unit's, where it is none of them.
 * 2. matrix and panel hold their values.
 */
struct dea_frame {
    size_t count;
    size_t capacity;
    size_t *member;
    bool *is_member; /* one for each column of the work */
    double *matrix;
    struct lp_panel panel;
};

/* Room for so many of the columns, which have so many rows. STATUS_OK or STATUS_EXHAUSTED. */
NODISCARD enum status dea_frame_init(struct dea_frame *frame, size_t rows, size_t capacity, size_t columns);

/* Takes a column that is no member; there is room. matrix: all columns, one after the other. */
void dea_frame_add(struct dea_frame *frame, const double *matrix, size_t column);

/* Puts the members in the order of the columns, whatever order they were found in. */
void dea_frame_sort(struct dea_frame *frame, const double *matrix);

/* A copy for another thread. STATUS_OK or STATUS_EXHAUSTED. */
NODISCARD enum status dea_frame_copy(struct dea_frame *copy, const struct dea_frame *frame, size_t columns);

/* Frees; harmless on a zeroed struct. */
void dea_frame_fini(struct dea_frame *frame);

/* Puts the frame, and the unit at program->first beside it, in place of the program's columns; those of `all` are priced for
 * the proof still. The program borrows them until the next call. */
void dea_frame_present(struct dea_frame *frame, const double *matrix, const struct lp_panel *all, struct dea_program *program);

#endif
