/*
 * CSV in place: a field is moved to the left over its own quotes, and a NUL is put where
 * its comma or line end stood. What a record's fields lose never reaches the next record.
 */
#include "json/csv.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"

enum field_end { END_COMMA, END_RECORD, END_BROKEN };

static const char byte_order_mark[] = "\xef\xbb\xbf";

void csv_reader_init(struct csv_reader *reader, char *bytes, size_t length)
{
    memset(reader, 0, sizeof *reader);
    reader->at = bytes;
    reader->end = bytes + length;
    reader->line = 1;
    reader->next_line = 1;
    if (length >= strlen(byte_order_mark) && memcmp(bytes, byte_order_mark, strlen(byte_order_mark)) == 0) {
        reader->at += 3;
    }
}

/* The length of the line end at text, 0 where there is none. */
static size_t line_end(const char *text, const char *end)
{
    if (text < end && *text == '\n') {
        return 1;
    }
    if (text < end && *text == '\r') {
        return text + 1 == end ? 1 : text[1] == '\n' ? 2 : 0;
    }
    return 0;
}

static enum field_end broken(struct csv_reader *reader, enum csv_fault fault)
{
    reader->fault = fault;
    return END_BROKEN;
}

/* Reads from the opening quote: *to becomes the end of the unquoted text, at is moved
 * behind the closing quote. */
static enum field_end read_quoted(struct csv_reader *reader, char **to)
{
    char *from = reader->at + 1;
    char *out = reader->at;
    for (;;) {
        if (from >= reader->end) {
            return broken(reader, CSV_QUOTE_OPEN);
        }
        if (*from == 0) {
            return broken(reader, CSV_NUL);
        }
        if (*from == '"') {
            if (from + 1 >= reader->end || from[1] != '"') {
                break;
            }
            from++;
        }
        reader->next_line += *from == '\n';
        *out++ = *from++;
    }
    reader->at = from + 1;
    *to = out;
    return END_RECORD;
}

static enum field_end read_plain(struct csv_reader *reader, char **to)
{
    char *at = reader->at;
    while (at < reader->end && *at != ',' && line_end(at, reader->end) == 0) {
        if (*at == 0) {
            return broken(reader, CSV_NUL);
        }
        if (*at == '"') {
            return broken(reader, CSV_QUOTE_INSIDE);
        }
        at++;
    }
    reader->at = at;
    *to = at;
    return END_RECORD;
}

/* Reads one field and what ends it. */
static enum field_end read_field(struct csv_reader *reader)
{
    char *text = reader->at;
    char *to = NULL;
    if (reader->count == CSV_FIELDS_MAX) {
        return broken(reader, CSV_TOO_MANY_FIELDS);
    }
    bool is_quoted = reader->at < reader->end && *reader->at == '"';
    if ((is_quoted ? read_quoted(reader, &to) : read_plain(reader, &to)) == END_BROKEN) {
        return END_BROKEN;
    }
    if (!text_is_utf8(text, (size_t)(to - text))) {
        return broken(reader, CSV_NOT_UTF8);
    }
    bool is_comma = reader->at < reader->end && *reader->at == ',';
    size_t ending = line_end(reader->at, reader->end);
    if (!is_comma && ending == 0 && reader->at < reader->end) {
        return broken(reader, *reader->at == 0 ? CSV_NUL : CSV_QUOTE_INSIDE); /* "a"b */
    }
    reader->at += is_comma ? 1 : ending;
    reader->next_line += ending > 0;
    *to = 0; /* where a quote, a comma, a line end or the text's own end stood */
    reader->fields[reader->count++] = text;
    return is_comma ? END_COMMA : END_RECORD;
}

enum status csv_read(struct csv_reader *reader)
{
    if (reader->fault != CSV_SOUND) {
        return STATUS_INVALID;
    }
    for (size_t blank = 0; (blank = line_end(reader->at, reader->end)) > 0;) {
        reader->at += blank;
        reader->next_line++;
    }
    assert(reader->at <= reader->end);
    if (reader->at == reader->end) {
        return STATUS_ABSENT;
    }
    reader->line = reader->next_line;
    reader->count = 0;
    enum field_end end = END_COMMA;
    while (end == END_COMMA) {
        end = read_field(reader);
    }
    return end == END_BROKEN ? STATUS_INVALID : STATUS_OK;
}

const char *csv_fault_text(enum csv_fault fault)
{
    switch (fault) {
    case CSV_SOUND:
        return "nothing is wrong";
    case CSV_QUOTE_OPEN:
        return "a field begins with a double quote that is never closed; close it, or double the quotes within";
    case CSV_QUOTE_INSIDE:
        return "a double quote stands within a field that it does not enclose; enclose the field in quotes and double those within";
    case CSV_TOO_MANY_FIELDS:
        return "the record has more than 64 fields; at most 64 are accepted";
    case CSV_NUL:
        return "the record has a zero byte; the body is text in UTF-8";
    case CSV_NOT_UTF8:
        return "the record is not UTF-8; save the file as UTF-8";
    }
    return "";
}

/* A byte order mark at the front of a text is data, at the front of a file it would be none. */
static bool needs_quotes(const char *text)
{
    return strpbrk(text, ",\"\r\n") != NULL || strncmp(text, byte_order_mark, strlen(byte_order_mark)) == 0;
}

void csv_write_field(struct buffer *out, bool is_first, const char *text)
{
    if (!is_first) {
        buffer_byte(out, ',');
    }
    if (!needs_quotes(text) && !(is_first && *text == 0)) {
        buffer_text(out, text);
        return;
    }
    buffer_byte(out, '"');
    for (const char *quote = NULL; (quote = strchr(text, '"')) != NULL; text = quote + 1) {
        buffer_append(out, text, (size_t)(quote - text) + 1);
        buffer_byte(out, '"');
    }
    buffer_text(out, text);
    buffer_byte(out, '"');
}

void csv_write_end(struct buffer *out)
{
    buffer_append(out, "\r\n", 2);
}
