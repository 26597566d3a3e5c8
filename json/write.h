#ifndef JSON_WRITE_H
#define JSON_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/limits.h"

/*
 * A streaming JSON writer into a buffer. Calls nest as the document does; a misuse
 * (a member outside an object, an unclosed array) is an assertion. Output is compact,
 * members in call order, UTF-8 as it is, control characters and quotes escaped.
 * In an object every value is preceded by json_key; in an array it is not.
 * Bytes that are not UTF-8 are written as U+FFFD, so that the output always is JSON.
 * One thread at a time. Memory failure shows as buffer->failed.
 *
 * The names json_integer, json_boolean and json_null are jansson's own (and defining them
 * would replace its functions within the program): here they are json_value_*.
 */
struct json_writer {
    struct buffer *out;
    unsigned depth;
    bool needs_comma[LIMIT_JSON_DEPTH];
    bool is_object[LIMIT_JSON_DEPTH];
    bool has_key;
    bool has_value; /* at the top level: its one value has begun */
};

void json_writer_init(struct json_writer *w, struct buffer *out);
void json_object_begin(struct json_writer *w);
void json_object_end(struct json_writer *w);
void json_array_begin(struct json_writer *w);
void json_array_end(struct json_writer *w);
void json_key(struct json_writer *w, const char *key);

void json_text(struct json_writer *w, const char *text);            /* NULL writes null */
void json_text_length(struct json_writer *w, const char *text, size_t length);
void json_value_integer(struct json_writer *w, int64_t value);      /* |value| <= 2^53 - 1 asserted */
void json_double(struct json_writer *w, double value);              /* shortest; finite asserted */
void json_value_boolean(struct json_writer *w, bool value);
void json_value_null(struct json_writer *w);
void json_raw(struct json_writer *w, const char *json, size_t length); /* one complete value, trusted */
void json_instant(struct json_writer *w, int64_t time_ms);          /* RFC 3339 */
void json_hex(struct json_writer *w, const void *bytes, size_t length);

/* Asserts that one whole value has been written: the end of a document. */
void json_writer_finish(const struct json_writer *w);

/* key and value in one call, for the members of an object. */
void json_member_text(struct json_writer *w, const char *key, const char *text); /* NULL writes null */
void json_member_integer(struct json_writer *w, const char *key, int64_t value);
void json_member_double(struct json_writer *w, const char *key, double value);
void json_member_boolean(struct json_writer *w, const char *key, bool value);
void json_member_instant(struct json_writer *w, const char *key, int64_t time_ms);
void json_member_hex(struct json_writer *w, const char *key, const void *bytes, size_t length);

#endif
