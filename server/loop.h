#ifndef SERVER_LOOP_H
#define SERVER_LOOP_H

#include <stddef.h>
#include <sys/socket.h>

#include "base/status.h"

/*
 * One HTTP thread: a libmicrohttpd daemon without a listening socket, its read-only
 * connection to the database, its connection to node.db, its reply cache, and its
 * clients. dispatch.c says what happens to a request.
 */

struct cache;
struct client;
struct db;
struct loop;
struct node;
struct server;

/* Starts the thread. server is borrowed. */
enum status loop_open(struct server *server, const char *db_path, const char *node_path, struct loop **loop) NODISCARD;

/* Closes all connections, stops the thread and frees. No request may be suspended.
 * NULL does nothing. */
void loop_close(struct loop *loop);

/* Any thread: takes the socket over (closed where it fails, with its address given back). */
void loop_add(struct loop *loop, int fd, const struct sockaddr *peer, socklen_t peer_length);

/* Any thread: connections dealt to this loop and not closed yet. */
size_t loop_load(const struct loop *loop);

/* Any thread: calls visit for each client; the client's socket stays open meanwhile. */
void loop_each_client(struct loop *loop, void (*visit)(void *context, struct client *client), void *context);

/* For requests of this loop, on its thread. */
struct db *loop_db(const struct loop *loop);
struct node *loop_node(const struct loop *loop);
struct cache *loop_cache(const struct loop *loop);

#endif
