#ifndef JSON_WALK_H
#define JSON_WALK_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Walking along the text of a JSON document that json/write.c has written: it is our own, has no
 * blanks, and a page of a thousand rows need not become a tree first. What cannot be followed is
 * false, never a read beyond the end. Pure functions; any thread.
 */

struct json_walk {
    const char *at, *end;
};

struct json_piece {
    const char *at; /* NULL: nothing */
    size_t length;
};

/* Moves behind the byte c if it stands there. */
bool json_walk_take(struct json_walk *walk, char c);

/* Moves behind a value, which piece then is. */
bool json_walk_take_value(struct json_walk *walk, struct json_piece *value);

/* Moves behind a key and its colon; names of ours have no escapes. */
bool json_walk_take_key(struct json_walk *walk, struct json_piece *key);

/* From the start of an object to the value of its member of that name. */
bool json_walk_to(struct json_walk *walk, const char *name);

#endif
