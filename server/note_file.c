/*
 * What people saved of a checkpoint, by whatever means.
 */
#include "server/note_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ledger/checkpoint.h"
#include "server/tell.h"

enum { NOTE_FILE_BYTES_MAX = 256 * 1024 /* a checkpoint with as many lines of witnesses as there may be, long ones too */ };

/* What a way of saving adds to a text: CR before LF, and blank lines at the end, but for the one that ends a note's text. */
static size_t tidy_note(char *bytes, size_t length)
{
    size_t used = 0;
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] != '\r' || i + 1 >= length || bytes[i + 1] != '\n') {
            bytes[used++] = bytes[i];
        }
    }
    while (used >= 2 && bytes[used - 1] == '\n' && bytes[used - 2] == '\n' && memmem(bytes, used - 1, "\n\n", 2) != NULL) {
        used--;
    }
    return used;
}

const char *note_file_read(struct arena *arena, const char *path)
{
    struct checkpoint read;
    char *bytes = arena_alloc(arena, NOTE_FILE_BYTES_MAX);
    if (bytes == NULL) {
        return NULL;
    }
    errno = 0;
    FILE *file = fopen(path, "rb");
    size_t length = file != NULL ? fread(bytes, 1, NOTE_FILE_BYTES_MAX, file) : 0;
    bool is_readable = file != NULL && !ferror(file);
    bool is_whole = is_readable && feof(file);
    int error = errno;
    if (file != NULL) {
        fclose(file);
    }
    length = tidy_note(bytes, length);
    if (!is_readable) {
        tell("--checkpoint: %s cannot be read: %s", path, strerror(error));
    } else if (!is_whole || checkpoint_parse(&read, bytes, length) != STATUS_OK) {
        tell("--checkpoint: %s cannot be read as a checkpoint; it is what GET /ledger/checkpoint gives, saved by: "
             "curl -s http://HOST:PORT/ledger/checkpoint > FILE", path);
    } else {
        return arena_copy(arena, bytes, length);
    }
    return NULL;
}
