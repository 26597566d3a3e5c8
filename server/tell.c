/*
 * Telling people. Used before the service runs and by the sub-commands, so by one thread.
 */
#include "server/tell.h"

#include <stdarg.h>
#include <stdbool.h>
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

/* What would help against a failure that a library has logged. */
static const char *advice(enum status status)
{
    switch (status) {
    case STATUS_BUSY:
        return "another process holds it: try again when that one has ended";
    case STATUS_EXHAUSTED:
        return "there is no room left on the disk or in memory: make some";
    case STATUS_CORRUPT:
        return "a file in it is damaged, or is not Tallystick's (the line above says more): put a backup back, as docs/backup.md says, or "
               "name another directory by --data-dir";
    case STATUS_IO:
        return "a file in it could not be read or written (the line above says more): it must belong to the user that runs "
               "this, on a disk that may be written to (SQLite writes beside a database to read it, too: take a copy where it may not)";
    case STATUS_INVALID:
        return "what it holds does not fit this program (the line above says more)";
    case STATUS_OK:
    case STATUS_ABSENT:
    case STATUS_CONFLICT:
        break;
    }
    return status_name(status);
}

void tell_failure(const char *what, const char *data_dir, enum status status)
{
    if (!is_used) {
        tell("%s; data directory %s: %s", what, data_dir, advice(status));
    }
}
