#ifndef TESTS_FAULT_SHIM_H
#define TESTS_FAULT_SHIM_H

#include <stdbool.h>

/* Between shim.c and shim_disk.c. */

/* Of a call that flushes a file: false, and errno, where the plan says that it fails. */
bool shim_may_flush(int file);

/* What was done to a name or a file, after it was: for the record. path may be NULL, file -1. */
void shim_note_flush(int file);
void shim_note_names(char deed, const char *from, const char *to);

#endif
