/* Keeps who is on the frontier, and shows a program to them. Read frame_find.c for how they are found. */
#include "analytics/dea/frame.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "analytics/dea/program.h"

enum status dea_frame_init(struct dea_frame *frame, size_t rows, size_t capacity, size_t columns)
{
    memset(frame, 0, sizeof *frame);
    frame->capacity = capacity;
    frame->member = calloc(capacity + 1, sizeof *frame->member);
    frame->matrix = calloc((capacity + 1) * rows, sizeof *frame->matrix);
    frame->is_member = calloc(columns, sizeof *frame->is_member);
    if (frame->member == NULL || frame->matrix == NULL || frame->is_member == NULL ||
        lp_panel_init(&frame->panel, rows, capacity + 1) != STATUS_OK) {
        dea_frame_fini(frame);
        return STATUS_EXHAUSTED;
    }
    return STATUS_OK;
}

void dea_frame_fini(struct dea_frame *frame)
{
    lp_panel_fini(&frame->panel);
    free(frame->is_member);
    free(frame->matrix);
    free(frame->member);
    memset(frame, 0, sizeof *frame);
}

enum status dea_frame_copy(struct dea_frame *copy, const struct dea_frame *frame, size_t columns)
{
    const size_t rows = frame->panel.rows;
    const enum status status = dea_frame_init(copy, rows, frame->count, columns);
    if (status != STATUS_OK) {
        return status;
    }
    copy->count = frame->count;
    memcpy(copy->member, frame->member, frame->count * sizeof *copy->member);
    memcpy(copy->is_member, frame->is_member, columns * sizeof *copy->is_member);
    memcpy(copy->matrix, frame->matrix, frame->count * rows * sizeof *copy->matrix);
    for (size_t k = 0; k < frame->count; k++) {
        lp_panel_set(&copy->panel, k, copy->matrix + k * rows);
    }
    return STATUS_OK;
}

/* Writes the column at this place; the place after the last is the judged unit's. */
static void place_fill(struct dea_frame *frame, const double *matrix, size_t place, size_t column)
{
    const size_t rows = frame->panel.rows;
    const double *values = matrix + column * rows;
    frame->member[place] = column;
    memcpy(frame->matrix + place * rows, values, rows * sizeof *values);
    lp_panel_set(&frame->panel, place, values);
}

void dea_frame_add(struct dea_frame *frame, const double *matrix, size_t column)
{
    assert(frame->count < frame->capacity && !frame->is_member[column]);
    place_fill(frame, matrix, frame->count, column);
    frame->is_member[column] = true;
    frame->count++;
}

static int size_compare(const void *a, const void *b)
{
    const size_t one = *(const size_t *) a;
    const size_t other = *(const size_t *) b;
    return (one > other) - (one < other);
}

void dea_frame_sort(struct dea_frame *frame, const double *matrix)
{
    qsort(frame->member, frame->count, sizeof *frame->member, size_compare);
    lp_panel_clear(&frame->panel);
    for (size_t k = 0; k < frame->count; k++) {
        place_fill(frame, matrix, k, frame->member[k]);
    }
}

static size_t place_find(const struct dea_frame *frame, size_t column)
{
    size_t low = 0;
    size_t high = frame->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (frame->member[middle] < column) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

void dea_frame_present(struct dea_frame *frame, const double *matrix, const struct lp_panel *all, struct dea_program *program)
{
    const size_t column = program->first;
    if (frame->panel.count > frame->count) {
        lp_panel_pop(&frame->panel);
    }
    program->first = place_find(frame, column);
    if (!frame->is_member[column]) {
        program->first = frame->count;
        place_fill(frame, matrix, frame->count, column);
    }
    program->columns = frame->panel.count;
    program->matrix = frame->matrix;
    program->panel = &frame->panel;
    program->member = frame->member;
    program->all = all;
}
