/*
 * Reads figures. From JSON the table has bound the rows already and only the digits are
 * missing; from CSV everything is read here. figure.c then checks codes and writes.
 */
#include "rules/figure_read.h"

#include <string.h>

#include "base/text.h"
#include "json/csv.h"
#include "json/scan.h"
#include "rules/request.h"

enum { DECIMAL_BYTES_MAX = 32 };
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
    if (text_to_double(text, value) != STATUS_OK || (digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9') ||
        digits[strlen(digits) - 1] == '.' || strstr(digits, ".e") != NULL || strstr(digits, ".E") != NULL) {
        return "the value is not a number such as 1234 or 12.5";
    }
    if (*value < 0 || text[0] == '-') {
        return "the value is negative";
    }
    return *value >= FIGURE_MAX ? "the value is absurd: figures lie below 1e15" : NULL;
}

struct decimals {
    struct arena *arena;
    struct faults *faults;
    const char *body;
    struct figure_request *rows;
    size_t count;
    size_t next;
};

static enum status take_decimal(void *context, const struct scan_value *value)
{
    struct decimals *decimals = context;
    if (value->kind != 'n' || strcmp(value->member, "value") != 0 || strncmp(value->pointer, "/figures/", 9) != 0) {
        return STATUS_OK;
    }
    if (decimals->next >= decimals->count) {
        return STATUS_INVALID;
    }
    struct figure_request *row = &decimals->rows[decimals->next++];
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
    struct decimals decimals = { arena, faults, command->body, array->items, array->count, 0 };
    enum status status = json_scan(command->body, command->body_length, take_decimal, &decimals);
    if (status == STATUS_OK && decimals.next != decimals.count) {
        faults_add(faults, "/figures", "bad_value", "a value is missing");
    }
    return status != STATUS_OK ? status : faults->total > 0 ? STATUS_INVALID : STATUS_OK;
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
            faults_add_row(faults, reader->line, NULL, "unknown_column",
                           "column %zu is not one of indicator, year, province, value%s%s", i + 1,
                           nearest != NULL ? "; did you mean " : "", nearest != NULL ? nearest : "");
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

static void read_row(const struct csv_reader *reader, const struct csv_columns *columns, struct figure_request *row,
                     struct faults *faults)
{
    int64_t year = 0;
    row->row = reader->line;
    if (reader->count != columns->count) {
        faults_add_row(faults, reader->line, NULL, "wrong_field_count", "the row has %zu fields, the header %zu",
                       reader->count, columns->count);
        return;
    }
    row->indicator = reader->fields[columns->at[0]];
    row->province = reader->fields[columns->at[2]];
    row->decimal = reader->fields[columns->at[3]];
    if (!text_is_id(row->indicator)) {
        faults_add_row(faults, reader->line, "indicator", "bad_format", "not the id of an indicator");
    }
    if (text_to_integer(reader->fields[columns->at[1]], &year) != STATUS_OK || year < 1900 || year > 2100) {
        faults_add_row(faults, reader->line, "year", "out_of_range", "not a year from 1900 to 2100");
    }
    row->year = year;
    if (!text_is_id(row->province)) {
        faults_add_row(faults, reader->line, "province", "bad_format", "not the code of a province such as CN-HB");
    }
    const char *fault = decimal_fault(row->decimal, &row->value);
    if (fault != NULL) {
        faults_add_row(faults, reader->line, "value", "bad_value", "%s", fault);
    }
}

/* Rows of the body at most, from its line feeds. */
static size_t count_lines(const char *body, size_t length)
{
    size_t lines = 1;
    for (const char *at = body; (at = memchr(at, '\n', length - (size_t)(at - body))) != NULL; at++) {
        lines++;
    }
    return lines;
}

enum status figure_read_csv(struct command *command, struct arena *arena, struct faults *faults)
{
    struct csv_reader reader;
    struct csv_columns columns = { { 0 }, 0 };
    struct figures_request *request = arena_alloc(arena, sizeof *request);
    char *copy = arena_copy(arena, command->body, command->body_length);
    struct figure_request *rows = arena_array(arena, count_lines(command->body, command->body_length), sizeof *rows);
    if (request == NULL || copy == NULL || rows == NULL) {
        return STATUS_EXHAUSTED;
    }
    size_t count = 0;
    csv_reader_init(&reader, copy, command->body_length);
    enum status status = csv_read(&reader);
    bool has_header = status == STATUS_OK && read_header(&reader, &columns, faults);
    while (status == STATUS_OK && has_header) {
        status = csv_read(&reader);
        if (status == STATUS_OK) {
            read_row(&reader, &columns, &rows[count++], faults);
        }
    }
    if (status == STATUS_INVALID) {
        faults_add_row(faults, reader.line, NULL, "bad_csv", "%s", csv_fault_text(reader.fault));
    } else if (faults->total == 0 && count == 0) {
        faults_add_row(faults, 1, NULL, "no_rows", "there is no row behind the header");
    }
    if (faults->total > 0) {
        return STATUS_INVALID;
    }
    request->figures = (struct bind_array){ rows, count };
    request->is_csv = true;
    command->request = request;
    return STATUS_OK;
}
