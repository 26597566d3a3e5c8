/*
 * A state for each place in a chunked body. Who feeds it: guard.c.
 */
#include "server/wire/chunk.h"

#include "server/wire/octet.h"

enum state {
    SIZE_FIRST,
    SIZE,
    EXTENSION, /* blanks before the semicolon */
    EXTENSION_NAME_FIRST,
    EXTENSION_NAME,
    EXTENSION_EQUALS, /* blanks before the equals sign */
    EXTENSION_VALUE_FIRST,
    EXTENSION_VALUE,
    EXTENSION_QUOTED,
    EXTENSION_ESCAPE,
    EXTENSION_END, /* behind a quoted value */
    SIZE_LF,
    DATA,
    DATA_CR,
    DATA_LF,
    TRAILER_FIRST,
    TRAILER_NAME,
    TRAILER_VALUE,
    TRAILER_VALUE_LF,
    TRAILER_LF,
    OVER
};

static const char malformed[] = "malformed_request";
static const char bad_extension[] = "A chunk's extensions are malformed or longer than 256 bytes.";
static const char bad_data[] = "A chunk does not end in CR LF behind as many bytes as its size says.";

static int refuse(struct guard_fault *fault, const char *code, const char *detail)
{
    *fault = (struct guard_fault){.code = code, .detail = detail};
    return CHUNK_DROP;
}

static int pass(struct chunk *chunk, unsigned char c, enum state next)
{
    chunk->state = (uint8_t)next;
    return c;
}

static int drop(struct chunk *chunk, enum state next)
{
    chunk->state = (uint8_t)next;
    return CHUNK_DROP;
}

void chunk_begin(struct chunk *chunk)
{
    *chunk = (struct chunk){.state = SIZE_FIRST};
}

bool chunk_is_over(const struct chunk *chunk)
{
    return chunk->state == OVER;
}

static int digit_of(unsigned char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static int take_size(struct chunk *chunk, unsigned char c, struct guard_fault *fault)
{
    int digit = digit_of(c);
    if (digit >= 0 && chunk->left > INT64_MAX >> 4) {
        return refuse(fault, "payload_too_large", "The body is larger than any that is taken.");
    }
    if (digit >= 0 && chunk->digits < CHUNK_SIZE_DIGITS_MAX) {
        chunk->digits++;
        chunk->left = chunk->left << 4 | (uint64_t)digit;
        return pass(chunk, c, SIZE);
    }
    if (chunk->state == SIZE && c == '\r') {
        return pass(chunk, c, SIZE_LF);
    }
    if (chunk->state == SIZE && (c == ';' || octet_is_blank(c))) {
        return drop(chunk, c == ';' ? EXTENSION_NAME_FIRST : EXTENSION);
    }
    return refuse(fault, malformed, "A chunk does not begin with its size in at most 16 hexadecimal digits and CR LF.");
}

/* Where it goes on behind a blank; blanks stand around the marks alone. */
static enum state behind_blank(enum state state)
{
    return state == EXTENSION_NAME ? EXTENSION_EQUALS : state == EXTENSION_VALUE || state == EXTENSION_END ? EXTENSION : state;
}

/* *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] ), RFC 9112, 7.1.1 */
static bool read_extension(struct chunk *chunk, unsigned char c)
{
    enum state next = (enum state)chunk->state;
    switch (chunk->state) {
    case EXTENSION_NAME_FIRST:
        next = octet_is_token(c) ? EXTENSION_NAME : OVER;
        break;
    case EXTENSION_NAME:
        next = c == '=' ? EXTENSION_VALUE_FIRST : octet_is_token(c) ? EXTENSION_NAME : OVER;
        break;
    case EXTENSION_EQUALS:
        next = c == '=' ? EXTENSION_VALUE_FIRST : OVER;
        break;
    case EXTENSION_VALUE_FIRST:
        next = c == '"' ? EXTENSION_QUOTED : octet_is_token(c) ? EXTENSION_VALUE : OVER;
        break;
    case EXTENSION_VALUE:
        next = octet_is_token(c) ? EXTENSION_VALUE : OVER;
        break;
    case EXTENSION_QUOTED:
        next = c == '"' ? EXTENSION_END : c == '\\' ? EXTENSION_ESCAPE : octet_is_value(c) ? EXTENSION_QUOTED : OVER;
        break;
    case EXTENSION_ESCAPE:
        next = octet_is_value(c) ? EXTENSION_QUOTED : OVER;
        break;
    default:
        next = OVER;
    }
    if (next != OVER) {
        chunk->state = (uint8_t)next;
    }
    return next != OVER;
}

static int take_extension(struct chunk *chunk, unsigned char c, struct guard_fault *fault)
{
    enum state state = (enum state)chunk->state;
    bool is_quoted = state == EXTENSION_QUOTED || state == EXTENSION_ESCAPE;
    bool may_end = state == EXTENSION_NAME || state == EXTENSION_VALUE || state == EXTENSION_END;
    if (chunk->bytes++ >= CHUNK_EXTENSION_BYTES_MAX) {
        return refuse(fault, malformed, bad_extension);
    }
    if (may_end && c == '\r') {
        return pass(chunk, c, SIZE_LF);
    }
    if (c == ';' && (may_end || state == EXTENSION || state == EXTENSION_EQUALS)) {
        return drop(chunk, EXTENSION_NAME_FIRST);
    }
    if (!is_quoted && octet_is_blank(c)) {
        return drop(chunk, behind_blank(state));
    }
    return read_extension(chunk, c) ? CHUNK_DROP : refuse(fault, malformed, bad_extension);
}

static int end_size_line(struct chunk *chunk, unsigned char c, struct guard_fault *fault)
{
    chunk->bytes = 0;
    if (c != '\n') {
        return refuse(fault, malformed, "A chunk does not begin with its size in at most 16 hexadecimal digits and CR LF.");
    }
    return pass(chunk, c, chunk->left > 0 ? DATA : TRAILER_FIRST);
}

static int end_data(struct chunk *chunk, unsigned char c, struct guard_fault *fault)
{
    if (chunk->state == DATA_CR && c == '\r') {
        return pass(chunk, c, DATA_LF);
    }
    if (chunk->state == DATA_LF && c == '\n') {
        chunk_begin(chunk);
        return c;
    }
    return refuse(fault, malformed, bad_data);
}

/* Fields behind the last chunk: nobody here knows any. */
static int take_trailer(struct chunk *chunk, unsigned char c, struct guard_fault *fault)
{
    const enum state state = (enum state)chunk->state;
    if (chunk->bytes++ >= CHUNK_TRAILER_BYTES_MAX || (state == TRAILER_FIRST && c != '\r' && chunk->fields++ >= LIMIT_HEADERS)) {
        return refuse(fault, "header_too_large", "The request's trailer is larger than 16 KiB or has more than 100 fields.");
    }
    if (state == TRAILER_FIRST && c == '\r') {
        return pass(chunk, c, TRAILER_LF);
    }
    if (state == TRAILER_LF && c == '\n') {
        return pass(chunk, c, OVER);
    }
    if (state == TRAILER_NAME && c == ':') {
        return drop(chunk, TRAILER_VALUE);
    }
    if ((state == TRAILER_FIRST || state == TRAILER_NAME) && octet_is_token(c)) {
        return drop(chunk, TRAILER_NAME);
    }
    if (state == TRAILER_VALUE && (c == '\r' || octet_is_value(c))) {
        return drop(chunk, c == '\r' ? TRAILER_VALUE_LF : TRAILER_VALUE);
    }
    if (state == TRAILER_VALUE_LF && c == '\n') {
        return drop(chunk, TRAILER_FIRST);
    }
    return refuse(fault, malformed, "A trailer field is malformed.");
}

int chunk_take(struct chunk *chunk, unsigned char c, struct guard_fault *fault)
{
    if (chunk->state <= SIZE) {
        return take_size(chunk, c, fault);
    }
    if (chunk->state < SIZE_LF) {
        return take_extension(chunk, c, fault);
    }
    if (chunk->state == SIZE_LF) {
        return end_size_line(chunk, c, fault);
    }
    return chunk->state < TRAILER_FIRST ? end_data(chunk, c, fault) : take_trailer(chunk, c, fault);
}

size_t chunk_run(struct chunk *chunk, size_t length)
{
    if (chunk->state != DATA) {
        return 0;
    }
    length = length < chunk->left ? length : (size_t)chunk->left;
    chunk->left -= length;
    if (chunk->left == 0) {
        chunk->state = DATA_CR;
    }
    return length;
}

const char *chunk_ending(const struct chunk *chunk)
{
    const bool has_data = chunk->left > 0;
    switch (chunk->state) {
    case SIZE_FIRST: return "0\r\n\r\n";
    case SIZE_LF: return has_data ? "\nx" : "\n\r\n";
    case DATA: return "x";
    case DATA_CR: return "\r\n0\r\n\r\n";
    case DATA_LF: return "\n0\r\n\r\n";
    case TRAILER_FIRST:
    case TRAILER_NAME:
    case TRAILER_VALUE:
    case TRAILER_VALUE_LF: return "\r\n";
    case TRAILER_LF: return "\n";
    default: return has_data ? "\r\nx" : "\r\n\r\n";
    }
}
