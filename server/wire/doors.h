#ifndef SERVER_WIRE_DOORS_H
#define SERVER_WIRE_DOORS_H

#include "base/status.h"

/*
 * All the sockets at which the service listens, each with its own accepting thread: those that the service manager
 * handed over, else those of --listen; both where --listen was given.
 */

struct config;
struct doors;
struct server;

/* Binds all, or none. What is wrong is told. server->base_url is that of the first TCP address. */
enum status doors_open(const struct config *config, struct server *server, struct doors **doors) NODISCARD;

/* Starts accepting; see listener_start. */
enum status doors_start(struct doors *doors) NODISCARD;

/* "listening on ADDRESS" for each, on standard output. */
void doors_announce(const struct doors *doors);

/* Lets nobody new in, for a moment those who are on the way, then closes. NULL does nothing. */
void doors_close(struct doors *doors);

#endif
