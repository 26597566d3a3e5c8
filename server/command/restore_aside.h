#ifndef SERVER_COMMAND_RESTORE_ASIDE_H
#define SERVER_COMMAND_RESTORE_ASIDE_H

#include "base/status.h"
#include "server/command/restore_state.h"

/*
 * Inside restore.c and restore_place.c only: what a directory held before, and the mark (RESTORE_MARK) that stands in it while
 * a restore replaces its files: where that is now, and whether its tokens stay. serve does not begin beside a mark, and the restore
 * that comes next goes by what was there at first, whatever the broken one had replaced. What fails is told.
 */

/* Reads a mark, where there is one: restore->is_resumed, and with it aside and tokens. STATUS_CORRUPT where it cannot be read. */
enum status restore_aside_find(struct restore *restore) NODISCARD;

/* Gives all that is to be replaced a second name in a folder of its own, where anything was there and no mark says that it has
 * one, and then sets the mark. Nothing has been replaced when it returns. */
enum status restore_aside_set(struct restore *restore) NODISCARD;

/* Takes the mark away: everything is in place. */
enum status restore_aside_end(struct restore *restore) NODISCARD;

#endif
