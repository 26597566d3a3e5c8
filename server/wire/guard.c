/*
 * A state for each place in a request, a byte at a time; runs of what may stand in a target, a value or a body are passed
 * over at once. Where the bytes come from: intake.c. What is found in a header that is sound as such: framing.c.
 */
#include "server/wire/guard.h"

#include <string.h>

#include "server/wire/octet.h"

enum state {
    START,      /* between requests */
    EMPTY_LF,   /* an empty line's CR has come */
    METHOD,
    TARGET_FIRST,
    TARGET,
    VERSION,
    LINE_LF,
    FIELD_FIRST, /* a line of the header begins, or its end */
    NAME,
    VALUE,
    LENGTH_FIRST,
    LENGTH,
    LENGTH_AFTER, /* blanks behind the digits */
    CODING_FIRST,
    CODING,
    CODING_AFTER,
    VALUE_LF,
    HEADER_LF,
    BODY,
    CHUNKED, /* the rest of where it is stands in guard->chunk */
    ENDED /* refused */
};

enum field { FIELD_OTHER, FIELD_LENGTH, FIELD_CODING };

enum { DROP = CHUNK_DROP, CODING_NONE = 0xff };

static const char malformed[] = "malformed_request";
static const char bad_line[] = "The request line is not: method, one space, target, one space, version.";
static const char bad_header_line[] = "A header line is folded, holds a NUL or does not end in CR LF.";

/* What makes the bytes that were handed on a request that the library takes. A lone byte of a body makes it call us; no
 * reply of ours lets it read further. */
static const char *ending(const struct guard *guard)
{
    static const char version[] = "HTTP/1.1\r\n\r\n";
    static const char *const endings[] = {
        [START] = "GET / HTTP/1.1\r\n\r\n", [EMPTY_LF] = "GET / HTTP/1.1\r\n\r\n", [METHOD] = " / HTTP/1.1\r\n\r\n",
        [TARGET_FIRST] = "/ HTTP/1.1\r\n\r\n", [TARGET] = " HTTP/1.1\r\n\r\n", [LINE_LF] = "\n\r\n",
        [FIELD_FIRST] = "\r\n", [NAME] = "-:\r\n\r\n", [VALUE] = "\r\n\r\n", [LENGTH_FIRST] = "0\r\n\r\n",
        [LENGTH] = "\r\n\r\n", [LENGTH_AFTER] = "\r\n\r\n", [CODING_FIRST] = "\r\n\r\n", [CODING] = "\r\n\r\n",
        [CODING_AFTER] = "\r\n\r\n", [VALUE_LF] = "\n\r\n", [HEADER_LF] = "\n", [BODY] = "x",
    };
    if (guard->state == VERSION) {
        return version + guard->matched;
    }
    return guard->state == CHUNKED ? chunk_ending(&guard->chunk) : endings[guard->state];
}

/* The first fault is the one that is told. */
static void note(struct guard *guard, const char *code, const char *detail)
{
    if (guard->fault.code == NULL) {
        guard->fault = (struct guard_fault){.code = code, .detail = detail};
    }
}

static int refuse(struct guard *guard, const char *code, const char *detail)
{
    note(guard, code, detail);
    guard->rest = ending(guard);
    guard->state = ENDED;
    return DROP;
}

/* Passes the byte on and goes to a state. */
static int pass(struct guard *guard, unsigned char c, enum state next)
{
    guard->state = (uint8_t)next;
    return c;
}

static int drop(struct guard *guard, enum state next)
{
    guard->state = (uint8_t)next;
    return DROP;
}

static void begin_request(struct guard *guard)
{
    guard->requests++;
    guard->bytes = 0;
    guard->left = 0;
    guard->fields = 0;
    guard->matched = 0;
    guard->has_target = guard->is_http_1_0 = guard->has_length = guard->has_coding = guard->is_chunked = false;
}

/* The request line */

static int take_first(struct guard *guard, unsigned char c)
{
    if (guard->state == START && c == '\r' && guard->bytes < GUARD_EMPTY_BYTES_MAX) {
        guard->bytes += 2;
        return drop(guard, EMPTY_LF);
    }
    if (guard->state == EMPTY_LF && c == '\n') {
        return drop(guard, START);
    }
    begin_request(guard);
    if (guard->state == EMPTY_LF || !octet_is_token(c)) {
        return refuse(guard, malformed, bad_line);
    }
    guard->bytes = 1;
    return pass(guard, c, METHOD);
}

static int take_method(struct guard *guard, unsigned char c)
{
    if (c == ' ') {
        guard->bytes = 0;
        return pass(guard, c, TARGET_FIRST);
    }
    if (!octet_is_token(c)) {
        return refuse(guard, malformed, bad_line);
    }
    if (guard->bytes++ == GUARD_METHOD_BYTES_MAX) {
        return refuse(guard, "not_implemented", "The methods understood are GET, HEAD, POST, PUT, DELETE and OPTIONS, in capitals.");
    }
    return c;
}

/* One that is too long is read on, so that the refusal can be in the language that the header asks for. */
static int take_target(struct guard *guard, unsigned char c)
{
    if (guard->state == TARGET && c == ' ') {
        return pass(guard, c, VERSION);
    }
    if (!octet_is_target(c)) {
        return refuse(guard, malformed, bad_line);
    }
    guard->has_target = true;
    if (guard->bytes++ < LIMIT_TARGET_BYTES) {
        return pass(guard, c, TARGET);
    }
    note(guard, "target_too_long", "The request target is longer than 8,192 bytes.");
    return guard->bytes < GUARD_TARGET_BYTES_READ ? DROP : refuse(guard, guard->fault.code, guard->fault.detail);
}

/* Any HTTP/1.x is at least 1.1 (RFC 9110, 2.5), and handed on as that. */
static int take_version(struct guard *guard, unsigned char c)
{
    enum { MAJOR = 5, MINOR = 7, LENGTH_OF_VERSION = 8 };
    static const char wanted[] = "HTTP/1.";
    bool is_digit = c >= '0' && c <= '9';
    if (guard->matched == LENGTH_OF_VERSION && c == '\r') {
        return pass(guard, c, LINE_LF);
    }
    if (guard->matched == MAJOR && is_digit && c != '1') {
        return refuse(guard, "version_unknown", "HTTP/1.1 is spoken here, and HTTP/1.0.");
    }
    if (guard->matched < MINOR ? c != (unsigned char)wanted[guard->matched] : guard->matched > MINOR || !is_digit) {
        return refuse(guard, malformed, bad_line);
    }
    if (guard->matched == MINOR) {
        guard->is_http_1_0 = c == '0';
        c = guard->is_http_1_0 ? '0' : '1';
    }
    guard->matched++;
    return c;
}

static int take_line(struct guard *guard, unsigned char c)
{
    switch (guard->state) {
    case METHOD:
        return take_method(guard, c);
    case TARGET_FIRST:
    case TARGET:
        return take_target(guard, c);
    case VERSION:
        return take_version(guard, c);
    case LINE_LF:
        guard->bytes = 0;
        return c == '\n' ? pass(guard, c, FIELD_FIRST) : refuse(guard, malformed, bad_line);
    default:
        return take_first(guard, c);
    }
}

/* The header */

/* Keeps what is compared of a name; a longer one is none of those. */
static void keep_name(struct guard *guard, unsigned char c)
{
    if (guard->matched < GUARD_NAME_BYTES) {
        guard->name[guard->matched++] = (char)octet_lower(c);
    }
}

static bool is_named(const struct guard *guard, const char *name)
{
    size_t length = strlen(name);
    return guard->matched == length && memcmp(guard->name, name, length) == 0;
}

static int take_colon(struct guard *guard)
{
    guard->field = is_named(guard, "content-length") ? FIELD_LENGTH
                   : is_named(guard, "transfer-encoding") ? FIELD_CODING : FIELD_OTHER;
    if (guard->field == FIELD_OTHER) {
        return pass(guard, ':', VALUE);
    }
    if (guard->field == FIELD_LENGTH ? guard->has_length : guard->has_coding) {
        return refuse(guard, malformed, "A header field that may stand once stands twice.");
    }
    if (guard->has_length || guard->has_coding) {
        return refuse(guard, malformed, "Content-Length and Transfer-Encoding exclude each other.");
    }
    if (guard->field == FIELD_CODING && guard->is_http_1_0) {
        return refuse(guard, malformed, "HTTP/1.0 knows no Transfer-Encoding.");
    }
    guard->has_length = guard->field == FIELD_LENGTH;
    guard->has_coding = guard->field == FIELD_CODING;
    guard->matched = 0;
    return pass(guard, ':', guard->has_length ? LENGTH_FIRST : CODING_FIRST);
}

static int take_name(struct guard *guard, unsigned char c)
{
    enum { COOKIE_LENGTH = 6 };
    if (guard->state == NAME && c == ':') {
        return take_colon(guard);
    }
    if (guard->state == FIELD_FIRST && c == '\r') {
        return pass(guard, c, HEADER_LF);
    }
    if (guard->state == FIELD_FIRST && octet_is_blank(c)) {
        return refuse(guard, malformed, bad_header_line);
    }
    if (!octet_is_token(c)) {
        return refuse(guard, malformed, "A header field's name is not a token.");
    }
    if (guard->state == FIELD_FIRST) {
        guard->matched = 0;
        if (guard->fields++ == LIMIT_HEADERS) {
            return refuse(guard, "header_too_large", "The request has more than 100 header fields.");
        }
    }
    keep_name(guard, c);
    /* The library would copy every cookie and make a list of them, of which nobody wants to know: it gets another name. */
    return pass(guard, guard->matched == COOKIE_LENGTH && is_named(guard, "cookie") ? '-' : c, NAME);
}

static int take_value(struct guard *guard, unsigned char c)
{
    if (c == '\r') {
        return pass(guard, c, VALUE_LF);
    }
    if (!octet_is_value(c)) {
        return refuse(guard, malformed, c == '\n' || c == 0 ? bad_header_line : "A header field's value holds a control character.");
    }
    return c;
}

static int take_length(struct guard *guard, unsigned char c)
{
    static const char wrong[] = "Content-Length is not one number.";
    bool is_digit = c >= '0' && c <= '9';
    if (octet_is_blank(c)) {
        return drop(guard, guard->state == LENGTH ? LENGTH_AFTER : (enum state)guard->state);
    }
    if (guard->state != LENGTH_FIRST && c == '\r') {
        return pass(guard, c, VALUE_LF);
    }
    if (!is_digit || guard->state == LENGTH_AFTER) {
        return refuse(guard, malformed, wrong);
    }
    if (guard->left > (INT64_MAX - 9) / 10) {
        return refuse(guard, "payload_too_large", "The body is larger than any that is taken.");
    }
    guard->left = guard->left * 10 + (uint64_t)(c - '0');
    return pass(guard, c, LENGTH);
}

static int take_coding(struct guard *guard, unsigned char c)
{
    static const char wanted[] = "chunked";
    const uint8_t whole = sizeof wanted - 1;
    if (octet_is_blank(c)) {
        return drop(guard, guard->state == CODING ? CODING_AFTER : (enum state)guard->state);
    }
    if (c == '\r' && guard->matched == whole) {
        guard->is_chunked = true;
        return pass(guard, c, VALUE_LF);
    }
    if (c == '\r') {
        return refuse(guard, "transfer_coding_unknown", "The only transfer coding understood is: chunked.");
    }
    if (!octet_is_value(c)) {
        return take_value(guard, c);
    }
    bool fits = guard->state != CODING_AFTER && guard->matched < whole && octet_lower(c) == (unsigned char)wanted[guard->matched];
    guard->matched = fits ? (uint8_t)(guard->matched + 1) : CODING_NONE;
    return pass(guard, c, CODING);
}

static int end_header(struct guard *guard, unsigned char c)
{
    if (c != '\n') {
        return refuse(guard, malformed, bad_header_line);
    }
    guard->bytes = 0;
    if (guard->is_chunked) {
        chunk_begin(&guard->chunk);
    }
    if (guard->fault.code != NULL) {
        return pass(guard, c, ENDED);
    }
    return pass(guard, c, guard->is_chunked ? CHUNKED : guard->left > 0 ? BODY : START);
}

static int take_header(struct guard *guard, unsigned char c)
{
    if (guard->bytes++ == GUARD_HEADER_BYTES_MAX) {
        return refuse(guard, "header_too_large", "The request's header is larger than 16 KiB.");
    }
    switch (guard->state) {
    case VALUE:
        return take_value(guard, c);
    case LENGTH_FIRST:
    case LENGTH:
    case LENGTH_AFTER:
        return take_length(guard, c);
    case CODING_FIRST:
    case CODING:
    case CODING_AFTER:
        return take_coding(guard, c);
    case VALUE_LF:
        return c == '\n' ? pass(guard, c, FIELD_FIRST) : refuse(guard, malformed, bad_header_line);
    case HEADER_LF:
        return end_header(guard, c);
    default:
        return take_name(guard, c);
    }
}

static int take_chunked(struct guard *guard, unsigned char c)
{
    struct guard_fault fault = {.code = NULL};
    const char *rest = chunk_ending(&guard->chunk);
    int passed = chunk_take(&guard->chunk, c, &fault);
    if (fault.code != NULL) {
        guard->fault = fault;
        guard->rest = rest;
        guard->state = ENDED;
    } else if (chunk_is_over(&guard->chunk)) {
        guard->state = START;
    }
    return passed;
}

static int take_byte(struct guard *guard, unsigned char c)
{
    if (guard->state <= LINE_LF) {
        return take_line(guard, c);
    }
    if (guard->state <= HEADER_LF) {
        return take_header(guard, c);
    }
    return take_chunked(guard, c);
}

/* How many of the bytes pass without a change of anything but a count. */
static size_t run_of_text(struct guard *guard, const char *bytes, size_t length, bool is_part(unsigned char), size_t limit)
{
    size_t room = limit > guard->bytes ? limit - guard->bytes : 0;
    size_t count = 0;
    length = length < room ? length : room;
    while (count < length && is_part((unsigned char)bytes[count])) {
        count++;
    }
    guard->bytes += (uint32_t)count;
    return count;
}

static size_t run_of_body(struct guard *guard, size_t length)
{
    length = length < guard->left ? length : (size_t)guard->left;
    guard->left -= length;
    if (guard->left == 0) {
        guard->state = START;
    }
    return length;
}

static size_t take_run(struct guard *guard, const char *bytes, size_t length)
{
    switch (guard->state) {
    case TARGET:
        return run_of_text(guard, bytes, length, octet_is_target, LIMIT_TARGET_BYTES);
    case VALUE:
        return run_of_text(guard, bytes, length, octet_is_value, GUARD_HEADER_BYTES_MAX);
    case BODY:
        return run_of_body(guard, length);
    case CHUNKED:
        return chunk_run(&guard->chunk, length);
    default:
        return 0;
    }
}

bool guard_has_ended(const struct guard *guard)
{
    return guard->state == ENDED;
}

void guard_init(struct guard *guard)
{
    memset(guard, 0, sizeof *guard);
}

size_t guard_feed(struct guard *guard, char *bytes, size_t length)
{
    char *out = bytes;
    for (const char *in = bytes, *end = bytes + length; in < end && guard->state != ENDED;) {
        size_t run = take_run(guard, in, (size_t)(end - in));
        if (run > 0) {
            memmove(out, in, run);
            out += run;
            in += run;
            continue;
        }
        int passed = take_byte(guard, (unsigned char)*in++);
        if (passed != DROP) {
            *out++ = (char)passed;
        }
    }
    return (size_t)(out - bytes);
}

size_t guard_take(struct guard *guard, char *out, size_t room)
{
    size_t length = guard->rest != NULL ? strlen(guard->rest) : 0;
    length = length < room ? length : room;
    if (length > 0) {
        memcpy(out, guard->rest, length);
        guard->rest += length;
    }
    return length;
}

void guard_refuse(struct guard *guard, const char *code, const char *detail)
{
    if (guard_is_amid(guard)) {
        refuse(guard, code, detail);
    }
}

void guard_refuse_next(struct guard *guard, const char *code, const char *detail)
{
    if (guard->state == START || guard->state == EMPTY_LF) {
        begin_request(guard);
    }
    if (guard->state != ENDED) {
        refuse(guard, code, detail);
    }
}

bool guard_is_amid(const struct guard *guard)
{
    return guard->state != START && guard->state != EMPTY_LF && guard->state != ENDED;
}
