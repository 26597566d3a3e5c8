#ifndef SERVER_COPY_FILE_H
#define SERVER_COPY_FILE_H

#include "base/status.h"

/* Copies a file that nobody writes to (mode 0600, synced); one that has the name already gives way, and none bears it that is not
 * whole. What it was copied through is wiped: it may be a key. What is wrong is told. */
enum status copy_file(const char *from, const char *to) NODISCARD;

#endif
