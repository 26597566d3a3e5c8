#ifndef JSON_CSV_H
#define JSON_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/status.h"

/*
 * CSV as RFC 4180 has it: comma, quotes doubled inside quotes, CRLF or LF. A byte order
 * mark at the start is skipped. The reader works in place on a mutable copy and hands out
 * NUL-terminated fields that borrow from it as long as the copy lives. No allocation; one
 * thread at a time. A CR counts as line end before LF and at the end of the text only.
 */
enum { CSV_FIELDS_MAX = 64 };

enum csv_fault { CSV_SOUND, CSV_QUOTE_OPEN, CSV_QUOTE_INSIDE, CSV_TOO_MANY_FIELDS, CSV_NUL, CSV_NOT_UTF8 };

struct csv_reader {
    char *at;                  /* invariants: at <= end; *end is writable; count <= CSV_FIELDS_MAX */
    char *end;
    long line;                 /* line of the text that the record starts at, from 1 */
    long next_line;
    const char *fields[CSV_FIELDS_MAX];
    size_t count;
    enum csv_fault fault;
};

/* bytes[length] must be writable (it is where the last NUL goes). */
void csv_reader_init(struct csv_reader *reader, char *bytes, size_t length);

/* The next record into fields and count; blank lines are skipped. STATUS_ABSENT at the
 * end; STATUS_INVALID with fault set where the text is broken (reading stops there). */
enum status csv_read(struct csv_reader *reader) NODISCARD;

/* A sentence's body: what is wrong, what would have worked. Static; never NULL. */
const char *csv_fault_text(enum csv_fault fault);

/* Appends a field, quoted where it needs to be (an empty first field too, so that no record
 * is a blank line); preceded by a comma unless is_first. */
void csv_write_field(struct buffer *out, bool is_first, const char *text);
void csv_write_end(struct buffer *out); /* CRLF */

#endif
