#ifndef JSON_UNFOLD_H
#define JSON_UNFOLD_H

#include <stddef.h>

#include "base/buffer.h"
#include "base/status.h"

/*
 * Flat rows out of a nested JSON document that json/write.c has written, as json/table.h wants them: {"items": [...]}.
 * What goes into a row is said by texts, so that a table is two lines of data.
 *
 * rows is where the rows are: names with dots between; each step with a mark repeats all that follows and opens a level, which
 * cells name by its number (0 is the document):
 *   name[]   each item of an array; name[][]: of the arrays in it as well
 *   name.*   each member of an object
 *   name?    once if the member is there and not null
 * An empty text is one row, a name that is not there is none.
 *
 * cells are the members of a row, with commas between, name=SOURCE, or SOURCE alone where the name is that of its last step:
 *   1.a.b    the member b of the member a of what level 1 is at; not there: the row lacks it
 *   1        what level 1 is at
 *   1#       its position, from 1; 1@ its name
 *   1.a[2]   the item of the array a at the position of level 2; 1.a{2} the member of a that is called as level 2 is
 *   1.a;b    the texts b of the objects in the array a with semicolons between, 1.a; where the items are the texts; the row
 *            lacks it where there are none
 *   'text'   that text
 * Values are copied byte for byte.
 */
struct unfold_part {
    const char *rows, *cells;
};

enum { UNFOLD_LEVELS_MAX = 5, UNFOLD_CELLS_MAX = 48, UNFOLD_NAME_BYTES = 40 };

/* A table that an answer can be had as. */
struct unfold_table {
    const char *name;    /* NULL: the end of a list of tables */
    const char *columns; /* json/table.h */
    struct unfold_part parts[8]; /* one behind the other; until rows is NULL */
    /* Where data does not say it: makes the document out of the answer. */
    enum status (*unfold)(const char *json, size_t length, struct buffer *out);
};

/* Appends the document to out; its failed says that memory was short. STATUS_INVALID: the answer cannot be followed. Texts that
 * break the rules above are asserted. */
enum status unfold_write(const struct unfold_table *table, const char *json, size_t length, struct buffer *out) NODISCARD;

#endif
