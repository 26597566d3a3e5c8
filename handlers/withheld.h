#ifndef HANDLERS_WITHHELD_H
#define HANDLERS_WITHHELD_H

#include <stdbool.h>
#include <stddef.h>

#include "json/write.h"
#include "rules/actor.h"

/*
 * Personal texts in replies: the parties, coordinators, auditors and admins read them;
 * for others the member is null and its name stands in the object's list "withheld".
 */
enum { WITHHELD_MAX = 4 };

struct withheld {
    bool may_see;
    const char *names[WITHHELD_MAX];
    size_t count;
};

/* Whether viewer reads the texts of what concerns the organisations (NULL: none). */
bool withheld_may_see(const struct actor *viewer, const char *organisation, const char *other);

/* Writes the member: the text, or null. commitment NULL: there is no text. An erased text
 * (commitment without text) is null and withheld too. */
void withheld_write(struct withheld *withheld, struct json_writer *w, const char *key, const char *commitment,
                    const char *text);

/* Writes "withheld": [names]; forgets them. */
void withheld_close(struct withheld *withheld, struct json_writer *w);

#endif
