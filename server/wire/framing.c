/*
 * The fields of a header, as libmicrohttpd has them. What stands in the way of their being read: guard.c.
 */
#include "server/wire/framing.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct scan {
    struct framing *framing;
    const char *content_length;
    const char *transfer_encoding;
    const char *idempotency_key;
    const char *expect;
    const char *last_event_id;
    const char *wanted_method;
};

static void complain(struct framing *framing, const char *code, const char *detail)
{
    if (framing->fault.code == NULL) {
        framing->fault = (struct guard_fault){.code = code, .detail = detail};
    }
}

/* Fields that may stand there once; their values go where the row says. */
static void keep_field(struct scan *scan, const char *name, size_t length, const char *value)
{
    struct framing *framing = scan->framing;
    const struct {
        const char *name;
        size_t length;
        const char **value;
        bool is_single;
    } kept[] = {
        {"Host", 4, &framing->host, true},
        {"Accept", 6, &framing->accept, false},
        {"Accept-Encoding", 15, &framing->accept_encoding, false},
        {"Accept-Language", 15, &framing->accept_language, false},
        {"Content-Length", 14, &scan->content_length, true},
        {"Transfer-Encoding", 17, &scan->transfer_encoding, true},
        {"Content-Type", 12, &framing->content_type, true},
        {"Content-Encoding", 16, &framing->content_encoding, true},
        {"Authorization", 13, &framing->authorization, true},
        {"Idempotency-Key", 15, &scan->idempotency_key, true},
        {"If-Match", 8, &framing->if_match, false},
        {"If-None-Match", 13, &framing->if_none_match, false},
        {"Content-Digest", 14, &framing->content_digest, false},
        {"Prefer", 6, &framing->prefer, false},
        {"Origin", 6, &framing->origin, true},
        {"traceparent", 11, &framing->traceparent, false}, /* not ours to refuse: of several, which is it? */
        {"Expect", 6, &scan->expect, true},
        {"Last-Event-ID", 13, &scan->last_event_id, true},
        {"Access-Control-Request-Method", 29, &scan->wanted_method, true},
    };
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        if (kept[i].length != length || strncasecmp(kept[i].name, name, length) != 0) {
            continue;
        }
        if (*kept[i].value != NULL && kept[i].is_single) {
            complain(framing, "malformed_request", "A header field that may stand once stands twice.");
        }
        if (*kept[i].value == NULL) {
            *kept[i].value = value;
        } else if (kept[i].value == &framing->traceparent) {
            framing->traceparent = "";
        } else {
            framing->has_repeats = true;
        }
        return;
    }
}

/* Blanks behind a value are not part of it (RFC 9110, 5.5). The library keeps them; cut off here, nobody who looks
 * a value up later sees them. Lengths and codings stay as they are: the library has read those already, and we must
 * not read another thing out of them. The value's place in the header stays known by its length. */
static void cut_blanks(const char *name, size_t name_length, const char *value, size_t length)
{
    static const char *const kept[] = {"Content-Length", "Transfer-Encoding"};
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        if (strlen(kept[i]) == name_length && strncasecmp(kept[i], name, name_length) == 0) {
            return;
        }
    }
    while (length > 0 && (value[length - 1] == ' ' || value[length - 1] == '\t')) {
        ((char *)value)[--length] = 0; /* its own receive buffer, where it writes NULs as well */
    }
}

static enum MHD_Result look_at_field(void *context, enum MHD_ValueKind kind, const char *name, size_t name_length,
                                     const char *value, size_t value_length)
{
    struct scan *scan = context;
    (void)kind;
    if (value == NULL) {
        value = "";
        value_length = 0;
    }
    cut_blanks(name, name_length, value, value_length);
    keep_field(scan, name, name_length, value);
    return MHD_YES;
}

#define DIGITS "0123456789"
#define HEX DIGITS "ABCDEFabcdef"
#define NAME DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.-_~"

/* How many bytes of a host's name or address stand at the front (RFC 3986, 3.2.2); 0: none is. Of what the syntax allows in names
 * beside letters, nothing is taken: the host is repeated in Link and Location. */
static size_t host_name_length(const char *host)
{
    if (host[0] == '[') {
        size_t address = strspn(host + 1, HEX ":.");
        return address > 0 && host[1 + address] == ']' ? address + 2 : 0;
    }
    return strspn(host, NAME);
}

static bool host_is_valid(const char *host)
{
    enum { PORT_DIGITS_MAX = 5 };
    size_t length = host_name_length(host);
    if (length == 0 || strlen(host) >= FRAMING_HOST_BYTES) {
        return false;
    }
    if (host[length] == 0) {
        return true;
    }
    size_t digits = strspn(host + length + 1, DIGITS);
    return host[length] == ':' && digits <= PORT_DIGITS_MAX && host[length + 1 + digits] == 0;
}

bool framing_set_host(struct framing *framing, const char *host, size_t length)
{
    if (length >= sizeof framing->authority) {
        return false;
    }
    memcpy(framing->authority, host, length);
    framing->authority[length] = 0;
    if (!host_is_valid(framing->authority)) {
        return false;
    }
    framing->host = framing->authority;
    return true;
}

static void check_body(struct scan *scan, bool is_http_1_0)
{
    struct framing *framing = scan->framing;
    if (scan->transfer_encoding != NULL) {
        if (scan->content_length != NULL) {
            complain(framing, "malformed_request", "Content-Length and Transfer-Encoding exclude each other.");
        } else if (is_http_1_0) {
            complain(framing, "malformed_request", "HTTP/1.0 knows no Transfer-Encoding.");
        } else if (strcasecmp(scan->transfer_encoding, "chunked") != 0) {
            complain(framing, "transfer_coding_unknown", "The only transfer coding understood is: chunked.");
        }
        framing->is_chunked = true;
    } else if (scan->content_length != NULL) {
        framing->length = strtoull(scan->content_length, NULL, 10); /* digits that fit: the library has seen to that */
    }
    framing->has_body = framing->is_chunked || framing->length > 0;
    if (scan->expect != NULL) {
        framing->expects_continue = strcasecmp(scan->expect, "100-continue") == 0;
        if (!framing->expects_continue) {
            complain(framing, "expectation_unknown", "The only expectation understood is: 100-continue.");
        }
    }
}

static bool is_hex(const char *text, size_t length)
{
    return strspn(text, "0123456789abcdef") >= length && strspn(text, "0") < length; /* all zeros are no id */
}

void framing_trace(const char *value, struct trace *trace)
{
    enum { VERSION_LENGTH = 2, TRACE_LENGTH = TRACE_ID_BYTES - 1, PARENT_LENGTH = TRACE_SPAN_BYTES - 1, WHOLE_LENGTH = 55, FLAGS_KNOWN = 3 };
    static const size_t dashes[] = {2, 35, 52};
    size_t length = value != NULL ? strlen(value) : 0;
    *trace = (struct trace){.flags = 0};
    if (length < WHOLE_LENGTH || strncmp(value, "ff", VERSION_LENGTH) == 0) {
        return;
    }
    for (size_t i = 0; i < sizeof dashes / sizeof dashes[0]; i++) {
        if (value[dashes[i]] != '-') {
            return;
        }
    }
    /* version 00 ends here; a later one goes on behind one more dash */
    bool is_ended = length == WHOLE_LENGTH || (strncmp(value, "00", VERSION_LENGTH) != 0 && value[WHOLE_LENGTH] == '-');
    if (is_ended && strspn(value, "0123456789abcdef") == dashes[0] && is_hex(value + dashes[0] + 1, TRACE_LENGTH) &&
        is_hex(value + dashes[1] + 1, PARENT_LENGTH) && strspn(value + dashes[2] + 1, "0123456789abcdef") >= 2) {
        memcpy(trace->id, value + dashes[0] + 1, TRACE_LENGTH);
        memcpy(trace->parent, value + dashes[1] + 1, PARENT_LENGTH);
        trace->flags = (unsigned)strtoul(value + dashes[2] + 1, NULL, 16) & FLAGS_KNOWN;
    }
}

void framing_check(struct framing *framing, struct MHD_Connection *connection, const char *version,
                   const struct guard_fault *fault)
{
    memset(framing, 0, sizeof *framing);
    struct scan scan = {.framing = framing};
    bool is_http_1_0 = strcmp(version, "HTTP/1.0") == 0;
    if (fault != NULL) {
        framing->fault = *fault;
    }
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, look_at_field, &scan);
    if (framing->host == NULL ? !is_http_1_0 : !host_is_valid(framing->host)) {
        complain(framing, "malformed_request", "A request names its Host once, as host or host:port.");
    }
    check_body(&scan, is_http_1_0);
}
