/*
 * Reading and writing the anchor file. The sequencer writes it after each commit and keeps it
 * when it moves the log into the database; `serve` and `verify` read it.
 */
#include "server/store/anchor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "ledger/checkpoint.h"
#include "server/store/directory.h"

enum { PATH_BYTES = 4096 };

_Static_assert((int)CHECKPOINT_NOTE_BYTES_MAX <= (int)ANCHOR_SLOT_BYTES, "the longest checkpoint fits into a slot");

struct anchor {
    int fd;
    unsigned slot; /* that the next write takes */
    bool is_written; /* since it was kept last */
};

static enum status system_status(const char *what)
{
    int error = errno;
    log_error("anchor", "call=%s error=\"%s\"", what, strerror(error));
    return error == ENOSPC || error == EDQUOT || error == ENOMEM ? STATUS_EXHAUSTED : STATUS_IO;
}

static enum status file_path(const char *data_dir, char path[PATH_BYTES])
{
    int length = snprintf(path, PATH_BYTES, "%s/anchor", data_dir);
    return length > 0 && length < PATH_BYTES ? STATUS_OK : STATUS_INVALID;
}

static enum status read_slots(int fd, struct anchor_notes *notes)
{
    memset(notes, 0, sizeof *notes);
    for (int slot = 0; slot < ANCHOR_SLOTS; slot++) {
        size_t used = 0;
        while (used < ANCHOR_SLOT_BYTES) {
            ssize_t got = pread(fd, notes->notes[slot] + used, ANCHOR_SLOT_BYTES - used,
                                (off_t)slot * ANCHOR_SLOT_BYTES + (off_t)used);
            if (got < 0 && errno == EINTR) {
                continue;
            }
            if (got < 0) {
                return system_status("pread");
            }
            if (got == 0) {
                break;
            }
            used += (size_t)got;
        }
    }
    return STATUS_OK;
}

int64_t anchor_note_size(const char *note)
{
    char digits[32];
    const char *line = strchr(note, '\n');
    size_t length = line != NULL ? strcspn(line + 1, "\n") : 0;
    int64_t size = -1;
    size_t end = strlen(note);
    if (line == NULL || length == 0 || length >= sizeof digits || line[1 + length] != '\n' || note[end - 1] != '\n') {
        return -1; /* empty, torn or something else */
    }
    memcpy(digits, line + 1, length);
    digits[length] = 0;
    return text_to_integer(digits, &size) == STATUS_OK ? size : -1;
}

enum status anchor_open(const char *data_dir, struct anchor **anchor)
{
    char path[PATH_BYTES];
    enum status status = file_path(data_dir, path);
    if (status != STATUS_OK) {
        return status;
    }
    struct anchor *opened = calloc(1, sizeof *opened);
    struct anchor_notes *notes = calloc(1, sizeof *notes);
    if (opened == NULL || notes == NULL) {
        status = STATUS_EXHAUSTED;
        goto failed;
    }
    opened->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (opened->fd < 0) {
        status = system_status("open");
        goto failed;
    }
    if (!directory_sync(data_dir)) {
        status = system_status("fsync");
        goto failed_open;
    }
    status = read_slots(opened->fd, notes);
    if (status != STATUS_OK) {
        goto failed_open;
    }
    opened->slot = anchor_note_size(notes->notes[0]) <= anchor_note_size(notes->notes[1]) ? 0 : 1;
    free(notes);
    *anchor = opened;
    return STATUS_OK;

failed_open:
    close(opened->fd);
failed:
    free(notes);
    free(opened);
    return status;
}

void anchor_close(struct anchor *anchor)
{
    if (anchor != NULL) {
        if (anchor_keep(anchor) != STATUS_OK) {
            log_error("anchor", "kept=no");
        }
        close(anchor->fd);
        free(anchor);
    }
}

enum status anchor_write(struct anchor *anchor, const char *note)
{
    char slot[ANCHOR_SLOT_BYTES] = {0};
    size_t length = strlen(note);
    if (length == 0 || length > sizeof slot) {
        return STATUS_INVALID;
    }
    memcpy(slot, note, length);
    anchor->is_written = true;
    off_t offset = (off_t)anchor->slot * ANCHOR_SLOT_BYTES;
    ssize_t written;
    do {
        written = pwrite(anchor->fd, slot, sizeof slot, offset);
    } while (written < 0 && errno == EINTR);
    if (written < 0) {
        return system_status("pwrite");
    }
    if ((size_t)written != sizeof slot) {
        log_error("anchor", "call=pwrite written=%zd", written);
        return STATUS_EXHAUSTED;
    }
    return STATUS_OK;
}

enum status anchor_keep(struct anchor *anchor)
{
    if (!anchor->is_written) {
        return STATUS_OK;
    }
    if (fdatasync(anchor->fd) != 0) {
        int error = errno;
        log_error("anchor", "call=fdatasync error=\"%s\"", strerror(error));
        return STATUS_IO;
    }
    anchor->is_written = false;
    anchor->slot = 1 - anchor->slot;
    return STATUS_OK;
}

enum status anchor_read(const char *data_dir, struct anchor_notes *notes)
{
    char path[PATH_BYTES];
    enum status status = file_path(data_dir, path);
    if (status != STATUS_OK) {
        return status;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT ? STATUS_ABSENT : system_status("open");
    }
    struct anchor_notes *read = calloc(1, sizeof *read);
    status = read == NULL ? STATUS_EXHAUSTED : read_slots(fd, read);
    if (status == STATUS_OK) {
        *notes = *read;
    }
    free(read);
    close(fd);
    return status;
}
