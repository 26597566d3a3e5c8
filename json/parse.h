#ifndef JSON_PARSE_H
#define JSON_PARSE_H

#include <stddef.h>

#include <jansson.h>

#include "base/status.h"
#include "json/faults.h"

/*
 * JSON text to a jansson document. Strict: RFC 8259, UTF-8 without a byte order mark, no
 * duplicate members, no NUL (raw or escaped), no lone surrogates, nothing behind the
 * value. Numbers within 64 bits or a double's range can be read, larger ones are named.
 */

/* Parses a body. Any JSON value is accepted at the top: json_bind refuses what is not an
 * object with wrong_type at its pointer (well-formed but wrong, unlike the faults here).
 * On STATUS_INVALID, faults has one fault more, at pointer "", with code
 *   too_deep          more than LIMIT_JSON_DEPTH arrays and objects in one another,
 *   too_many_values   more memory than LIMIT_JSON_MEMORY would be needed,
 *   duplicate_member  a member stands twice in one object,
 *   invalid_json      anything else,
 * whose detail names line and column (in characters, from 1, where reading stopped).
 * Where nothing is wrong but that numbers are too large, each has a fault out_of_range at
 * its pointer instead, and *document is set all the same, so that whoever goes on can name
 * what else is wrong; json_is_unfit (json/unfit.h) knows those numbers in it. In every other
 * failure *document stays as it was. The caller json_decref()s the document.
 * STATUS_EXHAUSTED without memory. */
enum status json_parse(const char *bytes, size_t length, json_t **document, struct faults *faults) NODISCARD;

/* jansson often takes memory that it did not get for a fault of the text. So its allocations go through one of ours, which says here
 * that one failed on this thread; json_parse asks. For tests that give jansson another one. */
void json_parse_lacked_memory(void);

/* "a text", "an array", ... for messages about a value's type. */
const char *json_type_phrase(const json_t *value);

#endif
