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
 * by pricing all units (bounds.h). Which of equals is in it depends on the order of the units, no score does.
 */

#include <stdbool.h>
#include <stddef.h>

#include "analytics/lp/panel.h"
#include "base/status.h"

struct dea_work;
struct dea_program;
struct parallel;

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

/*
 * Finds the frame of a work whose panel is filled, in as many parts whatever the pool (NULL: none) has threads.
 * is_cancelled may be asked by any of them.
 * Returns STATUS_OK; STATUS_ABSENT when so many units are on the frontier that nothing is gained; STATUS_EXHAUSTED;
 * STATUS_BUSY when is_cancelled said so.
 */
NODISCARD enum status dea_frame_find(struct dea_frame *frame, const struct dea_work *work, struct parallel *pool,
                                     bool (*is_cancelled)(void *), void *context);

/* A copy for another thread. STATUS_OK or STATUS_EXHAUSTED. */
NODISCARD enum status dea_frame_copy(struct dea_frame *copy, const struct dea_frame *frame, size_t columns);

/* Frees; harmless on a zeroed struct. */
void dea_frame_fini(struct dea_frame *frame);

/* Puts the frame, and the unit at program->first beside it, in place of the program's columns; all are priced for the
 * proof still. The program borrows them until the next call. */
void dea_frame_present(struct dea_frame *frame, const struct dea_work *work, struct dea_program *program);

#endif
