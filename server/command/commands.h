#ifndef SERVER_COMMAND_COMMANDS_H
#define SERVER_COMMAND_COMMANDS_H

#include "server/config/config.h"

/* The sub-commands besides serve, as far as they have no file of their own. Each returns the exit code of the program. */
int command_init(const struct config *config);

#endif
