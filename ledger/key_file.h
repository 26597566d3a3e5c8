#ifndef LEDGER_KEY_FILE_H
#define LEDGER_KEY_FILE_H

#include "base/status.h"
#include "ledger/key.h"

/*
 * Keys in files: what key_write makes of one, mode 0600. A key file appears under its name whole and synced, or not at
 * all. What is wrong is logged, never the key.
 */

/* STATUS_ABSENT where there is none, STATUS_INVALID where it is not such a file or others may read it (mode bits
 * beyond 0600), STATUS_IO else. */
enum status key_file_load(const char *path, struct key **key) NODISCARD;

/* Writes a new key file with mode 0600 (O_EXCL), synced, its directory too.
 * STATUS_CONFLICT where the file exists. */
enum status key_file_save(const struct key *key, const char *path) NODISCARD;

/* Gives the file a second name in the same directory, durably; one that is there already gives way. */
enum status key_file_keep(const char *path, const char *name) NODISCARD;

/* Gives the file the other's name and place at once, durably: under `path` there is a whole key at any moment. */
enum status key_file_replace(const char *from, const char *path) NODISCARD;

/* Removes the name durably; STATUS_OK where there is none. */
enum status key_file_remove(const char *path) NODISCARD;

#endif
