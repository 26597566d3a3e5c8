#ifndef SERVER_COMMAND_EXPORT_H
#define SERVER_COMMAND_EXPORT_H

#include "server/config/config.h"

/* The sub-command export: the ledger as lines of JSON to standard output or a file, read beside a running service. The
 * exit code of the program: 1 where it could not be written or the ledger is not whole enough to be told. */
int command_export(const struct config *config);

#endif
