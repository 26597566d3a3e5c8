#ifndef SERVER_WIRE_GUARD_H
#define SERVER_WIRE_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "base/status.h"
#include "server/wire/chunk.h"

/*
 * The framing guard: sees every byte of a connection before libmicrohttpd does, which lets pass what two programs could
 * read differently, and answers what it refuses itself with HTML that nobody has asked for. Where one request ends and the
 * next one begins is decided here (RFC 9112, strictly); what is handed on has one meaning.
 *
 * At the first fault the guard ends the request on the library's behalf: it hands on as few bytes as make it a request
 * that the library takes, and nothing afterwards. So every refusal goes the way of all replies, with all that belongs to it.
 * What is left out on the way: empty lines between requests, chunk extensions, trailers, blanks in lengths and codings.
 * Pure: no socket, no clock, no allocation.
 */

#define GUARD_HEADER_BYTES_MAX (16 * KIB) /* the header fields of one request */

enum {
    GUARD_METHOD_BYTES_MAX = 32,
    GUARD_TARGET_BYTES_READ = 65536, /* of one that is too long */
    GUARD_NAME_BYTES = 24,         /* longer ones are none of those that are looked at */
    GUARD_EMPTY_BYTES_MAX = 8      /* of empty lines before a request (RFC 9112, 2.2) */
};

struct guard {
    struct guard_fault fault;
    const char *rest;      /* what the library is still to get of the request that was ended */
    uint32_t requests;     /* begun so far; a fault is of the last one */
    uint64_t left;         /* of a body; its length while that is read */
    struct chunk chunk;    /* of a chunked body */
    uint32_t bytes;        /* of the header; of the method, the target, empty lines before those */
    uint16_t fields;
    uint8_t state;
    uint8_t field;         /* which of those that are looked at */
    uint8_t matched;       /* bytes of what is expected, or of a name */
    bool has_target;       /* at least a byte of it was handed on */
    bool is_http_1_0;
    bool has_length, has_coding, is_chunked;
    char name[GUARD_NAME_BYTES]; /* in small letters */
};

void guard_init(struct guard *guard);

/* Bytes that came, in their order: changes them in place into what may be handed on and returns how many those are.
 * guard_take gives more behind them once the guard has ended a request. */
size_t guard_feed(struct guard *guard, char *bytes, size_t length) NODISCARD;

/* At most room bytes of what ends a refused request. */
size_t guard_take(struct guard *guard, char *out, size_t room) NODISCARD;

/* Refuses the request whose bytes are coming, as if its next byte were wrong; nothing happens between requests. */
void guard_refuse(struct guard *guard, const char *code, const char *detail);

/* The same; between requests as if one had begun. */
void guard_refuse_next(struct guard *guard, const char *code, const char *detail);

/* True where a request was refused and ended: nothing is handed on any more but what guard_take gives. */
bool guard_has_ended(const struct guard *guard);

/* True where bytes of a request have come and not all of it. */
bool guard_is_amid(const struct guard *guard);

#endif
