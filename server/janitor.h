#ifndef SERVER_JANITOR_H
#define SERVER_JANITOR_H

#include "base/status.h"

/*
 * The thread that looks after time: it cuts clients that take too long over a request
 * (libmicrohttpd only knows idleness, which a byte now and then defeats), reads out
 * sockets whose refusal should still arrive, closes idle connections once the service
 * stops, and writes the gathered log ten times a second.
 */

struct janitor;
struct server;

/* server is borrowed; its loops may not be open yet, see janitor_watch. */
enum status janitor_open(struct server *server, struct janitor **janitor) NODISCARD;

/* All loops are open: from now on clients are watched. */
void janitor_watch(struct janitor *janitor);

/* Before the loops are closed: no client is looked at afterwards. */
void janitor_unwatch(struct janitor *janitor);

/* Any thread: takes over a socket, reads it out for at most two seconds and closes it. */
void janitor_linger(struct janitor *janitor, int fd);

/* Stops the thread, closes what lingers, frees. NULL does nothing. */
void janitor_close(struct janitor *janitor);

#endif
