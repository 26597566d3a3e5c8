#ifndef SERVER_NOTE_FILE_H
#define SERVER_NOTE_FILE_H

#include "base/arena.h"

/* The file that --checkpoint names, as the text of a checkpoint; NULL and a message where it is none, which says nothing about
 * any ledger. */
const char *note_file_read(struct arena *arena, const char *path);

#endif
