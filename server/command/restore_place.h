#ifndef SERVER_COMMAND_RESTORE_PLACE_H
#define SERVER_COMMAND_RESTORE_PLACE_H

#include "base/status.h"
#include "server/command/restore_state.h"

/* Sets aside what is there and puts the verified copy and what belongs to it in its place, in an order that
 * leaves, wherever it is broken off, a directory that serve refuses or one that is whole. */
enum status restore_place(struct restore *restore) NODISCARD;

#endif
