#ifndef SERVER_TELL_H
#define SERVER_TELL_H

#include "base/status.h"

/*
 * Sentences on standard error for whoever typed a command or wrote a unit file: what was wrong, where, and what would
 * work. The log's lines are for machines and tell of the running service.
 */

/* "tallystick: ", the sentence and a line feed, behind what was logged. Line feeds within it become blanks. */
void tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What could not be done with a data directory and what would help, unless something was told already, which then is nearer
 * to the cause. */
void tell_failure(const char *what, const char *data_dir, enum status status);

#endif
