#ifndef SERVER_TARGET_H
#define SERVER_TARGET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/status.h"
#include "handlers/exchange.h"

/*
 * The request target, taken raw: split first, percent-decoded afterwards, so that an
 * encoded slash or question mark never changes the structure.
 */
struct target {
    const char *path;     /* as it came, without the query, "*" for OPTIONS * */
    bool is_asterisk;
    bool is_too_deep;     /* more segments than any route has */
    const char *segments[LIMIT_PATH_SEGMENTS]; /* decoded; "/" has none */
    size_t segment_count;
    struct exchange_pair query[LIMIT_QUERY_PARAMETERS]; /* decoded */
    size_t query_count;
};

/* What stands in front of the path where the target is absolute (http://host/path); borrowed from it. */
struct target_front {
    bool is_https;
    const char *authority; /* as it came, perhaps empty */
    size_t length;         /* of authority */
};

/* False: the target is not absolute, and *front is not touched. */
bool target_read_front(struct target_front *front, const char *raw);

/*
 * Reads raw into *target; texts lie in the arena. An absolute target (http://host/path)
 * counts as its path, "/" where it has none. NULL: sound. Else a sentence that says what is wrong with it (static),
 * for a 400; also where the arena has no memory.
 */
const char *target_parse(struct target *target, const char *raw, struct arena *arena);

#endif
