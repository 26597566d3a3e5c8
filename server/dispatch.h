#ifndef SERVER_DISPATCH_H
#define SERVER_DISPATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "server/await.h"

struct guard_fault;
struct request;

/*
 * What happens to a request, in this order: framing, route, token, key, media type (all
 * seen in the header), then the body, then the handler. Each step may refuse; a refusal
 * is a problem in the exchange's reply half, with request->is_refused set.
 */

/* The header is complete: framing to media type. fault is what the guard found in it, or NULL. May set request->hit instead. */
void dispatch_head(struct request *request, const char *method, const char *version, const struct guard_fault *fault);

/* The guard found a fault behind the header: the request is refused and its connection closed. */
void dispatch_refuse(struct request *request, const struct guard_fault *fault);

/* More of the body. False: it is larger than the route takes; the request is refused. */
bool dispatch_body(struct request *request, const char *bytes, size_t length);

/* The body is complete: runs the handler, unless the request was refused. */
enum await_next dispatch_run(struct request *request) NODISCARD;

#endif
