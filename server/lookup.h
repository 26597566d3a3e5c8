#ifndef SERVER_LOOKUP_H
#define SERVER_LOOKUP_H

#include "server/request.h"

/* From method and target to a row of the route table, or to the refusal that says why there is none. */

/* Puts a problem in the reply; the arguments are those of problem_reply. No handler runs then. */
#define REQUEST_REFUSE(REQUEST, ...)                      \
    do {                                                  \
        problem_reply(&(REQUEST)->exchange, __VA_ARGS__); \
        (REQUEST)->is_refused = true;                     \
    } while (0)

/*
 * Fills the exchange's method, path, route, parameters and query. Else the request is refused: 400 for a target or an id that
 * cannot be read, 404, 405, 501; so it is where OPTIONS is answered here (204).
 */
void lookup_route(struct request *request, const char *method);

#endif
