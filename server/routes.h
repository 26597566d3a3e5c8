#ifndef SERVER_ROUTES_H
#define SERVER_ROUTES_H

#include <stddef.h>

#include "handlers/exchange.h"

/*
 * The route table: one row for each method of each path. 404, 405, OPTIONS, HEAD, body
 * limits, log labels and the comparison with openapi.yaml derive from it.
 */
const struct route *routes_table(size_t *count);

#endif
