#ifndef HANDLERS_ANALYSIS_INEQUALITY_TABLE_H
#define HANDLERS_ANALYSIS_INEQUALITY_TABLE_H

#include <stddef.h>

#include "base/buffer.h"
#include "base/status.h"

/*
 * The series of /inequality as rows: {"items":[{"group":…,"year":…,"n":…,"gini":…,…},…]}, the numbers of each series as in
 * the answer, byte for byte. Curves, members and pairs of groups are not in it.
 */
extern const char inequality_columns[];

/* Appends to out; its failed says that memory was short. STATUS_INVALID: this is no answer of /inequality. */
enum status inequality_rows(const char *json, size_t length, struct buffer *out) NODISCARD;

#endif
