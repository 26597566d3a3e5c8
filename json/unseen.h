#ifndef JSON_UNSEEN_H
#define JSON_UNSEEN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

/*
 * Characters that a terminal or a viewer obeys instead of showing them, beside those that JSON escapes anyway: DEL, the second
 * set of controls (U+0080 to U+009F), the separators of lines (U+2028, U+2029) and the marks that turn the direction of text
 * around (U+202A to U+202E, U+2066 to U+2069).
 */

/* False: the JSON has none, and nothing was appended. Else appends it with those in its strings as \uXXXX, which means the same;
 * out's failed says that memory was short. */
bool unseen_escape(const char *json, size_t length, struct buffer *out);

#endif
