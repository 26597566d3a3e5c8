#ifndef SERVER_ANCHOR_H
#define SERVER_ANCHOR_H

#include <stdint.h>

#include "base/status.h"

/*
 * The anchor: a file `anchor` beside the database that holds the newest two checkpoint
 * notes, so that a ledger that was cut short or put back shows. Two slots of
 * ANCHOR_SLOT_BYTES each, written in turn by one pwrite, the rest of a slot being NULs:
 * a write that a crash tears leaves the other slot whole. It is never synced: it guards
 * against tampering with the database, not against a loss of power.
 * One thread at a time.
 */
enum { ANCHOR_SLOT_BYTES = 1024, ANCHOR_SLOTS = 2 };

struct anchor;

struct anchor_notes {
    char notes[ANCHOR_SLOTS][ANCHOR_SLOT_BYTES + 1]; /* "" where a slot is empty */
};

/* Opens the file for writing, creates it where it is absent (mode 0600). The first write
 * goes into the slot with the smaller or no checkpoint. */
enum status anchor_open(const char *data_dir, struct anchor **anchor) NODISCARD;
void anchor_close(struct anchor *anchor); /* NULL does nothing */

/* STATUS_INVALID where the note is empty or does not fit; STATUS_IO, STATUS_EXHAUSTED
 * (disk full) where it was not written. */
enum status anchor_write(struct anchor *anchor, const char *note) NODISCARD;

/* The size on the second line of a note, whoever signed it; -1 where it is no whole note. */
int64_t anchor_note_size(const char *note);

/* Both notes as they stand there, unchecked. STATUS_ABSENT where there is no file. */
enum status anchor_read(const char *data_dir, struct anchor_notes *notes) NODISCARD;

#endif
