/*
 * Walks the text itself (json/walk.h). What the walk cannot follow is STATUS_INVALID.
 */
#include "json/table.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "json/csv.h"
#include "json/walk.h"

struct walk {
    struct json_walk json;
    struct json_piece columns[TABLE_COLUMNS_MAX];
    struct json_piece cells[TABLE_COLUMNS_MAX];
    size_t count;
    size_t next; /* the column that comes next if the members stand in the order of the columns */
    char path[TABLE_PATH_BYTES];
    struct buffer text; /* a cell without its escapes */
    struct buffer *out;
};

static bool column_is(const struct walk *walk, size_t index, const char *name, size_t length)
{
    const struct json_piece *column = &walk->columns[index];
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
        const struct json_piece *column = &walk->columns[i];
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
    if (!json_walk_take(&walk->json, '{')) {
        return false;
    }
    while (!json_walk_take(&walk->json, '}')) {
        struct json_piece key, value;
        if ((!is_first && !json_walk_take(&walk->json, ',')) || !json_walk_take_key(&walk->json, &key) ||
            length + key.length + 2 > sizeof walk->path) {
            return false;
        }
        is_first = false;
        memcpy(walk->path + length, key.at, key.length);
        size_t used = length + key.length;
        size_t column = find_column(walk, used);
        if (walk->json.at < walk->json.end && *walk->json.at == '{' && has_members(walk, used)) {
            walk->path[used] = '.';
            if (!take_members(walk, used + 1)) {
                return false;
            }
            continue;
        }
        if (!json_walk_take_value(&walk->json, &value)) {
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
    return text[0] != 0 && strchr("=+-@\t\r\n'", text[0]) != NULL;
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

static bool write_cell(struct walk *walk, const struct json_piece *cell, bool is_first)
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
    if (!json_walk_take(&walk->json, '[')) {
        return false;
    }
    while (!json_walk_take(&walk->json, ']')) {
        if ((!is_first && !json_walk_take(&walk->json, ',')) || !write_row(walk)) {
            return false;
        }
        is_first = false;
    }
    return true;
}

/* The first object that a row has under that name; false: none has. */
static bool find_object(struct json_walk rows, const char *name, struct json_walk *object)
{
    bool is_first = true;
    if (!json_walk_take(&rows, '[')) {
        return false;
    }
    while (!json_walk_take(&rows, ']')) {
        struct json_piece row;
        if ((!is_first && !json_walk_take(&rows, ',')) || !json_walk_take_value(&rows, &row)) {
            return false;
        }
        is_first = false;
        *object = (struct json_walk){row.at, row.at + row.length};
        if (json_walk_to(object, name) && object->at < object->end && *object->at == '{') {
            return true;
        }
    }
    return false;
}

/* "name.first,name.second" for the object's members, or "name". */
static bool expand_one(struct json_walk rows, const char *name, struct buffer *out)
{
    struct json_walk object;
    bool is_first = true;
    if (!find_object(rows, name, &object)) {
        buffer_text(out, name);
        return true;
    }
    (void)json_walk_take(&object, '{');
    while (!json_walk_take(&object, '}')) {
        struct json_piece key, value;
        if ((!is_first && !json_walk_take(&object, ',')) || !json_walk_take_key(&object, &key) || !json_walk_take_value(&object, &value)) {
            return false;
        }
        buffer_format(out, "%s%s.", is_first ? "" : ",", name);
        buffer_append(out, key.at, key.length);
        is_first = false;
    }
    return true;
}

/* The columns with those that end in .* spelt out, NUL-terminated. */
static bool expand(struct json_walk rows, const char *columns, struct buffer *out)
{
    while (*columns != 0) {
        size_t length = strcspn(columns, ",");
        bool is_many = length > 2 && memcmp(columns + length - 2, ".*", 2) == 0;
        char name[TABLE_PATH_BYTES];
        if (!is_many) {
            buffer_append(out, columns, length);
        } else {
            assert(length < sizeof name);
            memcpy(name, columns, length - 2);
            name[length - 2] = 0;
            if (!expand_one(rows, name, out)) {
                return false;
            }
        }
        columns += length + (columns[length] == ',');
        if (*columns != 0) {
            buffer_byte(out, ',');
        }
    }
    buffer_byte(out, 0);
    return true;
}

/* How many columns, and whether each has room. */
static bool fits(const char *columns)
{
    size_t count = 0;
    while (*columns != 0) {
        size_t length = strcspn(columns, ",");
        if (++count > TABLE_COLUMNS_MAX || length >= TABLE_PATH_BYTES) {
            return false;
        }
        columns += length + (columns[length] == ',');
    }
    return true;
}

static void take_columns(struct walk *walk, const char *columns, bool has_header)
{
    while (*columns != 0) {
        size_t length = strcspn(columns, ",");
        assert(walk->count < TABLE_COLUMNS_MAX && length > 0 && length < TABLE_PATH_BYTES);
        walk->columns[walk->count++] = (struct json_piece){columns, length};
        columns += length + (columns[length] == ',');
    }
    assert(walk->count > 0);
    if (has_header) {
        buffer_append(walk->out, walk->columns[0].at, strlen(walk->columns[0].at)); /* names need no quotes */
        csv_write_end(walk->out);
    }
}

enum status table_write(const char *json, size_t length, const char *rows, const char *columns, bool has_header,
                        struct buffer *out)
{
    struct walk walk = {.json = {json, json + length}, .out = out};
    struct buffer all;
    buffer_init(&walk.text);
    buffer_init(&all);
    bool is_sound = json_walk_to(&walk.json, rows) && expand(walk.json, columns, &all);
    if (is_sound && all.failed) {
        out->failed = true;
    } else if (is_sound && fits(all.bytes)) {
        take_columns(&walk, all.bytes, has_header);
        is_sound = write_rows(&walk);
    } else {
        is_sound = false;
    }
    buffer_fini(&all);
    buffer_fini(&walk.text);
    return is_sound ? STATUS_OK : STATUS_INVALID;
}
