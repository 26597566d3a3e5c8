#ifndef SERVER_SERVE_H
#define SERVER_SERVE_H

#include "server/config/config.h"

/*
 * The sub-command serve: puts the parts together, waits for SIGTERM or SIGINT, and takes
 * them apart again in the order that loses nothing. Returns the exit code: 0 after a
 * graceful stop, 1 where the service could not start.
 */
int command_serve(const struct config *config);

#endif
