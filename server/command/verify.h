#ifndef SERVER_COMMAND_VERIFY_H
#define SERVER_COMMAND_VERIFY_H

#include "server/config/config.h"

/* The sub-command verify. The exit code of the program: 0 where everything that was looked at holds, 1 where the ledger is
 * broken, 2 where that could not be found out. */
int command_verify(const struct config *config);

#endif
