#ifndef HANDLERS_ANALYSIS_DENSITY_TABLE_H
#define HANDLERS_ANALYSIS_DENSITY_TABLE_H

#include <stddef.h>

#include "base/buffer.h"
#include "base/status.h"

/*
 * The points of the curves of /density as rows: {"items":[{"group":…,"year":…,"x":…,"density":…},…]}, a row for each
 * point of the grid, curve by curve. group, year and density stand as in the answer, byte for byte.
 */
extern const char density_columns[];

/* Appends to out; its failed says that memory was short. STATUS_INVALID: this is no answer of /density. */
enum status density_points(const char *json, size_t length, struct buffer *out) NODISCARD;

#endif
