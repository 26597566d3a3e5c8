#ifndef SERVER_COMMAND_KEY_H
#define SERVER_COMMAND_KEY_H

#include "server/config/config.h"

/*
 * The sub-command key rotate: the node's keys end with an entry of their own, new ones are valid from the next. Refused beside a
 * running service. Returns the exit code.
 *
 * Where the key lies in a file, the new one lies beside it, synced, before the entry is committed, and takes its place afterwards;
 * the old one keeps a name until then. Broken off at any moment, either key is where the next start finds it (node_key.h).
 */
int command_key_rotate(const struct config *config);

#endif
