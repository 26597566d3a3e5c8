#ifndef SERVER_COMMAND_BACKUP_H
#define SERVER_COMMAND_BACKUP_H

#include "server/config/config.h"

/*
 * The sub-command backup: a copy of a data directory's ledger, state and tokens, beside a running service too. A directory of the
 * same names comes out of it (tallystick.db, node.db, anchor, with --with-key node.key), or, where --output ends in .db, the
 * database alone. Nothing bears its name before it is whole; tallystick.db comes last. Returns the exit code.
 */
int command_backup(const struct config *config);

#endif
