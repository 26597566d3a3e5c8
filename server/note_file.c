/*
 * What people saved of a checkpoint, by whatever means, and what they wrote of when one counts.
 */
#include "server/note_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
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

/* The bytes of a file, with a NUL behind them. NULL and a message where it cannot be read or is longer than bytes_max. */
static char *read_file(struct arena *arena, const char *option, const char *path, size_t bytes_max, size_t *length)
{
    char *bytes = arena_alloc(arena, bytes_max + 2);
    if (bytes == NULL) {
        return NULL;
    }
    errno = 0;
    FILE *file = fopen(path, "rb");
    *length = file != NULL ? fread(bytes, 1, bytes_max + 1, file) : 0;
    bool is_readable = file != NULL && !ferror(file);
    int error = errno;
    if (file != NULL) {
        fclose(file);
    }
    if (!is_readable) {
        tell("%s: %s cannot be read: %s", option, path, strerror(error));
        return NULL;
    }
    if (*length > bytes_max) {
        tell("%s: %s is longer than %zu bytes, so it is something else", option, path, bytes_max);
        return NULL;
    }
    bytes[*length] = 0;
    return bytes;
}

const char *note_file_read(struct arena *arena, const char *path)
{
    struct checkpoint read;
    size_t length = 0;
    char *bytes = read_file(arena, "--checkpoint", path, NOTE_FILE_BYTES_MAX, &length);
    if (bytes == NULL) {
        return NULL;
    }
    length = tidy_note(bytes, length);
    if (checkpoint_parse(&read, bytes, length) != STATUS_OK) {
        tell("--checkpoint: %s cannot be read as a checkpoint; it is what GET /ledger/checkpoint gives, saved by: "
             "curl -s http://HOST:PORT/ledger/checkpoint > FILE", path);
        return NULL;
    }
    return arena_copy(arena, bytes, length);
}

const struct witness_policy *policy_file_read(struct arena *arena, const char *path)
{
    struct witness_policy_error error = { .line = 0 };
    size_t length = 0;
    struct witness_policy *policy = arena_alloc(arena, sizeof *policy);
    const char *text = policy == NULL ? NULL : read_file(arena, "--witness-policy", path, WITNESS_POLICY_BYTES_MAX, &length);
    if (text == NULL) {
        return NULL;
    }
    if (witness_policy_read(policy, text, length, &error) != STATUS_OK) {
        text_make_line(error.reason, strlen(error.reason));
        tell("--witness-policy: %s:%zu: %s", path, error.line, error.reason);
        return NULL;
    }
    return policy;
}
