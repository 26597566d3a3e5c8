#ifndef JSON_COMPLAIN_H
#define JSON_COMPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/arena.h"
#include "json/bind.h"
#include "json/faults.h"

/*
 * How binding words its faults; for bind.c only. Each sentence begins with the place's name
 * and goes on with what was found and what is wanted. A list that is full counts on, and no
 * sentence is made. Where memory is exhausted, is_exhausted turns true and nothing is added.
 */

/* Where a value stands: a member of parent, or an item where name is NULL. The root has
 * no parent, and its name is the pointer that the caller gave. Borrowed: lives on the stack. */
struct place {
    const struct place *parent;
    const char *name;
    size_t index;
};

/* One call of json_bind. */
struct binding {
    struct arena *arena;
    struct faults *faults;
    enum bind_mode mode;
    bool is_exhausted;
};

/* The least number of bytes of a row's text: an empty text is never accepted. */
int64_t complain_bytes_min(const struct bind_member *row);

/* "<place> <what>", what being printed by format. */
void complain(struct binding *b, const struct place *place, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* "<place> is <found>; <what the row wants> is wanted" */
void complain_wanted(struct binding *b, const struct place *place, const char *code, const char *found,
                     const struct bind_member *row);

/* The same with wrong_type and the value's type. */
void complain_type(struct binding *b, const struct place *place, const json_t *value, const struct bind_member *row);

/* The same with code and the value's text, quoted. */
void complain_text(struct binding *b, const struct place *place, const char *code, const json_t *value,
                   const struct bind_member *row);

/* not_a_choice, or wrong_type where value is no text: names the choices, and the nearest. */
void complain_choice(struct binding *b, const struct place *place, const json_t *value, const struct bind_member *row);

/* unknown_member: name the nearest known name, or all known ones. */
void complain_unknown(struct binding *b, const struct place *place, const char *name, const struct bind_table *table);

#endif
