#ifndef SERVER_DISPATCH_H
#define SERVER_DISPATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "server/await.h"

struct request;

/*
 * What happens to a request, in this order: framing, route, token, key, media type (all
 * seen in the header), then the body, then the handler. Each step may refuse; a refusal
 * is a problem in the exchange's reply half, with request->is_refused set.
 */

/* The header is complete: framing to media type. May set request->hit instead. */
void dispatch_head(struct request *request, const char *method, const char *version);

/* More of the body. False: it is larger than the route takes; the request is refused. */
bool dispatch_body(struct request *request, const char *bytes, size_t length);

/* The body is complete: runs the handler, unless the request was refused. */
enum await_next dispatch_run(struct request *request) NODISCARD;

#endif
