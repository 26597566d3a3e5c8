/*
 * Binding: one pass over a table's rows for the members that are known, and, where the
 * object has more members than rows were found, one pass over the object for the unknown
 * ones. Where a value stands is a chain of places on the stack. complain.c words the faults.
 */
#include "json/bind.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "json/complain.h"
#include "json/unfit.h"
#include "json/unseen.h"

enum { UNSEEN_NAME_BYTES = 16 };

/* True where the text has a control character other than tab and line feed. In UTF-8
 * U+0080 to U+009F are the bytes c2 80 to c2 9f. */
static bool has_control(const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at != 0; at++) {
        if ((*at < 0x20 && *at != '\t' && *at != '\n') || *at == 0x7f || (*at == 0xc2 && at[1] < 0xa0)) {
            return true;
        }
    }
    return false;
}

/* Whether all that stands in its text is to be seen. */
static bool is_name(const struct binding *b, const struct bind_member *row)
{
    return b->mode != BIND_COMMITTED && row->kind != BIND_PERSONAL && row->kind != BIND_PROSE;
}

/* The text of a value within a row's bounds, or NULL and a fault. */
static const char *sound_text(struct binding *b, const struct place *place, const json_t *value,
                              const struct bind_member *row)
{
    if (!json_is_string(value)) {
        complain_type(b, place, value, row);
        return NULL;
    }
    const char *text = json_string_value(value);
    size_t length = json_string_length(value);
    unsigned unseen = 0;
    size_t at = 0;
    assert(row->max >= complain_bytes_min(row));
    if (length == 0) {
        complain_wanted(b, place, "too_short", "an empty text", row);
    } else if (length < (size_t)complain_bytes_min(row)) {
        complain(b, place, "too_short", "has %zu bytes; at least %" PRId64 " are wanted", length, row->min);
    } else if (length > (size_t)row->max) {
        complain(b, place, "too_long", "has %zu bytes; at most %" PRId64 " are accepted", length, row->max);
    } else if (has_control(text)) {
        complain(b, place, "bad_format", "has a control character; of these only tab and line feed are accepted");
    } else if (is_name(b, row) && unseen_find(text, &unseen, &at)) {
        char name[UNSEEN_NAME_BYTES];
        snprintf(name, sizeof name, "U+%04X", unseen);
        complain(b, place, "bad_format", "has as its character number %zu one that nobody sees, %s; leave it out", at, name);
        b->faults->unseen++;
    } else {
        return text;
    }
    return NULL;
}

/* A text of a fixed form: an id, a word, a date or an instant. */
static void bind_form(struct binding *b, const struct place *place, json_t *value, const struct bind_member *row,
                      void *slot)
{
    if (!json_is_string(value)) {
        complain_type(b, place, value, row);
        return;
    }
    const char *text = json_string_value(value);
    int64_t number = 0;
    bool is_sound = row->kind == BIND_ID   ? (b->mode == BIND_COMMITTED ? text_is_id(text) : text_is_path_id(text))
                  : row->kind == BIND_WORD ? text_is_word(text)
                  : row->kind == BIND_DATE ? text_to_date(text, &number) == STATUS_OK
                                           : text_to_instant(text, &number) == STATUS_OK;
    if (!is_sound) {
        complain_text(b, place, "bad_format", value, row);
    } else if (row->kind == BIND_INSTANT) {
        memcpy(slot, &number, sizeof number);
    } else {
        memcpy(slot, &text, sizeof text);
    }
}

static void bind_integer(struct binding *b, const struct place *place, json_t *value, const struct bind_member *row,
                         void *slot)
{
    if (!json_is_integer(value)) {
        complain_type(b, place, value, row);
        return;
    }
    int64_t number = json_integer_value(value);
    if (number < row->min || number > row->max) {
        char found[TEXT_DOUBLE_BYTES];
        snprintf(found, sizeof found, "%" PRId64, number);
        complain_wanted(b, place, "out_of_range", found, row);
        return;
    }
    memcpy(slot, &number, sizeof number);
}

static void bind_number(struct binding *b, const struct place *place, json_t *value, const struct bind_member *row,
                        void *slot)
{
    if (!json_is_number(value)) {
        complain_type(b, place, value, row);
        return;
    }
    double number = json_number_value(value);
    assert(isfinite(number)); /* the parser refuses what overflows */
    if (row->max > row->min && (number < (double)row->min || number > (double)row->max)) {
        char found[TEXT_DOUBLE_BYTES];
        text_from_double(found, number);
        complain_wanted(b, place, "out_of_range", found, row);
        return;
    }
    memcpy(slot, &number, sizeof number);
}

static void bind_choice(struct binding *b, const struct place *place, json_t *value, const struct bind_member *row,
                        void *slot)
{
    const char *text = json_is_string(value) ? json_string_value(value) : "";
    int chosen = 0;
    while (row->choices[chosen] != NULL && strcmp(text, row->choices[chosen]) != 0) {
        chosen++;
    }
    if (!json_is_string(value) || row->choices[chosen] == NULL) {
        complain_choice(b, place, value, row);
        return;
    }
    memcpy(slot, &chosen, sizeof chosen);
}

static void bind_object(struct binding *b, const struct place *place, json_t *object, const struct bind_table *table,
                        void *target);

struct name_object { const char *en; const char *zh; };
struct commitment_object { const char *commitment; };

static void bind_name(struct binding *b, const struct place *place, json_t *value, const struct bind_member *row,
                      void *slot)
{
    struct bind_name name = { NULL, NULL, NULL };
    if (json_is_object(value)) {
        const struct bind_member rows[] = {
            BIND_TEXT_ROW(struct name_object, en, true, row->max),
            BIND_TEXT_ROW(struct name_object, zh, true, row->max),
        };
        const struct bind_table table = { rows, 2, sizeof(struct name_object) };
        struct name_object both = { NULL, NULL };
        bind_object(b, place, value, &table, &both);
        name.en = both.en;
        name.zh = both.zh;
    } else {
        name.text = sound_text(b, place, value, row);
    }
    memcpy(slot, &name, sizeof name);
}

static void bind_personal(struct binding *b, const struct place *place, json_t *value, const struct bind_member *row,
                          void *slot)
{
    struct bind_personal personal = { NULL, NULL };
    if (b->mode == BIND_CLEAR) {
        personal.text = sound_text(b, place, value, row);
    } else if (json_is_string(value)) {
        complain_wanted(b, place, "personal_in_clear", "a text in clear", row);
    } else if (!json_is_object(value)) {
        complain_type(b, place, value, row);
    } else {
        const struct bind_member rows[] = {
            { "commitment", BIND_TEXT, true, offsetof(struct commitment_object, commitment), 64, 64, NULL, NULL },
        };
        const struct bind_table table = { rows, 1, sizeof(struct commitment_object) };
        struct commitment_object inner = { NULL };
        bind_object(b, place, value, &table, &inner);
        const char *hex = inner.commitment;
        if (hex != NULL && (strspn(hex, "0123456789abcdef") != 64)) {
            struct place inside = { place, "commitment", 0 };
            complain(b, &inside, "bad_format", "is not hexadecimal; 64 digits of 0-9 and a-f are wanted");
            hex = NULL;
        }
        personal.commitment = hex;
    }
    memcpy(slot, &personal, sizeof personal);
}

static void bind_objects(struct binding *b, const struct place *place, json_t *value, const struct bind_member *row,
                         void *slot)
{
    if (!json_is_array(value)) {
        complain_type(b, place, value, row);
        return;
    }
    size_t count = json_array_size(value);
    if (count < (size_t)row->min) {
        complain(b, place, "too_short", "has %zu items; at least %" PRId64 " are wanted", count, row->min);
        return;
    }
    if (count > (size_t)row->max) {
        complain(b, place, "too_long", "has %zu items; at most %" PRId64 " are accepted", count, row->max);
        return;
    }
    char *items = arena_array(b->arena, count, row->table->size);
    if (items == NULL) {
        b->is_exhausted = true;
        return;
    }
    for (size_t i = 0; i < count && !b->is_exhausted; i++) {
        struct place item = { place, NULL, i };
        bind_object(b, &item, json_array_get(value, i), row->table, items + i * row->table->size);
    }
    struct bind_array array = { items, count };
    memcpy(slot, &array, sizeof array);
}

static void set_absent(const struct bind_member *row, void *slot)
{
    switch (row->kind) {
    case BIND_TEXT:
    case BIND_PROSE:
    case BIND_ID:
    case BIND_WORD:
    case BIND_DATE:
        memcpy(slot, &(const char *){ NULL }, sizeof(const char *));
        return;
    case BIND_INTEGER:
    case BIND_INSTANT:
        memcpy(slot, &(int64_t){ BIND_ABSENT }, sizeof(int64_t));
        return;
    case BIND_NUMBER:
        memcpy(slot, &(double){ NAN }, sizeof(double));
        return;
    case BIND_BOOLEAN:
        return;
    case BIND_CHOICE:
        memcpy(slot, &(int){ -1 }, sizeof(int));
        return;
    case BIND_NAME:
        memcpy(slot, &(struct bind_name){ NULL, NULL, NULL }, sizeof(struct bind_name));
        return;
    case BIND_PERSONAL:
        memcpy(slot, &(struct bind_personal){ NULL, NULL }, sizeof(struct bind_personal));
        return;
    case BIND_OBJECTS:
        memcpy(slot, &(struct bind_array){ NULL, 0 }, sizeof(struct bind_array));
        return;
    case BIND_VALUE:
        memcpy(slot, &(json_t *){ NULL }, sizeof(json_t *));
        return;
    }
}

static void bind_member(struct binding *b, const struct place *place, json_t *value, const struct bind_member *row,
                        void *slot)
{
    const char *text = NULL;
    switch (row->kind) {
    case BIND_TEXT:
    case BIND_PROSE:
        text = sound_text(b, place, value, row);
        memcpy(slot, &text, sizeof text);
        return;
    case BIND_ID:
    case BIND_WORD:
    case BIND_DATE:
    case BIND_INSTANT:
        bind_form(b, place, value, row, slot);
        return;
    case BIND_INTEGER:
        bind_integer(b, place, value, row, slot);
        return;
    case BIND_NUMBER:
        bind_number(b, place, value, row, slot);
        return;
    case BIND_BOOLEAN:
        if (json_is_boolean(value)) {
            memcpy(slot, &(bool){ json_is_true(value) }, sizeof(bool));
        } else {
            complain_type(b, place, value, row);
        }
        return;
    case BIND_CHOICE:
        bind_choice(b, place, value, row, slot);
        return;
    case BIND_NAME:
        bind_name(b, place, value, row, slot);
        return;
    case BIND_PERSONAL:
        bind_personal(b, place, value, row, slot);
        return;
    case BIND_OBJECTS:
        bind_objects(b, place, value, row, slot);
        return;
    case BIND_VALUE:
        memcpy(slot, &value, sizeof value);
        return;
    }
}

static void complain_unknowns(struct binding *b, const struct place *place, json_t *object,
                              const struct bind_table *table)
{
    for (void *at = json_object_iter(object); at != NULL && !b->is_exhausted; at = json_object_iter_next(object, at)) {
        const char *name = json_object_iter_key(at);
        size_t i = 0;
        while (i < table->count && strcmp(table->members[i].name, name) != 0) {
            i++;
        }
        if (i == table->count) {
            complain_unknown(b, place, name, table);
        }
    }
}

static void bind_object(struct binding *b, const struct place *place, json_t *object, const struct bind_table *table,
                        void *target)
{
    if (json_is_unfit(object, b->faults)) {
        return;
    }
    if (!json_is_object(object)) {
        complain(b, place, "wrong_type", "is %s; an object is wanted", json_type_phrase(object));
        return;
    }
    size_t found = 0;
    for (size_t i = 0; i < table->count && !b->is_exhausted; i++) {
        const struct bind_member *row = &table->members[i];
        assert(row->offset < table->size);
        struct place member = { place, row->name, 0 };
        void *slot = (char *)target + row->offset;
        json_t *value = json_object_get(object, row->name);
        found += value != NULL;
        set_absent(row, slot);
        if (value != NULL && json_is_unfit(value, b->faults)) {
            continue;
        }
        if (value != NULL && !json_is_null(value)) {
            bind_member(b, &member, value, row, slot);
        } else if (row->is_required) {
            complain_wanted(b, &member, "missing_member", value == NULL ? "missing" : "null", row);
        }
    }
    if (json_object_size(object) > found) {
        complain_unknowns(b, place, object, table);
    }
}

enum status json_bind(json_t *object, const struct bind_table *table, enum bind_mode mode, const char *pointer,
                      void *target, struct arena *arena, struct faults *faults)
{
    assert(object != NULL && pointer != NULL);
    struct binding binding = { arena, faults, mode, false };
    struct place root = { NULL, pointer, 0 };
    size_t before = faults->total;
    bind_object(&binding, &root, object, table, target);
    if (binding.is_exhausted) {
        return STATUS_EXHAUSTED;
    }
    return faults->total > before ? STATUS_INVALID : STATUS_OK;
}
