#ifndef SERVER_STORE_DIRECTORY_H
#define SERVER_STORE_DIRECTORY_H

#include <stdbool.h>

#include "base/status.h"

/*
 * A data directory as a directory: who has it, and that names in it are on the disk.
 */

/* Makes the directory where it is absent (mode 0700), and sees to it that its name is on the disk: else a loss of power could
 * take it away with all that was flushed into it. False, with errno, where that failed. */
bool directory_make(const char *path);

/* Takes the directory for this process until *lock is closed; makes it where it is absent (mode 0700). STATUS_BUSY where a
 * service or another sub-command has it. What is wrong is told. */
enum status directory_lock(const char *data_dir, int *lock) NODISCARD;

/* Whether another process has it now. False where there is no such directory or no lock in it. */
bool directory_is_locked(const char *data_dir);

/* After files were made, renamed or removed. False, with errno, where that failed. */
bool directory_sync(const char *path);

#endif
