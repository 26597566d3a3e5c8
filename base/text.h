#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Text in, values out, and back. Nothing here allocates; all functions are thread-safe. */

enum {
    TEXT_INTEGER_BYTES = 24, /* room for text_from_integer and its NUL */
    TEXT_DOUBLE_BYTES = 32,  /* room for text_from_double and its NUL */
    TEXT_INSTANT_BYTES = 32, /* room for text_from_instant and its NUL */
    TEXT_DATE_BYTES = 11     /* YYYY-MM-DD and its NUL */
};

/* The largest integer that every JSON reader keeps exactly. */
#define TEXT_INTEGER_MAX ((int64_t)9007199254740991)

/* A JSON number with the fewest digits that read back as exactly value; 0 for -0.
 * value must be finite (asserted). Returns the length. */
size_t text_from_double(char out[TEXT_DOUBLE_BYTES], double value);

/* Decimal digits, as printf would write them but without it: lists and the log are full of them. Returns the length. */
size_t text_from_integer(char out[TEXT_INTEGER_BYTES], int64_t value);

/* Decimal digits only, an optional '-' first, the whole text; STATUS_INVALID else
 * or where the value does not fit. */
enum status text_to_integer(const char *text, int64_t *value) NODISCARD;

/* A finite number, the whole text in the grammar of JSON (no "+1", ".5", "1.", "01"), so
 * that it may be handed on as it came; STATUS_INVALID else. */
enum status text_to_double(const char *text, double *value) NODISCARD;

/* Lower-case hexadecimal digits and a NUL: out has room for 2 * length + 1. */
void text_to_hex(char *out, const void *bytes, size_t length);

/* The value of a hexadecimal digit of either case; -1 for another character. */
int text_hex_digit(char c);

/* Exactly 2 * length hexadecimal digits of either case; STATUS_INVALID else. */
enum status text_from_hex(const char *hex, void *bytes, size_t length) NODISCARD;

/* Base64 with padding (RFC 4648, section 4). out has room for TEXT_BASE64_BYTES(length). */
#define TEXT_BASE64_BYTES(length) (((length) + 2) / 3 * 4 + 1)
size_t text_to_base64(char *out, const void *bytes, size_t length);

/* Base64url without padding (RFC 4648, section 5); the same room. */
size_t text_to_base64url(char *out, const void *bytes, size_t length);

/* Decodes strict base64 with padding. out has room for length / 4 * 3 bytes; on
 * failure its content is of no use. */
enum status text_from_base64(const char *text, size_t length, void *out, size_t *out_length) NODISCARD;

/* An instant in milliseconds since 1970 as RFC 3339 UTC, always with three
 * digits of milliseconds, so that texts sort as their instants do: 2020-02-03T06:10:00.000Z.
 * Beyond the years 0 and 9999, which only a damaged file has, it is the first or the last that can be written. */
size_t text_from_instant(char out[TEXT_INSTANT_BYTES], int64_t time_ms);

/* RFC 3339 with Z or an offset, to milliseconds since 1970. Leap seconds, years
 * outside 1970..9999 (as written and in UTC) and impossible dates are STATUS_INVALID. */
enum status text_to_instant(const char *text, int64_t *time_ms) NODISCARD;

/* YYYY-MM-DD of a real date, as days since 1970-01-01; STATUS_INVALID else. The way back ends as that of instants does. */
enum status text_to_date(const char *text, int64_t *days) NODISCARD;
void text_from_date(char out[TEXT_DATE_BYTES], int64_t days);

/* [A-Za-z0-9._-]{1,64}: what may be stored. Ledgers from before text_is_path_id was asked
 * for may hold "." and "..", and are read as they are. */
bool text_is_id(const char *text);

/* An id that can stand in a path: not "." or "..", which clients resolve before they send
 * it (RFC 3986, 5.2.4). Whatever comes in is held against this one. */
bool text_is_path_id(const char *text);

/* [a-z][a-z0-9_-]{0,63} */
bool text_is_word(const char *text);

/* Well-formed UTF-8 (RFC 3629) without overlong forms and surrogates. */
bool text_is_utf8(const char *bytes, size_t length);

/* Makes the bytes one line that any terminal or reader of logs takes, in place: control characters become blanks, and
 * each byte of what is not UTF-8 becomes a question mark. */
void text_make_line(char *bytes, size_t length);

/* True where both have the same bytes; the time does not depend on where they differ. */
bool text_equal_constant_time(const void *a, const void *b, size_t length);

/* The nearest of count names to a misspelt one, or NULL where none is near enough
 * to be a likely slip (edit distance at most 2 and below half the length). */
const char *text_nearest(const char *text, const char *const *names, size_t count);

#endif
