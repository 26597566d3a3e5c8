/*
 * The list of faults of one input. Who adds to it: parse.c, bind.c, and the handlers for
 * rows and query parameters.
 */
#include "json/faults.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { ITEMS_AT_FIRST = 8, QUOTE_SOURCE_BYTES = 64, ESCAPED_BYTES_MAX = 6, CUT_BYTES = 5 /* three dots, a quote, a NUL */ };

void faults_init(struct faults *faults, struct arena *arena)
{
    assert(arena != NULL);
    memset(faults, 0, sizeof *faults);
    faults->arena = arena;
}

/* Room for count items; false without memory. */
static bool make_room(struct faults *faults, size_t count)
{
    if (count <= faults->capacity) {
        return true;
    }
    size_t capacity = faults->capacity == 0 ? ITEMS_AT_FIRST : LIMIT_FAULTS;
    capacity = capacity < count ? count : capacity;
    struct fault *items = arena_array(faults->arena, capacity, sizeof *items);
    if (items == NULL) {
        return false;
    }
    if (faults->count > 0) {
        memcpy(items, faults->items, faults->count * sizeof *items);
    }
    faults->items = items;
    faults->capacity = capacity;
    return true;
}

bool faults_part(struct faults *copy)
{
    copy->capacity = 0;
    return copy->count == 0 || make_room(copy, copy->count);
}

bool faults_is_full(const struct faults *faults)
{
    assert(faults->count <= LIMIT_FAULTS && faults->count <= faults->total);
    return faults->count == LIMIT_FAULTS;
}

/* A copy of text in the arena; is_copied turns false where memory is exhausted. */
static const char *copy_text(struct faults *faults, const char *text, bool *is_copied)
{
    if (text == NULL) {
        return NULL;
    }
    const char *copy = arena_text(faults->arena, text);
    if (copy == NULL) {
        *is_copied = false;
    }
    return copy;
}

__attribute__((format(printf, 3, 0)))
static void add(struct faults *faults, const struct fault *given, const char *format, va_list arguments)
{
    assert(given->code != NULL);
    bool is_full = faults_is_full(faults);
    faults->total++;
    faults->is_last_kept = false;
    if (is_full) {
        return;
    }
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *detail = length < 0 ? NULL : arena_alloc(faults->arena, (size_t)length + 1);
    if (detail == NULL) {
        return;
    }
    int written = vsnprintf(detail, (size_t)length + 1, format, arguments);
    assert(written == length);

    bool is_copied = true;
    struct fault fault = *given;
    fault.detail = detail;
    fault.pointer = copy_text(faults, given->pointer, &is_copied);
    fault.column = copy_text(faults, given->column, &is_copied);
    fault.parameter = copy_text(faults, given->parameter, &is_copied);
    if (is_copied && make_room(faults, faults->count + 1)) {
        faults->items[faults->count++] = fault;
        faults->is_last_kept = true;
    }
}

void faults_add(struct faults *faults, const char *pointer, const char *code, const char *format, ...)
{
    struct fault fault = { .pointer = pointer, .code = code };
    va_list arguments;
    va_start(arguments, format);
    add(faults, &fault, format, arguments);
    va_end(arguments);
}

void faults_add_row(struct faults *faults, long row, const char *column, const char *code, const char *format, ...)
{
    struct fault fault = { .row = row, .column = column, .code = code };
    va_list arguments;
    va_start(arguments, format);
    add(faults, &fault, format, arguments);
    va_end(arguments);
}

void faults_add_parameter(struct faults *faults, const char *parameter, const char *code, const char *format, ...)
{
    struct fault fault = { .parameter = parameter, .code = code };
    va_list arguments;
    va_start(arguments, format);
    add(faults, &fault, format, arguments);
    va_end(arguments);
}

void faults_suggest(struct faults *faults, const char *nearest)
{
    if (faults->is_last_kept && nearest != NULL) {
        faults->items[faults->count - 1].nearest = arena_text(faults->arena, nearest);
    }
}

void faults_move(struct faults *faults, size_t from, const char *prefix)
{
    for (size_t i = from; i < faults->count; i++) {
        const char *pointer = faults->items[i].pointer;
        const char *moved = pointer != NULL ? arena_format(faults->arena, "%s%s", prefix, pointer) : NULL;
        faults->items[i].pointer = moved != NULL ? moved : pointer; /* no memory: where it was before */
    }
}

void faults_number_rows(struct faults *faults, const char *array)
{
    size_t length = strlen(array);
    for (size_t i = 0; i < faults->count; i++) {
        struct fault *fault = &faults->items[i];
        if (fault->pointer == NULL || strncmp(fault->pointer, array, length) != 0 || fault->pointer[length] != '/') {
            continue;
        }
        const char *index = fault->pointer + length + 1;
        if (*index >= '0' && *index <= '9') {
            fault->row = strtol(index, NULL, 10) + 1;
        }
    }
}

void faults_sort_rows(struct faults *faults)
{
    for (size_t i = 1; i < faults->count; i++) { /* stable; at most LIMIT_FAULTS */
        struct fault moved = faults->items[i];
        size_t to = i;
        while (to > 0 && faults->items[to - 1].row > moved.row) {
            faults->items[to] = faults->items[to - 1];
            to--;
        }
        faults->items[to] = moved;
    }
}

/* The number of bytes of the well-formed character at text, 0 where there is none. */
static size_t character_at(const char *text, size_t length, uint32_t *character)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t size = s[0] < 0x80 ? 1 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
    if (size > length || !text_is_utf8(text, size)) {
        return 0;
    }
    uint32_t value = size == 1 ? s[0] : s[0] & (0x7fu >> size);
    for (size_t i = 1; i < size; i++) {
        value = value << 6 | (s[i] & 0x3fu);
    }
    *character = value;
    return size;
}

/* Writes one character of the input, escaped where it is not plain. Returns the bytes
 * written; *taken is how many bytes of the input they stand for. */
static size_t quote_character(char *out, size_t out_bytes, const char *text, size_t length, size_t *taken)
{
    uint32_t character = 0;
    int written = 0;
    *taken = character_at(text, length, &character);
    if (*taken == 0) {
        *taken = 1;
        written = snprintf(out, out_bytes, "\\x%02x", (unsigned)(unsigned char)text[0]);
    } else if (character == '"' || character == '\\') {
        written = snprintf(out, out_bytes, "\\%c", (char)character);
    } else if (character >= 0x20 && character < 0x7f) {
        written = snprintf(out, out_bytes, "%c", (char)character);
    } else if (character < 0x10000) {
        written = snprintf(out, out_bytes, "\\u%04x", (unsigned)character);
    } else {
        uint32_t rest = character - 0x10000;
        written = snprintf(out, out_bytes, "\\u%04x\\u%04x", 0xd800u + (unsigned)(rest >> 10),
                           0xdc00u + (unsigned)(rest & 0x3ff));
    }
    assert(written > 0 && (size_t)written < out_bytes);
    return (size_t)written;
}

const char *faults_quote(struct faults *faults, const char *text, size_t length)
{
    char quoted[1 + QUOTE_SOURCE_BYTES * ESCAPED_BYTES_MAX + 2 * ESCAPED_BYTES_MAX + CUT_BYTES];
    size_t used = 0;
    size_t at = 0;
    quoted[used++] = '"';
    while (at < length && at < QUOTE_SOURCE_BYTES) {
        size_t taken = 0;
        used += quote_character(quoted + used, sizeof quoted - used, text + at, length - at, &taken);
        at += taken;
    }
    const char *end = at < length ? "...\"" : "\"";
    assert(used + strlen(end) < sizeof quoted);
    memcpy(quoted + used, end, strlen(end) + 1);
    const char *kept = arena_text(faults->arena, quoted);
    return kept != NULL ? kept : "it";
}
