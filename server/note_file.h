#ifndef SERVER_NOTE_FILE_H
#define SERVER_NOTE_FILE_H

#include "base/arena.h"
#include "ledger/witness_policy.h"

/* The file that --checkpoint names, as the text of a checkpoint; NULL and a message where it is none, which says nothing about
 * any ledger. */
const char *note_file_read(struct arena *arena, const char *path);

/* The file that --witness-policy names; NULL and a message with its line where it is no policy. */
const struct witness_policy *policy_file_read(struct arena *arena, const char *path);

#endif
