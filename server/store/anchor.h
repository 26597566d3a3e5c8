#ifndef SERVER_STORE_ANCHOR_H
#define SERVER_STORE_ANCHOR_H

#include <stdint.h>

#include "base/status.h"

/*
 * The anchor: a file `anchor` beside the database that holds the newest two checkpoint
 * notes, so that a ledger that was cut short or put back shows. Two slots of
 * ANCHOR_SLOT_BYTES each, the rest of a slot being NULs. Notes go into one slot, each over the
 * one before, until anchor_keep; then into the other one: a write that a crash or a loss of power
 * tears leaves the slot whole that was kept.
 * One thread at a time.
 */
#define ANCHOR_BEGUN_ANEW "begun anew\n" /* in the second slot of a backup's: the ledger had none to hold against; no note */
enum { ANCHOR_SLOT_BYTES = 1024, ANCHOR_SLOTS = 2 };

struct anchor;

struct anchor_notes {
    char notes[ANCHOR_SLOTS][ANCHOR_SLOT_BYTES + 1]; /* "" where a slot is empty */
};

/* Opens the file for writing, creates it where it is absent (mode 0600; its name is on the disk then). The first write
 * goes into the slot with the smaller or no checkpoint. */
enum status anchor_open(const char *data_dir, struct anchor **anchor) NODISCARD;
void anchor_close(struct anchor *anchor); /* keeps what was written, as far as that can be done; NULL does nothing */

/* STATUS_INVALID where the note is empty or does not fit; STATUS_IO, STATUS_EXHAUSTED
 * (disk full) where it was not written. */
enum status anchor_write(struct anchor *anchor, const char *note) NODISCARD;

/* The size on the second line of a note, whoever signed it; -1 where it is no whole note. */
int64_t anchor_note_size(const char *note);

/* Sees to it that the note written last is on the disk. Not after each: a ledger that goes on has a newer one soon. STATUS_IO where
 * it may not be. */
enum status anchor_keep(struct anchor *anchor) NODISCARD;

/* Both notes as they stand there, unchecked. STATUS_ABSENT where there is no file. */
enum status anchor_read(const char *data_dir, struct anchor_notes *notes) NODISCARD;

#endif
