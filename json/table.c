/*
 * Walks the text itself: it is our own, and a page of a thousand rows need not become a tree
 * first. What the walk cannot follow is STATUS_INVALID, never a read beyond the end.
 */
#include "json/table.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "json/csv.h"

struct piece {
    const char *at; /* NULL: nothing */
    size_t length;
};

struct walk {
    const char *at, *end;
    struct piece columns[TABLE_COLUMNS_MAX];
    struct piece cells[TABLE_COLUMNS_MAX];
    size_t count;
    size_t next; /* the column that comes next if the members stand in the order of the columns */
    char path[TABLE_PATH_BYTES];
    struct buffer text; /* a cell without its escapes */
    struct buffer *out;
};

static bool take(struct walk *walk, char c)
{
    bool is_there = walk->at < walk->end && *walk->at == c;
    walk->at += is_there;
    return is_there;
}

static bool skip_text(struct walk *walk)
{
    if (!take(walk, '"')) {
        return false;
    }
    while (walk->at < walk->end && *walk->at != '"') {
        walk->at += *walk->at == '\\' && walk->at + 1 < walk->end ? 2 : 1;
    }
    return take(walk, '"');
}

static bool skip_nested(struct walk *walk)
{
    size_t depth = 0;
    do {
        char c = *walk->at;
        if (c == '"') {
            if (!skip_text(walk)) {
                return false;
            }
            continue;
        }
        depth += c == '{' || c == '[';
        depth -= c == '}' || c == ']';
        walk->at++;
    } while (depth > 0 && walk->at < walk->end);
    return depth == 0;
}

/* Moves behind a value, which piece then is. */
static bool take_value(struct walk *walk, struct piece *value)
{
    const char *from = walk->at;
    bool is_sound = walk->at < walk->end;
    if (is_sound && *from == '"') {
        is_sound = skip_text(walk);
    } else if (is_sound && (*from == '{' || *from == '[')) {
        is_sound = skip_nested(walk);
    } else {
        while (walk->at < walk->end && strchr(",]}", *walk->at) == NULL) {
            walk->at++;
        }
    }
    *value = (struct piece){from, (size_t)(walk->at - from)};
    return is_sound && value->length > 0;
}

/* A key and its colon; names of ours have no escapes. */
static bool take_key(struct walk *walk, struct piece *key)
{
    struct piece quoted = {walk->at, 0};
    if (!skip_text(walk)) {
        return false;
    }
    quoted.length = (size_t)(walk->at - quoted.at);
    *key = (struct piece){quoted.at + 1, quoted.length - 2};
    return take(walk, ':');
}

static bool column_is(const struct walk *walk, size_t index, const char *name, size_t length)
{
    const struct piece *column = &walk->columns[index];
    return column->length == length && memcmp(column->at, name, length) == 0;
}

/* The column of that name, walk->count where there is none. */
static size_t find_column(struct walk *walk, size_t length)
{
    for (size_t i = 0; i < walk->count; i++) {
        size_t index = (walk->next + i) % walk->count;
        if (column_is(walk, index, walk->path, length)) {
            walk->next = index + 1;
            return index;
        }
    }
    return walk->count;
}

/* Whether columns stand for the members of what path names, so that null has its place. */
static bool has_members(const struct walk *walk, size_t length)
{
    for (size_t i = 0; i < walk->count; i++) {
        const struct piece *column = &walk->columns[i];
        if (column->length > length && column->at[length] == '.' && memcmp(column->at, walk->path, length) == 0) {
            return true;
        }
    }
    return false;
}

/* The members of an object, whose own path has length bytes. */
static bool take_members(struct walk *walk, size_t length)
{
    bool is_first = true;
    if (!take(walk, '{')) {
        return false;
    }
    while (!take(walk, '}')) {
        struct piece key, value;
        if ((!is_first && !take(walk, ',')) || !take_key(walk, &key) || length + key.length + 2 > sizeof walk->path) {
            return false;
        }
        is_first = false;
        memcpy(walk->path + length, key.at, key.length);
        size_t used = length + key.length;
        size_t column = find_column(walk, used);
        if (walk->at < walk->end && *walk->at == '{' && has_members(walk, used)) {
            walk->path[used] = '.';
            if (!take_members(walk, used + 1)) {
                return false;
            }
            continue;
        }
        if (!take_value(walk, &value)) {
            return false;
        }
        if (column < walk->count) {
            walk->cells[column] = value;
        } else if (value.at[0] != 'n' || !has_members(walk, used)) {
            return false;
        }
    }
    return true;
}

static bool is_formula(const char *text)
{
    static const char *const wide[] = {"\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d", "\xef\xbc\xa0"};
    for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++) {
        if (strncmp(text, wide[i], 3) == 0) {
            return true;
        }
    }
    return text[0] != 0 && strchr("=+-@\t\r'", text[0]) != NULL;
}

/* The byte that the four digits behind \u name: our writer escapes control characters only. */
static bool read_escape(const char *digits, char *byte)
{
    unsigned value = 0;
    for (int i = 0; i < 4; i++) {
        char c = digits[i];
        unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0') : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 16;
        if (digit == 16) {
            return false;
        }
        value = value << 4 | digit;
    }
    *byte = (char)value;
    return value > 0 && value < 0x80;
}

/* What stands between the quotes, into walk->text. */
static bool resolve(struct walk *walk, const char *at, size_t length)
{
    static const char names[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    const char *end = at + length;
    buffer_reset(&walk->text);
    while (at < end) {
        const char *escape = memchr(at, '\\', (size_t)(end - at));
        buffer_append(&walk->text, at, (size_t)((escape != NULL ? escape : end) - at));
        if (escape == NULL) {
            break;
        }
        at = escape + 2;
        const char *name = at <= end && escape[1] != 0 ? strchr(names, escape[1]) : NULL;
        char byte = name != NULL ? meant[name - names] : 0;
        if (name == NULL) {
            if (end - at < 4 || escape[1] != 'u' || !read_escape(at, &byte)) {
                return false;
            }
            at += 4;
        }
        buffer_byte(&walk->text, byte);
    }
    return true;
}

static bool write_cell(struct walk *walk, const struct piece *cell, bool is_first)
{
    if (cell->at == NULL || cell->at[0] == 'n') {
        csv_write_field(walk->out, is_first, "");
        return true;
    }
    if (cell->at[0] != '"') {
        buffer_reset(&walk->text);
        buffer_append(&walk->text, cell->at, cell->length);
    } else if (cell->length == 2) {
        buffer_text(walk->out, is_first ? "\"\"" : ",\"\"");
        return true;
    } else if (!resolve(walk, cell->at + 1, cell->length - 2)) {
        return false;
    }
    if (walk->text.failed) {
        walk->out->failed = true;
        return true;
    }
    if (cell->at[0] == '"' && is_formula(walk->text.bytes)) {
        buffer_byte(&walk->text, 0);
        memmove(walk->text.bytes + 1, walk->text.bytes, walk->text.length - 1);
        walk->text.bytes[0] = '\'';
    }
    csv_write_field(walk->out, is_first, walk->text.bytes);
    return true;
}

static bool write_row(struct walk *walk)
{
    memset(walk->cells, 0, sizeof walk->cells);
    walk->next = 0;
    if (!take_members(walk, 0)) {
        return false;
    }
    for (size_t i = 0; i < walk->count; i++) {
        if (!write_cell(walk, &walk->cells[i], i == 0)) {
            return false;
        }
    }
    csv_write_end(walk->out);
    return true;
}

static bool write_rows(struct walk *walk)
{
    bool is_first = true;
    if (!take(walk, '[')) {
        return false;
    }
    while (!take(walk, ']')) {
        if ((!is_first && !take(walk, ',')) || !write_row(walk)) {
            return false;
        }
        is_first = false;
    }
    return true;
}

/* Moves to the value of the document's member of that name. */
static bool find_rows(struct walk *walk, const char *name)
{
    struct piece key, value;
    size_t length = strlen(name);
    if (!take(walk, '{')) {
        return false;
    }
    while (take_key(walk, &key)) {
        if (key.length == length && memcmp(key.at, name, length) == 0) {
            return true;
        }
        if (!take_value(walk, &value) || !take(walk, ',')) {
            return false;
        }
    }
    return false;
}

static void write_header(struct walk *walk, const char *columns)
{
    while (*columns != 0) {
        size_t length = strcspn(columns, ",");
        assert(walk->count < TABLE_COLUMNS_MAX && length > 0 && length < TABLE_PATH_BYTES);
        walk->columns[walk->count++] = (struct piece){columns, length};
        columns += length + (columns[length] == ',');
    }
    assert(walk->count > 0);
    buffer_append(walk->out, walk->columns[0].at, strlen(walk->columns[0].at)); /* names need no quotes */
    csv_write_end(walk->out);
}

enum status table_write(const char *json, size_t length, const char *rows, const char *columns, struct buffer *out)
{
    struct walk walk = {.at = json, .end = json + length, .out = out};
    buffer_init(&walk.text);
    write_header(&walk, columns);
    bool is_sound = find_rows(&walk, rows) && write_rows(&walk);
    buffer_fini(&walk.text);
    return is_sound ? STATUS_OK : STATUS_INVALID;
}
