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

/*
 * What must not stand in a name: two names that look alike would be different, or a name would turn what a page shows behind it. These are
 * the separators of lines and the marks of direction (U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069), and what has no shape of its
 * own: soft hyphens, grapheme joiners, zero-width spaces, word joiners, invisible operators (U+00AD, U+034F, U+180E, U+200B, U+2060 to U+206F,
 * U+FEFF, U+FFF9 to U+FFFB) and the fillers of Hangul (U+115F, U+1160, U+3164, U+FFA0). The blank of Braille (U+2800) is a character of Braille.
 * Joiners (U+200C, U+200D), variation selectors and tags are none: Persian, the scripts of India and the flags of countries are written with them.
 *
 * True: the text, which is well-formed UTF-8, has one; *code is the first one's number, *place which character it is, from 1.
 */
bool unseen_find(const char *text, unsigned *code, size_t *place);

#endif
