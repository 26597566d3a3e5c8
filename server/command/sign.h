#ifndef SERVER_COMMAND_SIGN_H
#define SERVER_COMMAND_SIGN_H

#include "server/config/config.h"

/* The sub-commands with which whoever signs keeps a key and signs with it, away from any service: key new, key show, key sign. Each
 * returns the exit code of the program. */
int command_key_new(const struct config *config);
int command_key_show(const struct config *config);
int command_key_sign(const struct config *config);

#endif
