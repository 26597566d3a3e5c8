/*
 * The streaming JSON writer. Every value passes through value_begin, which puts the comma
 * and checks the nesting; the rest is formatting. The numbers' text comes from base/text.h.
 */
#include "json/write.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/text.h"

void json_writer_init(struct json_writer *w, struct buffer *out)
{
    memset(w, 0, sizeof *w);
    w->out = out;
}

/* What stands before a value: nothing, or a comma in an array. */
static void value_begin(struct json_writer *w)
{
    if (w->depth == 0) {
        assert(!w->has_value); /* one value at the top */
        w->has_value = true;
        return;
    }
    unsigned level = w->depth - 1;
    if (w->is_object[level]) {
        assert(w->has_key); /* the comma came with the key */
        w->has_key = false;
        return;
    }
    if (w->needs_comma[level]) {
        buffer_byte(w->out, ',');
    }
    w->needs_comma[level] = true;
}

static void container_begin(struct json_writer *w, bool is_object)
{
    value_begin(w);
    assert(w->depth < LIMIT_JSON_DEPTH);
    w->is_object[w->depth] = is_object;
    w->needs_comma[w->depth] = false;
    w->depth++;
    buffer_byte(w->out, is_object ? '{' : '[');
}

static void container_end(struct json_writer *w, bool is_object)
{
    assert(w->depth > 0 && w->is_object[w->depth - 1] == is_object);
    assert(!w->has_key); /* a key without its value */
    w->depth--;
    buffer_byte(w->out, is_object ? '}' : ']');
}

void json_object_begin(struct json_writer *w)
{
    container_begin(w, true);
}

void json_object_end(struct json_writer *w)
{
    container_end(w, true);
}

void json_array_begin(struct json_writer *w)
{
    container_begin(w, false);
}

void json_array_end(struct json_writer *w)
{
    container_end(w, false);
}

void json_writer_finish(const struct json_writer *w)
{
    assert(w->depth == 0 && w->has_value);
}

static void write_control(struct buffer *out, unsigned char byte)
{
    static const char digits[] = "0123456789abcdef";
    switch (byte) {
    case '"':  buffer_append(out, "\\\"", 2); return;
    case '\\': buffer_append(out, "\\\\", 2); return;
    case '\b': buffer_append(out, "\\b", 2); return;
    case '\f': buffer_append(out, "\\f", 2); return;
    case '\n': buffer_append(out, "\\n", 2); return;
    case '\r': buffer_append(out, "\\r", 2); return;
    case '\t': buffer_append(out, "\\t", 2); return;
    }
    char escape[6] = { '\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15] };
    buffer_append(out, escape, sizeof escape);
}

/* The number of bytes of the well-formed character that begins with a byte beyond ASCII. */
static size_t sequence_bytes(const char *text, size_t length)
{
    for (size_t size = 2; size <= 4 && size <= length; size++) {
        if (text_is_utf8(text, size)) {
            return size;
        }
    }
    return 0;
}

static void write_quoted(struct buffer *out, const char *text, size_t length)
{
    size_t plain_from = 0;
    size_t i = 0;
    buffer_byte(out, '"');
    while (i < length) {
        unsigned char byte = (unsigned char)text[i];
        size_t size = byte < 0x80 ? 1 : sequence_bytes(text + i, length - i);
        if (size > 0 && byte >= 0x20 && byte != '"' && byte != '\\') {
            i += size;
            continue;
        }
        buffer_append(out, text + plain_from, i - plain_from);
        if (size == 0) {
            buffer_append(out, "\xef\xbf\xbd", 3); /* U+FFFD stands for each byte that is not UTF-8 */
        } else {
            write_control(out, byte);
        }
        plain_from = ++i;
    }
    buffer_append(out, text + plain_from, length - plain_from);
    buffer_byte(out, '"');
}

void json_key(struct json_writer *w, const char *key)
{
    assert(w->depth > 0 && w->is_object[w->depth - 1] && !w->has_key);
    if (w->needs_comma[w->depth - 1]) {
        buffer_byte(w->out, ',');
    }
    w->needs_comma[w->depth - 1] = true;
    w->has_key = true;
    write_quoted(w->out, key, strlen(key));
    buffer_byte(w->out, ':');
}

void json_text_length(struct json_writer *w, const char *text, size_t length)
{
    value_begin(w);
    write_quoted(w->out, text, length);
}

void json_text(struct json_writer *w, const char *text)
{
    if (text == NULL) {
        json_value_null(w);
        return;
    }
    json_text_length(w, text, strlen(text));
}

void json_value_integer(struct json_writer *w, int64_t value)
{
    assert(value >= -TEXT_INTEGER_MAX && value <= TEXT_INTEGER_MAX);
    value_begin(w);
    buffer_integer(w->out, value);
}

void json_double(struct json_writer *w, double value)
{
    char text[TEXT_DOUBLE_BYTES];
    assert(isfinite(value));
    value_begin(w);
    buffer_append(w->out, text, text_from_double(text, value));
}

void json_value_boolean(struct json_writer *w, bool value)
{
    value_begin(w);
    buffer_text(w->out, value ? "true" : "false");
}

void json_value_null(struct json_writer *w)
{
    value_begin(w);
    buffer_text(w->out, "null");
}

void json_raw(struct json_writer *w, const char *json, size_t length)
{
    assert(length > 0);
    value_begin(w);
    buffer_append(w->out, json, length);
}

void json_instant(struct json_writer *w, int64_t time_ms)
{
    char text[TEXT_INSTANT_BYTES];
    json_text_length(w, text, text_from_instant(text, time_ms));
}

void json_hex(struct json_writer *w, const void *bytes, size_t length)
{
    const unsigned char *at = bytes;
    char pair[3];
    value_begin(w);
    buffer_byte(w->out, '"');
    for (size_t i = 0; i < length; i++) {
        text_to_hex(pair, at + i, 1);
        buffer_append(w->out, pair, 2);
    }
    buffer_byte(w->out, '"');
}

void json_member_text(struct json_writer *w, const char *key, const char *text)
{
    json_key(w, key);
    json_text(w, text);
}

void json_member_integer(struct json_writer *w, const char *key, int64_t value)
{
    json_key(w, key);
    json_value_integer(w, value);
}

void json_member_double(struct json_writer *w, const char *key, double value)
{
    json_key(w, key);
    json_double(w, value);
}

void json_member_boolean(struct json_writer *w, const char *key, bool value)
{
    json_key(w, key);
    json_value_boolean(w, value);
}

void json_member_instant(struct json_writer *w, const char *key, int64_t time_ms)
{
    json_key(w, key);
    json_instant(w, time_ms);
}

void json_member_hex(struct json_writer *w, const char *key, const void *bytes, size_t length)
{
    json_key(w, key);
    json_hex(w, bytes, length);
}
