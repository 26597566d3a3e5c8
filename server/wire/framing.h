#ifndef SERVER_WIRE_FRAMING_H
#define SERVER_WIRE_FRAMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/wire/chunk.h"

/*
 * What is found in a header that is sound byte for byte (guard.h): fields that contradict each other, several hosts, an
 * expectation that nobody knows. Picks out the fields that the server itself needs.
 */

struct MHD_Connection;

enum { FRAMING_HOST_BYTES = 256 };

enum { TRACE_ID_BYTES = 33, TRACE_SPAN_BYTES = 17 };

/* The trace that a request is part of, and its place there. */
struct trace {
    char id[TRACE_ID_BYTES]; /* 32 small hexadecimal digits; "" where there is none */
    char parent[TRACE_SPAN_BYTES]; /* the caller's span, 16 digits */
    unsigned flags; /* those that have a meaning: 1 sampled, 2 a random id */
};

struct framing {
    struct guard_fault fault; /* the first one */
    /* fields, borrowed from the connection; NULL where absent */
    const char *host; /* or authority */
    const char *authorization;
    const char *content_type;
    const char *content_encoding;
    const char *accept;
    const char *accept_encoding;
    const char *accept_language;
    const char *if_match;
    const char *if_none_match;
    const char *content_digest;
    const char *prefer;
    const char *origin;
    const char *traceparent;
    bool has_repeats; /* a list field came in several lines: the first one alone does not say it */
    bool expects_continue;
    bool is_chunked;
    uint64_t length; /* of the body, where Content-Length says it */
    bool has_body;   /* is_chunked or length > 0 */
    char authority[FRAMING_HOST_BYTES];
};

/* Every fault found here ends the connection: where the next request begins is in doubt. fault is the guard's, which comes
 * before all others, or NULL. */
void framing_check(struct framing *framing, struct MHD_Connection *connection, const char *version,
                   const struct guard_fault *fault);

/* Takes length bytes for the host instead of what the field says, if they are sound as the field must be. */
bool framing_set_host(struct framing *framing, const char *host, size_t length);

/* Reads a traceparent (https://www.w3.org/TR/trace-context/, 3.2); no id where value is NULL or none. */
void framing_trace(const char *value, struct trace *trace);

#endif
