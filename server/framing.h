#ifndef SERVER_FRAMING_H
#define SERVER_FRAMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"

/*
 * What libmicrohttpd lets through and must not pass: lengths that contradict each other,
 * transfer codings that it does not know, several hosts, names and values with control
 * bytes. Looks at the header once it is complete and picks out the fields that the
 * server itself needs.
 */

struct MHD_Connection;

/* A whole header block; libmicrohttpd's memory for a connection is larger. */
#define FRAMING_HEADER_BYTES_MAX (16 * KIB)

enum { FRAMING_TRACE_BYTES = 33 };

struct framing {
    const char *code;   /* of the problem; NULL: sound */
    const char *detail; /* static */
    /* fields, borrowed from the connection; NULL where absent */
    const char *host;
    const char *authorization;
    const char *content_type;
    const char *content_encoding;
    const char *accept;
    const char *accept_encoding;
    const char *if_none_match;
    const char *prefer;
    const char *origin;
    const char *traceparent;
    bool has_repeats; /* a list field came in several lines: the first one alone does not say it */
    bool expects_continue;
    bool is_chunked;
    uint64_t length; /* of the body, where Content-Length says it */
    bool has_body;   /* is_chunked or length > 0 */
};

/* Every fault found here ends the connection: where the next request begins is in doubt.
 * target is where libmicrohttpd keeps it, target_length what it was when it came (the
 * library writes into it). */
void framing_check(struct framing *framing, struct MHD_Connection *connection, const char *method, const char *target,
                   size_t target_length, const char *version);

/* The trace's id of a traceparent (https://www.w3.org/TR/trace-context/, 3.2), 32 small hexadecimal digits; "" where value is
 * NULL or none. */
void framing_trace(const char *value, char trace[FRAMING_TRACE_BYTES]);

#endif
