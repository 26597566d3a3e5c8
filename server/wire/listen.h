#ifndef SERVER_WIRE_LISTEN_H
#define SERVER_WIRE_LISTEN_H

#include <stdbool.h>

#include "base/status.h"

/*
 * The thread that accepts at one listening socket and deals connections to the loops,
 * each to the least loaded one. Who comes over a limit gets a 503 and is closed, without
 * anybody waiting for that.
 */

struct listener;
struct server;

/* fd listens and does not block; it is borrowed. With is_tls the clients speak TLS, with server->relay. */
enum status listener_open(int fd, bool is_tls, struct server *server, struct listener **listener) NODISCARD;

/* Starts accepting; server's loops, addresses and janitor are in place. */
enum status listener_start(struct listener *listener) NODISCARD;

/* Deals what has been accepted by the system so far, then ends the thread. NULL does nothing. */
void listener_close(struct listener *listener);

#endif
