/*
 * What people saved of a checkpoint, by whatever means.
 */
#include "server/note_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ledger/checkpoint.h"
#include "server/anchor.h"
#include "server/tell.h"

/* What a way of saving adds to a text: CR before LF, and blank lines at the end. */
static size_t tidy_note(char *bytes, size_t length)
{
    size_t used = 0;
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] != '\r' || i + 1 >= length || bytes[i + 1] != '\n') {
            bytes[used++] = bytes[i];
        }
    }
    while (used >= 2 && bytes[used - 1] == '\n' && bytes[used - 2] == '\n') {
        used--;
    }
    return used;
}

const char *note_file_read(struct arena *arena, const char *path)
{
    char bytes[ANCHOR_SLOT_BYTES * 4];
    errno = 0;
    FILE *file = fopen(path, "rb");
    size_t length = file != NULL ? fread(bytes, 1, sizeof bytes, file) : 0;
    bool is_readable = file != NULL && !ferror(file);
    bool is_whole = is_readable && feof(file);
    int error = errno;
    if (file != NULL) {
        fclose(file);
    }
    length = tidy_note(bytes, length);
    if (!is_readable) {
        tell("--checkpoint: %s cannot be read: %s", path, strerror(error));
    } else if (!is_whole || !checkpoint_has_form(bytes, length)) {
        tell("--checkpoint: %s cannot be read as a checkpoint; it is member checkpoint of GET /ledger, saved by: "
             "curl -s http://HOST:PORT/ledger | jq -r .checkpoint > FILE", path);
    } else {
        return arena_copy(arena, bytes, length);
    }
    return NULL;
}
