/*
 * The sentences of bind.c's faults. A JSON Pointer is made of its place only when a fault
 * is added, so that sound documents cost no pointer and faulty ones at most LIMIT_FAULTS.
 * A sentence names what was found before what is wanted; a list of choices that is longer
 * than WHAT_BYTES is cut.
 */
#include "json/complain.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/text.h"
#include "json/synonym.h"

enum { POINTER_NAME_BYTES = 256, WANTED_BYTES = 160, WHAT_BYTES = 2048, NEAREST_NAMES = 64 };

/* The name escaped for a pointer, in the arena. */
static const char *escape_name(struct arena *arena, const char *name)
{
    char *escaped = arena_alloc(arena, 2 * strlen(name) + 1);
    char *to = escaped;
    for (const char *from = name; to != NULL && *from != 0; from++) {
        if (*from == '~' || *from == '/') {
            *to++ = '~';
            *to++ = *from == '~' ? '0' : '1';
        } else {
            *to++ = *from;
        }
    }
    return escaped;
}

/* The JSON Pointer of a place; NULL where memory is exhausted. */
static const char *pointer_of(struct arena *arena, const struct place *place)
{
    if (place->parent == NULL) {
        return place->name;
    }
    const char *before = pointer_of(arena, place->parent);
    if (before == NULL) {
        return NULL;
    }
    if (place->name == NULL) {
        return arena_format(arena, "%s/%zu", before, place->index);
    }
    const char *escaped = escape_name(arena, place->name);
    return escaped == NULL ? NULL : arena_format(arena, "%s/%s", before, escaped);
}

/* What a place is called in a sentence. Only names of tables are used here. */
static const char *call(struct binding *b, const struct place *place)
{
    if (place->parent == NULL) {
        return place->name[0] == 0 ? "the body" : "the value";
    }
    if (place->name != NULL) {
        return place->name;
    }
    const char *text = arena_format(b->arena, "an item of %s", call(b, place->parent));
    return text != NULL ? text : "an item";
}

/* True where a sentence is to be made, false where the fault is counted only. */
static bool is_worded(struct binding *b, const char *code)
{
    if (faults_is_full(b->faults)) {
        faults_add(b->faults, NULL, code, "%s", "");
        return false;
    }
    return true;
}

void complain(struct binding *b, const struct place *place, const char *code, const char *format, ...)
{
    if (!is_worded(b, code)) {
        return;
    }
    char what[WHAT_BYTES];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    assert(length >= 0);
    const char *pointer = pointer_of(b->faults->arena, place);
    if (pointer == NULL) {
        b->is_exhausted = true;
        return;
    }
    faults_add(b->faults, pointer, code, "%s %s", call(b, place), what);
}

int64_t complain_bytes_min(const struct bind_member *row)
{
    return row->min < 1 ? 1 : row->min;
}

static const char *text_wanted_by(const struct bind_member *row, char out[WANTED_BYTES])
{
    int64_t min = complain_bytes_min(row);
    if (min == row->max) {
        snprintf(out, WANTED_BYTES, "a text of %" PRId64 " bytes", min);
    } else {
        snprintf(out, WANTED_BYTES, "a text of %" PRId64 " to %" PRId64 " bytes", min, row->max);
    }
    return out;
}

/* What a row accepts, for a sentence that ends in "is wanted". */
static const char *wanted_by(const struct bind_member *row, enum bind_mode mode, char out[WANTED_BYTES])
{
    char low[TEXT_DOUBLE_BYTES], high[TEXT_DOUBLE_BYTES];
    out[0] = 0;
    switch (row->kind) {
    case BIND_TEXT:
    case BIND_PROSE:
        return text_wanted_by(row, out);
    case BIND_ID:
        if (row->choices != NULL) {
            return row->choices[0];
        }
        return "an id (1 to 64 of letters, digits, dot, hyphen and underscore, not . or .. alone)";
    case BIND_WORD:
        return "a word (a small letter, then up to 63 small letters, digits, hyphens and underscores)";
    case BIND_INTEGER:
        snprintf(out, WANTED_BYTES, "an integer from %" PRId64 " to %" PRId64, row->min, row->max);
        return out;
    case BIND_NUMBER:
        if (row->max <= row->min) {
            return "a number";
        }
        text_from_double(low, (double)row->min);
        text_from_double(high, (double)row->max);
        snprintf(out, WANTED_BYTES, "a number from %s to %s", low, high);
        return out;
    case BIND_BOOLEAN:
        return "true or false";
    case BIND_DATE:
        return "a date such as 2020-02-03";
    case BIND_INSTANT:
        return "an instant such as 2020-02-03T06:10:00Z, from 1970 to 9999, with Z or an offset,";
    case BIND_CHOICE:
        return "one of the named texts";
    case BIND_NAME:
        snprintf(out, WANTED_BYTES, "a text, or an object {\"en\": text, \"zh\": text}, of %" PRId64 " to %" PRId64 " bytes each,",
                 complain_bytes_min(row), row->max);
        return out;
    case BIND_PERSONAL:
        if (mode != BIND_CLEAR) {
            return "an object {\"commitment\": 64 small hexadecimal digits}";
        }
        return text_wanted_by(row, out);
    case BIND_OBJECTS: /* an empty array in the place of one that is needed is refused behind the binding, by its own name */
        snprintf(out, WANTED_BYTES, "an array of %" PRId64 " to %" PRId64 " objects", row->is_required && row->min < 1 ? 1 : row->min,
                 row->max);
        return out;
    case BIND_VALUE:
        return "any value";
    }
    return out;
}

void complain_wanted(struct binding *b, const struct place *place, const char *code, const char *found,
                     const struct bind_member *row)
{
    char wanted[WANTED_BYTES];
    complain(b, place, code, "is %s; %s is wanted", found, wanted_by(row, b->mode, wanted));
}

void complain_type(struct binding *b, const struct place *place, const json_t *value, const struct bind_member *row)
{
    complain_wanted(b, place, "wrong_type", json_type_phrase(value), row);
}

void complain_text(struct binding *b, const struct place *place, const char *code, const json_t *value,
                   const struct bind_member *row)
{
    if (is_worded(b, code)) {
        const char *found = faults_quote(b->faults, json_string_value(value), json_string_length(value));
        complain_wanted(b, place, code, found, row);
    }
}

/* "good, damaged or rejected"; the caller finishes the buffer. */
static void list_names(struct buffer *list, const char *const *names, size_t count, const char *last)
{
    for (size_t i = 0; i < count; i++) {
        buffer_format(list, "%s%s", i == 0 ? "" : i + 1 < count ? ", " : last, names[i]);
    }
}

void complain_choice(struct binding *b, const struct place *place, const json_t *value, const struct bind_member *row)
{
    bool is_text = json_is_string(value);
    const char *code = is_text ? "not_a_choice" : "wrong_type";
    size_t count = 0;
    while (row->choices[count] != NULL) {
        count++;
    }
    if (!is_worded(b, code)) {
        return;
    }
    const char *found = json_type_phrase(value);
    const char *nearest = NULL;
    if (is_text) {
        found = faults_quote(b->faults, json_string_value(value), json_string_length(value));
        nearest = text_nearest(json_string_value(value), row->choices, count);
    }
    struct buffer list;
    buffer_init(&list);
    list_names(&list, row->choices, count, " or ");
    if (list.failed || list.length == 0) {
        b->is_exhausted = true;
    } else if (nearest != NULL) {
        complain(b, place, code, "is %s; %s is wanted; did you mean %s?", found, list.bytes, nearest);
    } else {
        complain(b, place, code, "is %s; %s is wanted", found, list.bytes);
    }
    faults_suggest(b->faults, b->is_exhausted ? NULL : nearest);
    buffer_fini(&list);
}

void complain_unknown(struct binding *b, const struct place *place, const char *name, const struct bind_table *table)
{
    const char *names[NEAREST_NAMES];
    size_t count = table->count < NEAREST_NAMES ? table->count : NEAREST_NAMES;
    if (!is_worded(b, "unknown_member")) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        names[i] = table->members[i].name;
    }
    struct place member = { place, name, 0 };
    bool is_long = strlen(name) > POINTER_NAME_BYTES;
    const char *pointer = pointer_of(b->faults->arena, is_long ? place : &member);
    const char *quoted = faults_quote(b->faults, name, strlen(name));
    const char *nearest = synonym_nearest(name, names, count);
    struct buffer list;
    buffer_init(&list);
    buffer_text(&list, count == 0 ? "nothing" : "");
    list_names(&list, names, count, " and ");
    if (pointer == NULL || list.failed) {
        b->is_exhausted = true;
    } else if (nearest != NULL) {
        faults_add(b->faults, pointer, "unknown_member", "%s is not known here; did you mean %s?", quoted, nearest);
        faults_suggest(b->faults, nearest);
    } else {
        faults_add(b->faults, pointer, "unknown_member", "%s is not known here; %s %s", quoted, list.bytes,
                   count > 1 ? "are" : "is");
    }
    buffer_fini(&list);
}
