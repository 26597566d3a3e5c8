#ifndef JSON_BIND_H
#define JSON_BIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/arena.h"
#include "base/status.h"
#include "json/faults.h"

/*
 * From JSON text to C structs, by tables. Parsing is strict (RFC 8259, UTF-8, no
 * duplicate members, no NUL, depth at most LIMIT_JSON_DEPTH, nothing behind the value,
 * the top level an object). Binding reports all violations, not only the first.
 */

/* Parses a body. On STATUS_INVALID, faults holds one fault with code invalid_json,
 * duplicate_member or too_deep, whose detail names line and column. The caller
 * json_decref()s the document. STATUS_EXHAUSTED without memory. */
enum status json_parse(const char *bytes, size_t length, json_t **document, struct faults *faults) NODISCARD;

enum bind_kind {
    BIND_TEXT,     /* const char *: min..max bytes, no control characters but tab and line feed;
                      min 0 means 1: an empty text is refused */
    BIND_ID,       /* const char *: [A-Za-z0-9._-]{1,64} */
    BIND_WORD,     /* const char *: [a-z][a-z0-9_-]{0,63} */
    BIND_INTEGER,  /* int64_t: min..max; 1.0 and 1e3 are refused; absent: BIND_ABSENT */
    BIND_NUMBER,   /* double: finite; min..max apply where max > min; absent: NAN */
    BIND_BOOLEAN,  /* bool; absent: left as it was */
    BIND_DATE,     /* const char *: a real date YYYY-MM-DD */
    BIND_INSTANT,  /* int64_t: milliseconds since 1970; absent: BIND_ABSENT */
    BIND_CHOICE,   /* int: index into choices; absent: -1 */
    BIND_NAME,     /* struct bind_name: a text or {"en": text, "zh": text}, min..max bytes each */
    BIND_PERSONAL, /* struct bind_personal: see below; max bytes */
    BIND_OBJECTS,  /* struct bind_array: an array of objects, each bound by table; min..max items */
    BIND_VALUE     /* json_t *: any value, borrowed from the document */
};

#define BIND_ABSENT INT64_MIN

struct bind_name {
    const char *text; /* where it is a text; else NULL */
    const char *en;
    const char *zh;
};

/* A personal text: submitted in clear, or committed as {"commitment": 64 hex digits}. */
struct bind_personal {
    const char *text;       /* in clear, or NULL */
    const char *commitment; /* hex, or NULL */
};

/* In what form personal members are accepted. */
enum bind_mode { BIND_CLEAR /* texts only */, BIND_COMMITTED /* commitments only */ };

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
    const char *const *choices;    /* BIND_CHOICE: ends with NULL */
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

/* Fills *target (zeroed by the caller; absent optional members get the absent value of
 * their kind). JSON null counts as absent. Faults are appended with the pointer prefix
 * given ("" at the top): unknown_member (naming the nearest known one, if any),
 * missing_member, wrong_type, out_of_range, too_long, too_short, bad_format, not_a_choice.
 * Each detail says what was found and what would be accepted. STATUS_INVALID where
 * faults were added; STATUS_EXHAUSTED without memory. Texts borrow from the document. */
enum status json_bind(json_t *object, const struct bind_table *table, enum bind_mode mode, const char *pointer,
                      void *target, struct arena *arena, struct faults *faults) NODISCARD;

/* "a text", "an array", ... for messages about a value's type. */
const char *json_type_phrase(const json_t *value);

#endif
