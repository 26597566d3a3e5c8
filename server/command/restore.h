#ifndef SERVER_COMMAND_RESTORE_H
#define SERVER_COMMAND_RESTORE_H

#include "server/config/config.h"

/* What the ledger's copy is called in a data directory until it is verified and in place; the mark that stands there while files
 * are replaced; and the folder of what they replace until all of it is in it. serve does not begin beside the first two. */
#define RESTORE_UNFINISHED "tallystick.db.restoring"
#define RESTORE_MARK "restore.mark"
#define RESTORE_ASIDE "replaced.unfinished"

/*
 * The sub-command restore: a backup is copied into a data directory, verified there, and only then put in place. Refused beside a
 * running service; over a directory that is not empty without --replace; and, without --accept-loss, where the anchor there
 * or --checkpoint knows entries that the backup has not. Returns the exit code.
 */
int command_restore(const struct config *config);

#endif
