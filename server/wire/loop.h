#ifndef SERVER_WIRE_LOOP_H
#define SERVER_WIRE_LOOP_H

#include <stddef.h>

#include "base/status.h"

/*
 * One HTTP thread: a libmicrohttpd daemon without a listening socket, which drives one
 * lane. dispatch.c says what happens to a request.
 */

struct lane;
struct loop;
struct peer;
struct server;

/* Starts the thread. server and lane are borrowed; no other loop may drive the lane. */
enum status loop_open(struct server *server, struct lane *lane, struct loop **loop) NODISCARD;

/* Closes all connections, stops the thread and frees. No request may be suspended.
 * NULL does nothing. */
void loop_close(struct loop *loop);

/* Any thread: takes over the socket and a hold of peer->wire (both given up where it fails, with its address given back). */
void loop_add(struct loop *loop, int fd, const struct peer *peer);

/* The same to the loop that has the fewest connections. */
void loop_deal(struct server *server, int fd, const struct peer *peer);

/* Any thread: connections dealt to this loop and not closed yet. */
size_t loop_load(const struct loop *loop);

#endif
