#ifndef SERVER_COMMAND_WITNESS_H
#define SERVER_COMMAND_WITNESS_H

#include "server/config/config.h"

/* The sub-command witness. The exit code of the program: 3 after an alarm; with --once 0 where all was well, 1 where there was no
 * usable answer; 2 where it could not begin. */
int command_witness(const struct config *config);

#endif
