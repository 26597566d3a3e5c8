#ifndef SERVER_CONFIG_FILE_H
#define SERVER_CONFIG_FILE_H

#include "base/status.h"

enum { CONFIG_FILE_BYTES_MAX = 64 * 1024 };

/* The whole file as text, for the caller to free. STATUS_ABSENT where there is none, STATUS_IO and others for all else;
 * errno says why. */
enum status config_file_read(const char *path, char **text) NODISCARD;

#endif
