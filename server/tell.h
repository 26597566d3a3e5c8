#ifndef SERVER_TELL_H
#define SERVER_TELL_H

#include <stdbool.h>

/*
 * Sentences on standard error for whoever typed a command or wrote a unit file: what was wrong, where, and what would
 * work. The log's lines are for machines and tell of the running service.
 */

/* "tallystick: ", the sentence and a line feed, behind what was logged. Line feeds within it become blanks. */
void tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Whether anything was told so far. */
bool tell_was_used(void);

#endif
