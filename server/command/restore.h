#ifndef SERVER_COMMAND_RESTORE_H
#define SERVER_COMMAND_RESTORE_H

#include "server/config/config.h"

/*
 * The sub-command restore: a backup is copied into a data directory, verified there, and only then put in place. Refused beside a
 * running service; over a directory that is not empty without --replace; and, without --accept-loss, where the anchor there
 * or --checkpoint knows entries that the backup has not. Returns the exit code.
 */
int command_restore(const struct config *config);

#endif
