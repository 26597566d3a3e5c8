#ifndef SERVER_ROUTE_H
#define SERVER_ROUTE_H

#include <stddef.h>

#include "base/buffer.h"
#include "handlers/exchange.h"
#include "server/target.h"

/*
 * Finds the row of the route table for a target. 404, 405 with Allow, and OPTIONS derive
 * from what is found. Literal segments win over {parameters}: /supplies/summary is not
 * a supply.
 */

#define ROUTE_METHOD_BIT(METHOD) (1u << (METHOD))

struct route_found {
    const struct route *path;   /* a row whose path fits, NULL: 404 */
    const struct route *route;  /* the row of the method too, NULL: 405 */
    unsigned methods;           /* ROUTE_METHOD_BIT of all rows with that path */
    const char *parameters[LIMIT_PATH_SEGMENTS]; /* borrowed from the target */
    size_t parameter_count;
    const char *malformed;      /* the first parameter that is not an id (text_is_path_id; of {seq}, not a number), or NULL: 400 */
    const char *malformed_name; /* what the template calls it: malformed_name_length bytes and "}" */
    size_t malformed_name_length;
};

/* An empty segment at the end fits no row: paths do not end in a slash. */
void route_find(const struct route *routes, size_t count, const struct target *target, enum method method,
                struct route_found *found);

/* ROUTE_METHOD_BIT of all methods that any row has. */
unsigned route_methods(const struct route *routes, size_t count);

/* Appends the value of Allow: GET, HEAD, POST, OPTIONS. */
void route_allow(unsigned methods, struct buffer *out);

/* The path of the table that a misspelt one probably meant, as the table has it (/transfers/{id}/dispatch): all segments
 * are compared; where none is like it, the collection that it begins with; or NULL. Static storage. */
const char *route_nearest(const struct route *routes, size_t count, const struct target *target);

#endif
