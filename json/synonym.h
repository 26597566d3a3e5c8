#ifndef JSON_SYNONYM_H
#define JSON_SYNONYM_H

#include <stddef.h>

/* The known name that was probably meant by another one: the nearest by slips of the hand (text_nearest); else one that
 * says the same (qty: quantity), else the only one that begins with it or that it begins with (dest: destination). NULL
 * where none is. Borrowed from names. */
const char *synonym_nearest(const char *text, const char *const *names, size_t count);

#endif
