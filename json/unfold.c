/*
 * The walk down to the rows is a recursion over the levels; what a level is at has its members listed once, since most cells
 * of a row are members of the same object.
 */
#include "json/unfold.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "json/walk.h"
#include "json/write.h"

enum { MEMBERS_MAX = 64 };

struct member {
    struct json_piece key, value;
};

/* What a level is at. */
struct level {
    struct json_piece value, key;
    size_t position;
    struct member members[MEMBERS_MAX]; /* the first of them; filled when a cell asks */
    size_t count;
    bool is_listed;
};

struct cell {
    char name[UNFOLD_NAME_BYTES];
    const char *source;
    size_t length;
};

struct unfolding {
    struct json_writer w;
    struct level levels[UNFOLD_LEVELS_MAX];
    struct cell cells[UNFOLD_CELLS_MAX];
    size_t cell_count;
    struct buffer joined;
};

static bool is_name(const struct json_piece *key, const char *name, size_t length)
{
    return key->length == length && memcmp(key->at, name, length) == 0;
}

static bool is_null(const struct json_piece *value)
{
    return value->at == NULL || value->at[0] == 'n';
}

/* The next item of an array or member of an object that begins with open; *count of them were before. *is_over at the end. */
static bool next(struct json_walk *walk, char close, size_t count, struct json_piece *key, struct json_piece *value, bool *is_over)
{
    *is_over = json_walk_take(walk, close);
    if (*is_over) {
        return true;
    }
    return (count == 0 || json_walk_take(walk, ',')) && (close == ']' || json_walk_take_key(walk, key)) && json_walk_take_value(walk, value);
}

static void list_members(struct level *level)
{
    struct json_walk walk = {level->value.at, level->value.at + level->value.length};
    bool is_over = !json_walk_take(&walk, '{');
    level->is_listed = true;
    level->count = 0;
    while (!is_over && level->count < MEMBERS_MAX) {
        struct member *member = &level->members[level->count];
        if (!next(&walk, '}', level->count, &member->key, &member->value, &is_over)) {
            return;
        }
        level->count += !is_over;
    }
}

/* The member of an object; nothing where it is none or has none of that name. */
static struct json_piece find_in(struct json_piece object, const char *name, size_t length)
{
    struct json_walk walk = {object.at, object.at + object.length};
    struct json_piece key, value;
    bool is_over = object.at == NULL || !json_walk_take(&walk, '{');
    for (size_t i = 0; !is_over && next(&walk, '}', i, &key, &value, &is_over); i++) {
        if (!is_over && is_name(&key, name, length)) {
            return value;
        }
    }
    return (struct json_piece){NULL, 0};
}

static struct json_piece find_at_level(struct level *level, const char *name, size_t length)
{
    if (!level->is_listed) {
        list_members(level);
    }
    for (size_t i = 0; i < level->count; i++) {
        if (is_name(&level->members[i].key, name, length)) {
            return level->members[i].value;
        }
    }
    return level->count < MEMBERS_MAX ? (struct json_piece){NULL, 0} : find_in(level->value, name, length);
}

/* The item of an array at a position from 1. */
static struct json_piece item_at(struct json_piece array, size_t position)
{
    struct json_walk walk = {array.at, array.at + array.length};
    struct json_piece key, value;
    bool is_over = array.at == NULL || !json_walk_take(&walk, '[');
    for (size_t i = 0; !is_over && next(&walk, ']', i, &key, &value, &is_over); i++) {
        if (!is_over && i + 1 == position) {
            return value;
        }
    }
    return (struct json_piece){NULL, 0};
}

static struct level *level_of(struct unfolding *u, char digit)
{
    size_t index = (size_t)(digit - '0');
    assert(index < UNFOLD_LEVELS_MAX);
    return &u->levels[index];
}

/* Where a source that begins with a level leads; *at then is behind the steps, at a ; or the end. */
static struct json_piece follow(struct unfolding *u, const char **at, const char *end)
{
    struct level *level = level_of(u, **at);
    struct json_piece found = level->value;
    bool is_first = true;
    for (*at += 1; *at < end && **at != ';';) {
        char mark = *(*at)++;
        if (mark == '.') {
            size_t length = 0;
            while (*at + length < end && strchr(".[{;", (*at)[length]) == NULL) {
                length++;
            }
            found = is_first ? find_at_level(level, *at, length) : find_in(found, *at, length);
            *at += length;
        } else {
            const struct level *other = level_of(u, **at);
            assert(mark == '[' || mark == '{');
            found = mark == '[' ? item_at(found, other->position) : find_in(found, other->key.at, other->key.length);
            *at += 2;
        }
        is_first = false;
    }
    return found;
}

/* Texts of an array, or the member called name of its objects, as one text in quotes into u->joined: empty where there are none. */
static bool join(struct unfolding *u, struct json_piece array, const char *name, size_t length)
{
    struct json_walk walk = {array.at, array.at + array.length};
    struct json_piece key, value;
    bool is_over = !json_walk_take(&walk, '[');
    buffer_reset(&u->joined);
    for (size_t i = 0; !is_over; i++) {
        if (!next(&walk, ']', i, &key, &value, &is_over)) {
            return false;
        }
        if (is_over) {
            break;
        }
        struct json_piece text = length > 0 ? find_in(value, name, length) : value;
        if (text.at == NULL || text.at[0] != '"') {
            return false;
        }
        buffer_byte(&u->joined, i == 0 ? '"' : ';');
        buffer_append(&u->joined, text.at + 1, text.length - 2);
    }
    if (u->joined.length > 0) {
        buffer_byte(&u->joined, '"');
    }
    return true;
}

static bool write_cell(struct unfolding *u, const struct cell *cell)
{
    const char *at = cell->source;
    const char *end = at + cell->length;
    if (*at == '\'') {
        json_key(&u->w, cell->name);
        json_text_length(&u->w, at + 1, cell->length - 2);
        return true;
    }
    if (cell->length == 2 && at[1] == '#') {
        json_member_integer(&u->w, cell->name, (int64_t)level_of(u, *at)->position);
        return true;
    }
    if (cell->length == 2 && at[1] == '@') {
        const struct json_piece *key = &level_of(u, *at)->key;
        json_key(&u->w, cell->name);
        json_text_length(&u->w, key->at, key->length);
        return true;
    }
    struct json_piece found = follow(u, &at, end);
    if (is_null(&found)) {
        return true;
    }
    if (at < end) {
        if (!join(u, found, at + 1, (size_t)(end - at - 1))) {
            return false;
        }
        found = (struct json_piece){u->joined.bytes, u->joined.length};
    }
    if (found.length > 0 && !u->joined.failed) {
        json_key(&u->w, cell->name);
        json_raw(&u->w, found.at, found.length);
    }
    return true;
}

static bool write_row(struct unfolding *u)
{
    json_object_begin(&u->w);
    for (size_t i = 0; i < u->cell_count; i++) {
        if (!write_cell(u, &u->cells[i])) {
            return false;
        }
    }
    json_object_end(&u->w);
    return true;
}

static bool descend(struct unfolding *u, const char *steps, struct json_piece from, size_t depth);

/* All that from holds, of which each is a level. */
static bool repeat(struct unfolding *u, const char *steps, struct json_piece from, size_t depth, char open)
{
    struct json_walk walk = {from.at, from.at + from.length};
    struct level *level = &u->levels[depth];
    bool is_over = false;
    assert(depth < UNFOLD_LEVELS_MAX);
    if (!json_walk_take(&walk, open)) {
        return false;
    }
    for (size_t i = 0;; i++) {
        level->key = (struct json_piece){"", 0};
        if (!next(&walk, open == '[' ? ']' : '}', i, &level->key, &level->value, &is_over)) {
            return false;
        }
        if (is_over) {
            return true;
        }
        level->position = i + 1;
        level->is_listed = false;
        if (!descend(u, steps, level->value, depth + 1)) {
            return false;
        }
    }
}

/* From a value along the steps that are left. */
static bool descend(struct unfolding *u, const char *steps, struct json_piece from, size_t depth)
{
    if (*steps == 0) {
        return write_row(u);
    }
    if (is_null(&from)) {
        return true;
    }
    if (strncmp(steps, "[]", 2) == 0) {
        return repeat(u, steps + 2, from, depth, '[');
    }
    steps += *steps == '.';
    if (*steps == '*') {
        return repeat(u, steps + 1, from, depth, '{');
    }
    if (*steps == '?') {
        assert(depth < UNFOLD_LEVELS_MAX);
        u->levels[depth].value = from;
        u->levels[depth].key = (struct json_piece){"", 0};
        u->levels[depth].position = 1;
        u->levels[depth].is_listed = false;
        return descend(u, steps + 1, from, depth + 1);
    }
    size_t length = strcspn(steps, ".[?");
    return descend(u, steps + length, find_in(from, steps, length), depth);
}

/* "a=1.b,1.c" taken apart. */
static void read_cells(struct unfolding *u, const char *cells)
{
    u->cell_count = 0;
    while (*cells != 0) {
        assert(u->cell_count < UNFOLD_CELLS_MAX);
        struct cell *cell = &u->cells[u->cell_count++];
        size_t length = strcspn(cells, ",");
        size_t name = strcspn(cells, "=,");
        const char *from = cells;
        cell->source = name < length ? cells + name + 1 : cells;
        cell->length = (size_t)(cells + length - cell->source);
        if (name == length) { /* the last step's */
            for (const char *dot = NULL; (dot = memchr(from, '.', (size_t)(cells + length - from))) != NULL;) {
                from = dot + 1;
            }
            name = strcspn(from, ";,");
        }
        assert(name > 0 && name < sizeof cell->name && cell->length > 0);
        memcpy(cell->name, from, name);
        cell->name[name] = 0;
        cells += length + (cells[length] == ',');
    }
}

enum status unfold_write(const struct unfold_table *table, const char *json, size_t length, struct buffer *out)
{
    if (table->unfold != NULL) {
        return table->unfold(json, length, out);
    }
    struct unfolding u = {.cell_count = 0};
    bool is_sound = true;
    u.levels[0].value = (struct json_piece){json, length};
    buffer_init(&u.joined);
    json_writer_init(&u.w, out);
    json_object_begin(&u.w);
    json_key(&u.w, "items");
    json_array_begin(&u.w);
    for (size_t i = 0; i < sizeof table->parts / sizeof table->parts[0] && table->parts[i].rows != NULL && is_sound; i++) {
        read_cells(&u, table->parts[i].cells);
        is_sound = descend(&u, table->parts[i].rows, u.levels[0].value, 1);
    }
    if (is_sound) {
        json_array_end(&u.w);
        json_object_end(&u.w);
        json_writer_finish(&u.w);
    }
    out->failed = out->failed || u.joined.failed;
    buffer_fini(&u.joined);
    return is_sound ? STATUS_OK : STATUS_INVALID;
}
