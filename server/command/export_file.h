#ifndef SERVER_COMMAND_EXPORT_FILE_H
#define SERVER_COMMAND_EXPORT_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/status.h"
#include "rules/export/read.h"

/*
 * The file that an export is written to. One that was cut, or that is to have what came later too, goes on behind its last
 * checkpoint: what it then holds is byte for byte what an export from the beginning would be.
 */
struct export_file {
    int fd;
    size_t bytes;         /* that the file has */
    const char *first;    /* its first line, or what there is of it; in the arena */
    size_t first_length;  /* with its line feed */
    bool has_header;
    struct export_line header;
    bool has_checkpoint;
    struct export_line checkpoint; /* the last one */
    size_t checkpoint_end;         /* where its line ends */
    bool has_end;                  /* the last line is that of an end */
    struct export_line end;
};

/* Opens path, makes it where it is absent (mode 0600), locks it against another export, and looks at what is in it. What is
 * wrong is told. */
enum status export_file_open(const char *path, struct arena *arena, struct export_file *file) NODISCARD;

/* Cuts it off at bytes; what is written next stands there. */
enum status export_file_cut(const char *path, struct export_file *file, size_t bytes) NODISCARD;

/* Writes all of it; told where that fails. path is for the message. */
enum status export_file_write(int fd, const char *path, const char *bytes, size_t length) NODISCARD;

/* Syncs and closes. */
enum status export_file_close(const char *path, struct export_file *file) NODISCARD;

#endif
