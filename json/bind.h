#ifndef JSON_BIND_H
#define JSON_BIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/arena.h"
#include "base/status.h"
#include "json/faults.h"
#include "json/parse.h"

/*
 * From a parsed JSON document to C structs, by tables: one row per member. Binding
 * reports all violations, not only the first. Time is linear in the document.
 */

enum bind_kind {
    BIND_TEXT,     /* const char *: min..max bytes, no control characters (U+0000..1F, 7F..9F) but
                      tab and line feed, and none that nobody sees (unseen.h), but with BIND_COMMITTED; min 0 means 1: an
                      empty text is refused */
    BIND_PROSE,    /* const char *: as BIND_TEXT, but characters that nobody sees may stand in it: what it has is others' and nobody's name */
    BIND_ID,       /* const char *: text_is_path_id; with BIND_COMMITTED text_is_id, as older ledgers took it */
    BIND_WORD,     /* const char *: [a-z][a-z0-9_-]{0,63} */
    BIND_INTEGER,  /* int64_t: min..max; 1.0 and 1e3 are refused; absent: BIND_ABSENT */
    BIND_NUMBER,   /* double: finite; min..max apply where max > min; absent: NAN */
    BIND_BOOLEAN,  /* bool; absent: left as it was */
    BIND_DATE,     /* const char *: a real date YYYY-MM-DD */
    BIND_INSTANT,  /* int64_t: milliseconds since 1970; absent: BIND_ABSENT */
    BIND_CHOICE,   /* int: index into choices; absent: -1 */
    BIND_NAME,     /* struct bind_name: a text or {"en": text, "zh": text} (both), as BIND_TEXT, min..max bytes each */
    BIND_PERSONAL, /* struct bind_personal: see below; max bytes; characters that nobody sees may stand in it, as it is no name */
    BIND_OBJECTS,  /* struct bind_array: an array of objects, each bound by table; min..max items */
    BIND_VALUE     /* json_t *: any value, borrowed from the document */
};

#define BIND_ABSENT INT64_MIN

struct bind_name {
    const char *text; /* where it is a text; else NULL */
    const char *en;
    const char *zh;
};

/* A personal text: submitted in clear, or committed as {"commitment": 64 hex digits},
 * the digits in lower case, so that one commitment has one text. */
struct bind_personal {
    const char *text;       /* in clear, or NULL */
    const char *commitment; /* hex, or NULL */
};

/* In what form personal members are accepted, and how strictly ids and texts are read. */
enum bind_mode {
    BIND_CLEAR,     /* texts only */
    BIND_COMMITTED, /* commitments only; what older ledgers took is read as it is */
    BIND_SIGNED     /* commitments only, from outside */
};

struct bind_array {
    void *items; /* count structs of table->size bytes, in the arena */
    size_t count;
};

struct bind_table;

struct bind_member {
    const char *name;
    enum bind_kind kind;
    bool is_required;
    size_t offset;                 /* of the struct's member */
    int64_t min, max;              /* as the kind says */
    const char *const *choices;    /* BIND_CHOICE: ends with NULL. BIND_ID: NULL, or one phrase that says which id is wanted */
    const struct bind_table *table; /* BIND_OBJECTS */
};

struct bind_table {
    const struct bind_member *members;
    size_t count;
    size_t size; /* of the struct */
};

/* Compile-time check that a struct member has the type of its row's kind. */
#define BIND_OFFSET(TYPE, MEMBER, WANTED) \
    (offsetof(TYPE, MEMBER) + 0 * sizeof(char[_Generic(&((TYPE *)0)->MEMBER, WANTED *: 1)]))

#define BIND_TEXT_ROW(T, M, REQUIRED, MAX) \
    { #M, BIND_TEXT, REQUIRED, BIND_OFFSET(T, M, const char *), 1, MAX, NULL, NULL }
#define BIND_PROSE_ROW(T, M, REQUIRED, MAX) \
    { #M, BIND_PROSE, REQUIRED, BIND_OFFSET(T, M, const char *), 1, MAX, NULL, NULL }
#define BIND_ID_ROW(T, M, REQUIRED) \
    { #M, BIND_ID, REQUIRED, BIND_OFFSET(T, M, const char *), 0, 0, NULL, NULL }
#define BIND_WORD_ROW(T, M, REQUIRED) \
    { #M, BIND_WORD, REQUIRED, BIND_OFFSET(T, M, const char *), 0, 0, NULL, NULL }
#define BIND_INTEGER_ROW(T, M, REQUIRED, MIN, MAX) \
    { #M, BIND_INTEGER, REQUIRED, BIND_OFFSET(T, M, int64_t), MIN, MAX, NULL, NULL }
#define BIND_NUMBER_ROW(T, M, REQUIRED) \
    { #M, BIND_NUMBER, REQUIRED, BIND_OFFSET(T, M, double), 0, 0, NULL, NULL }
#define BIND_BOOLEAN_ROW(T, M, REQUIRED) \
    { #M, BIND_BOOLEAN, REQUIRED, BIND_OFFSET(T, M, bool), 0, 0, NULL, NULL }
#define BIND_DATE_ROW(T, M, REQUIRED) \
    { #M, BIND_DATE, REQUIRED, BIND_OFFSET(T, M, const char *), 0, 0, NULL, NULL }
#define BIND_INSTANT_ROW(T, M, REQUIRED) \
    { #M, BIND_INSTANT, REQUIRED, BIND_OFFSET(T, M, int64_t), 0, 0, NULL, NULL }
#define BIND_CHOICE_ROW(T, M, REQUIRED, CHOICES) \
    { #M, BIND_CHOICE, REQUIRED, BIND_OFFSET(T, M, int), 0, 0, CHOICES, NULL }
#define BIND_NAME_ROW(T, M, REQUIRED, MAX) \
    { #M, BIND_NAME, REQUIRED, BIND_OFFSET(T, M, struct bind_name), 1, MAX, NULL, NULL }
#define BIND_PERSONAL_ROW(T, M, REQUIRED, MAX) \
    { #M, BIND_PERSONAL, REQUIRED, BIND_OFFSET(T, M, struct bind_personal), 1, MAX, NULL, NULL }
#define BIND_OBJECTS_ROW(T, M, REQUIRED, MIN, MAX, TABLE) \
    { #M, BIND_OBJECTS, REQUIRED, BIND_OFFSET(T, M, struct bind_array), MIN, MAX, NULL, TABLE }
#define BIND_VALUE_ROW(T, M, REQUIRED) \
    { #M, BIND_VALUE, REQUIRED, BIND_OFFSET(T, M, json_t *), 0, 0, NULL, NULL }

/* Fills *target (zeroed by the caller; absent members, and those with faults, get the absent
 * value of their kind). Numbers that json_parse has named in faults count as absent without
 * another fault. JSON null counts as absent; unknown members are refused
 * whatever their value. Faults are appended with the pointer prefix given ("" at the top),
 * the table's members in its order, then the unknown ones in the document's:
 *   wrong_type         another JSON type; a number with point or exponent where an integer is
 *                      wanted; what should be an object is none (also at the top)
 *   missing_member     a required member is absent or null
 *   out_of_range       a number outside min..max
 *   too_short, too_long  a text's bytes or an array's items; items are not looked at then
 *   bad_format         not an id, word, date, instant or commitment; control characters, and ones that nobody sees (faults' unseen counts these)
 *   not_a_choice       a text that is none of the choices (they are named)
 *   personal_in_clear  a text where a commitment is wanted
 *   unknown_member     with the nearest known name, if any. Where the name is longer than 256
 *                      bytes, the pointer is that of the object.
 * Each detail says what was found and what would be accepted. STATUS_INVALID where faults
 * were added: *target then holds what is sound; what was to be an object and is none leaves
 * zeros, not absent members. STATUS_EXHAUSTED without memory. Texts and
 * values borrow from the document; arrays live in the arena. */
enum status json_bind(json_t *object, const struct bind_table *table, enum bind_mode mode, const char *pointer,
                      void *target, struct arena *arena, struct faults *faults) NODISCARD;

#endif
