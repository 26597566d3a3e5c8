/*
 * Reads figures. From JSON the table has bound the rows already and only the digits are
 * missing; from CSV everything is read here. figure.c then checks codes and writes.
 */
#include "rules/figure_read.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "json/csv.h"
#include "json/scan.h"
#include "rules/figure.h"
#include "rules/request.h"

enum { DECIMAL_BYTES_MAX = 32, ROWS_FIRST = 256 };
#define FIGURE_MAX 1e15

bool figure_body_is_json(const char *body, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (body[i] != ' ' && body[i] != '\t' && body[i] != '\r' && body[i] != '\n') {
            return body[i] == '{' || body[i] == '[';
        }
    }
    return true; /* an empty body is not CSV: the JSON parser says what is wrong */
}

#define ABSURD "the value is absurd: figures lie below 1e15"

/* A number beyond what can be read at all is one all the same. */
static bool is_endless(const char *text)
{
    return text[strspn(text, "0123456789.eE+-")] == 0 && isinf(strtod(text, NULL));
}

/* NULL where the decimal is a figure; else what is wrong with it. */
static const char *decimal_fault(const char *text, double *value)
{
    const char *digits = text[0] == '-' ? text + 1 : text;
    if (text[0] == 0) {
        return "the value is empty: write the number, or leave the row out";
    }
    if (strlen(text) > DECIMAL_BYTES_MAX) {
        return "the value has more than 32 characters";
    }
    if (is_endless(text)) {
        return ABSURD;
    }
    if (text_to_double(text, value) != STATUS_OK || (digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9') ||
        digits[strlen(digits) - 1] == '.' || strstr(digits, ".e") != NULL || strstr(digits, ".E") != NULL) {
        return "the value is not a number such as 1234 or 12.5";
    }
    if (*value < 0 || text[0] == '-') {
        return "the value is negative";
    }
    return *value >= FIGURE_MAX ? ABSURD : NULL;
}

struct decimals {
    struct arena *arena;
    struct faults *faults;
    const char *body;
    struct figure_request *rows;
    size_t count;
};

/* The row whose value stands at pointer, or NULL where it is another value, or was no number
 * that can be read. */
static struct figure_request *row_of_value(const struct decimals *decimals, const char *pointer)
{
    static const char before[] = FIGURE_ROWS "/";
    char *behind = NULL;
    if (strncmp(pointer, before, sizeof before - 1) != 0) {
        return NULL;
    }
    unsigned long index = strtoul(pointer + sizeof before - 1, &behind, 10);
    if (strcmp(behind, "/value") != 0 || index >= decimals->count || isnan(decimals->rows[index].value)) {
        return NULL;
    }
    return &decimals->rows[index];
}

static enum status take_decimal(void *context, const struct scan_value *value)
{
    struct decimals *decimals = context;
    struct figure_request *row = value->kind == 'n' ? row_of_value(decimals, value->pointer) : NULL;
    if (row == NULL) {
        return STATUS_OK;
    }
    row->decimal = arena_copy(decimals->arena, decimals->body + value->offset, value->length);
    if (row->decimal == NULL) {
        return STATUS_EXHAUSTED;
    }
    double number = 0;
    const char *fault = decimal_fault(row->decimal, &number);
    if (fault != NULL) {
        faults_add(decimals->faults, value->pointer, "bad_value", "%s", fault);
    }
    return STATUS_OK;
}

enum status figure_read_decimals(struct command *command, struct arena *arena, struct faults *faults)
{
    const struct bind_array *array = command->kind == COMMAND_GENESIS
        ? &((const struct genesis_request *)command->request)->figures
        : &((const struct figures_request *)command->request)->figures;
    struct decimals decimals = { arena, faults, command->body, array->items, array->count };
    enum status status = json_scan(command->body, command->body_length, take_decimal, &decimals);
    if (status == STATUS_OK && faults->total == 0) {
        for (size_t i = 0; i < decimals.count; i++) {
            assert(decimals.rows[i].decimal != NULL); /* the walk comes by every number that was bound */
        }
    }
    return status == STATUS_OK && faults->total > 0 ? STATUS_INVALID : status;
}

enum { COLUMNS = 4 };
static const char *const column_names[COLUMNS] = { "indicator", "year", "province", "value" };

struct csv_columns {
    size_t at[COLUMNS];
    size_t count; /* fields of the header */
};

/* Which field is which column; faults name what is missing, unknown or doubled. */
static bool read_header(const struct csv_reader *reader, struct csv_columns *columns, struct faults *faults)
{
    bool seen[COLUMNS] = { false };
    columns->count = reader->count;
    for (size_t i = 0; i < reader->count; i++) {
        size_t k = 0;
        while (k < COLUMNS && strcmp(reader->fields[i], column_names[k]) != 0) {
            k++;
        }
        if (k == COLUMNS) {
            const char *nearest = text_nearest(reader->fields[i], column_names, COLUMNS);
            const char *quoted = faults_quote(faults, reader->fields[i], strlen(reader->fields[i]));
            if (nearest != NULL) {
                faults_add_row(faults, reader->line, NULL, "unknown_column",
                               "column %zu is %s, not one of indicator, year, province, value; did you mean %s?", i + 1, quoted,
                               nearest);
            } else {
                faults_add_row(faults, reader->line, NULL, "unknown_column",
                               "column %zu is %s, not one of indicator, year, province, value", i + 1, quoted);
            }
            faults_suggest(faults, nearest);
        } else if (seen[k]) {
            faults_add_row(faults, reader->line, column_names[k], "duplicate_column", "the column stands twice");
        } else {
            seen[k] = true;
            columns->at[k] = i;
        }
    }
    for (size_t k = 0; k < COLUMNS; k++) {
        if (!seen[k]) {
            faults_add_row(faults, reader->line, column_names[k], "missing_column", "the header lacks this column");
        }
    }
    return faults->total == 0;
}

enum { COMMAS_OF_TWO_RECORDS = 2 * (COLUMNS - 1) };

/* What is done to a whole file before it gets here, which its header shows; NULL where nothing was. */
static const char *whole_fault(struct faults *faults, const char *body, size_t length)
{
    size_t line = 0, commas = 0, semicolons = 0, tabs = 0;
    for (; line < length && body[line] != '\n' && body[line] != '\r'; line++) {
        commas += body[line] == ',';
        semicolons += body[line] == ';';
        tabs += body[line] == '\t';
    }
    const char *quoted = faults_quote(faults, body, line);
    if (commas == 0 && semicolons + tabs > 0) {
        return arena_format(faults->arena, "the header is %s, with %s between its columns; commas are wanted: save the file as CSV with "
                            "commas", quoted, semicolons > 0 ? "semicolons" : "tabs");
    }
    if (line == length && commas >= COMMAS_OF_TWO_RECORDS) {
        return arena_format(faults->arena, "the body is one line, %s: its line feeds are gone; curl leaves them in with --data-binary "
                            "@FILE, and takes them out with -d @FILE", quoted);
    }
    return NULL;
}

/* A field, or NULL and a fault where it is not what is wanted. */
static const char *read_id(const struct csv_reader *reader, size_t at, const char *column, const char *fault,
                           struct faults *faults)
{
    if (text_is_id(reader->fields[at])) {
        return reader->fields[at];
    }
    faults_add_row(faults, reader->line, column, "bad_format", "%s", fault);
    return NULL;
}

/* Reads one record; what is not sound in it is a fault, and absent in the row. */
static void read_row(const struct csv_reader *reader, const struct csv_columns *columns, struct figure_request *row,
                     struct faults *faults)
{
    int64_t year = 0;
    double value = NAN;
    *row = (struct figure_request){ .year = BIND_ABSENT, .value = NAN, .row = reader->line };
    row->indicator = read_id(reader, columns->at[0], "indicator", "not the id of an indicator", faults);
    if (text_to_integer(reader->fields[columns->at[1]], &year) != STATUS_OK || year < 1900 || year > 2100) {
        faults_add_row(faults, reader->line, "year", "out_of_range", "not a year from 1900 to 2100");
    } else {
        row->year = year;
    }
    row->province = read_id(reader, columns->at[2], "province", "not the code of a province such as CN-HB", faults);
    const char *fault = decimal_fault(reader->fields[columns->at[3]], &value);
    if (fault != NULL) {
        faults_add_row(faults, reader->line, "value", "bad_value", "%s", fault);
    } else {
        row->value = value;
        row->decimal = reader->fields[columns->at[3]];
    }
}

/* Rows as they come in. On the heap, so that what was outgrown is given back. */
struct growing {
    struct figure_request *rows; /* invariant: count <= capacity */
    size_t count, capacity;
};

/* Room for one row more, or NULL. */
static struct figure_request *next_row(struct growing *growing)
{
    if (growing->count == growing->capacity) {
        size_t capacity = growing->capacity == 0 ? ROWS_FIRST : 2 * growing->capacity;
        struct figure_request *rows =
            capacity > SIZE_MAX / sizeof *rows ? NULL : realloc(growing->rows, capacity * sizeof *rows);
        if (rows == NULL) {
            return NULL;
        }
        growing->rows = rows;
        growing->capacity = capacity;
    }
    return &growing->rows[growing->count++];
}

/* A body that is no CSV, or too much of it, is refused as that alone. */
static enum status refuse_all(struct faults *faults, long line, const char *code, const char *detail)
{
    faults_init(faults, faults->arena);
    faults_add_row(faults, line, NULL, code, "%s", detail != NULL ? detail : "");
    return STATUS_INVALID;
}

static enum status read_rows(struct csv_reader *reader, const struct csv_columns *columns, size_t rows_max,
                             struct growing *growing, struct faults *faults)
{
    enum status status = STATUS_OK;
    bool is_any = false;
    while ((status = csv_read(reader)) == STATUS_OK) {
        is_any = true;
        if (reader->count != columns->count) {
            faults_add_row(faults, reader->line, NULL, "wrong_field_count", "the row has %zu fields, the header %zu",
                           reader->count, columns->count);
            continue;
        }
        if (growing->count == rows_max) {
            return refuse_all(faults, reader->line, "too_many_values",
                              arena_format(faults->arena, "the body has more than %zu rows: send it in parts", rows_max));
        }
        struct figure_request *row = next_row(growing);
        if (row == NULL) {
            return STATUS_EXHAUSTED;
        }
        read_row(reader, columns, row, faults);
    }
    if (status == STATUS_INVALID) {
        return refuse_all(faults, reader->line, "bad_csv", csv_fault_text(reader->fault));
    }
    if (!is_any) {
        faults_add_row(faults, 1, NULL, "no_rows", "there is no row behind the header");
    }
    return STATUS_OK;
}

/* The rows leave the heap for the arena. */
static enum status keep_rows(struct command *command, const struct growing *growing, struct arena *arena)
{
    struct figures_request *request = arena_alloc(arena, sizeof *request);
    struct figure_request *rows = arena_array(arena, growing->count, sizeof *rows);
    if (request == NULL || rows == NULL) {
        return STATUS_EXHAUSTED;
    }
    if (growing->count > 0) {
        memcpy(rows, growing->rows, growing->count * sizeof *rows);
    }
    request->figures = (struct bind_array){ rows, growing->count };
    request->is_csv = true;
    command->request = request;
    return STATUS_OK;
}

enum status figure_read_csv(struct command *command, size_t rows_max, struct arena *arena, struct faults *faults)
{
    struct csv_reader reader;
    struct csv_columns columns = { { 0 }, 0 };
    struct growing growing = { NULL, 0, 0 };
    char *copy = arena_copy(arena, command->body, command->body_length);
    if (copy == NULL) {
        return STATUS_EXHAUSTED;
    }
    const char *whole = whole_fault(faults, command->body, command->body_length);
    if (whole != NULL) {
        return refuse_all(faults, 1, "bad_csv", whole);
    }
    csv_reader_init(&reader, copy, command->body_length);
    enum status status = csv_read(&reader);
    if (status != STATUS_OK) {
        return refuse_all(faults, reader.line, "bad_csv",
                          status == STATUS_INVALID ? csv_fault_text(reader.fault) : FIGURE_HEADER_WANTED);
    }
    if (!read_header(&reader, &columns, faults)) {
        return STATUS_INVALID;
    }
    status = read_rows(&reader, &columns, rows_max, &growing, faults);
    if (status == STATUS_OK) {
        status = keep_rows(command, &growing, arena);
    }
    free(growing.rows);
    return status == STATUS_OK && faults->total > 0 ? STATUS_INVALID : status;
}
