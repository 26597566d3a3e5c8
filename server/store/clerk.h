#ifndef SERVER_STORE_CLERK_H
#define SERVER_STORE_CLERK_H

#include "base/status.h"
#include "handlers/callers.h"

/*
 * Writes down once a minute, and when it is closed, when tokens were used last (node.db). On a thread of its own, so
 * that nobody waits for the disk. A write that fails is logged and tried no more: the next use is.
 */
struct clerk;

enum status clerk_open(const char *node_path, struct callers *callers, struct clerk **clerk) NODISCARD;
void clerk_close(struct clerk *clerk); /* NULL does nothing */

#endif
