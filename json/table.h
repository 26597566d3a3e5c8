#ifndef JSON_TABLE_H
#define JSON_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/status.h"

/*
 * Rows of a JSON document that json/write.c has written, as CSV (RFC 4180): a header, unless it is not wanted, then a
 * record for each object of the array that the member rows of the document holds.
 *
 * columns are the names of members with commas between, in the order of the output; a member
 * of a member has a dot (name.en). Texts stand as they are, quoted where they need to be; null
 * and what a row lacks is an empty cell, the empty text is ""; arrays, and objects of whose
 * members no column tells, are JSON.
 *
 * A column "name.*" stands for a column of each member of the first object that any row has under that name, "name.member", in
 * its order; all rows have the same. Where no row has one it is a column "name".
 *
 * A text that begins with = + - @ (also in their full width), tab, CR, LF or ' gets a ' in front of
 * it: a spreadsheet would take it for a formula otherwise, and whoever reads the cells by program
 * takes away one ' from the front of what begins with one. Numbers never get one.
 */
enum { TABLE_COLUMNS_MAX = 192, TABLE_PATH_BYTES = 128 };

/* Appends to out; its failed says that memory was short. STATUS_INVALID: the document has no
 * such array, or a row has a member that is no column: nothing is left out silently. */
enum status table_write(const char *json, size_t length, const char *rows, const char *columns,
                        bool has_header, struct buffer *out) NODISCARD;

#endif
