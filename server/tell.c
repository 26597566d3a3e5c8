/*
 * Telling people. Used before the service runs and by the sub-commands, so by one thread.
 */
#include "server/tell.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/log.h"

enum { SENTENCE_BYTES = 2048 };

static bool is_used;

void tell(const char *format, ...)
{
    char sentence[SENTENCE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    for (char *at = sentence; *at != 0; at++) {
        if (*at == '\n' || *at == '\r') {
            *at = ' '; /* a path with a line feed forges no line */
        }
    }
    log_flush();
    fprintf(stderr, "tallystick: %s\n", sentence);
    is_used = true;
}

bool tell_was_used(void)
{
    return is_used;
}
