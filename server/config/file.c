/*
 * Reading the file of --config. What stands in it: config.c.
 */
#include "server/config/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum status config_file_read(const char *path, char **text)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return errno == ENOENT ? STATUS_ABSENT : STATUS_IO;
    }
    char *bytes = malloc(CONFIG_FILE_BYTES_MAX + 1);
    size_t length = bytes != NULL ? fread(bytes, 1, CONFIG_FILE_BYTES_MAX, file) : 0;
    int error = bytes == NULL ? ENOMEM : ferror(file) ? errno : length == CONFIG_FILE_BYTES_MAX ? EFBIG
                : memchr(bytes, 0, length) != NULL ? EILSEQ : 0;
    fclose(file);
    if (error != 0) {
        free(bytes);
        errno = error;
        return STATUS_IO;
    }
    bytes[length] = 0;
    *text = bytes;
    return STATUS_OK;
}
