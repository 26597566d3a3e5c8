#ifndef SERVER_COMMAND_COMMANDS_H
#define SERVER_COMMAND_COMMANDS_H

#include "server/config/config.h"
#include "server/serve.h"

/* The sub-commands besides serve, as far as they have no file of their own. Each returns the exit code of the program. */
int command_init(const struct config *config);

/* What --version prints and the contract's info carries. */
#define TALLYSTICK_VERSION "0.1.0"

#endif
