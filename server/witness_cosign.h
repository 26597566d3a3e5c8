#ifndef SERVER_WITNESS_COSIGN_H
#define SERVER_WITNESS_COSIGN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/status.h"
#include "ledger/checkpoint.h"

/*
 * The signature of a witness below a note, which is on the disk as seen before: whoever calls has checked it, since here nothing is.
 */
struct fetch;
struct witness_key;

/* Signs the note with the time that it is, delivers it where fetch is not NULL, and keeps it in the directory as the file cosigned.
 * All is borrowed. STATUS_INVALID: it is no note, or the clock is out of range; STATUS_IO: it was not taken or not kept, which is
 * told. */
enum status witness_cosign(const struct witness_key *own, const char *dir, struct fetch *fetch, const char *text, size_t length) NODISCARD;

/* Whether the note in cosigned is of this checkpoint. It is read into the arena. */
bool witness_cosign_is_done(struct arena *arena, const char *dir, const struct checkpoint *checkpoint);

#endif
