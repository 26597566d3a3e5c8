#ifndef SERVER_WIRE_BRIDGE_H
#define SERVER_WIRE_BRIDGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "server/wire/intake.h"

/*
 * Between libmicrohttpd and the stages of a request: what the library calls while a loop turns. dispatch.c says what
 * happens to a request. All but load on the loop's thread.
 */

struct MHD_Daemon;
struct lane;
struct peer;
struct request;
struct server;

struct bridge {
    struct server *server;
    struct lane *lane;
    struct MHD_Daemon *daemon;
    struct intake intake;
    struct request *spare;
    size_t spare_count;
    uint32_t id_prefix;
    uint32_t id_next;
    bool has_started;   /* the connection that is being added was told of */
    uint64_t calls;     /* of the library to us: a turn without any had nothing to do */
    atomic_size_t load; /* connections dealt to the loop and not closed yet */
};

/* Starts a daemon without threads, which its loop turns. server and lane are borrowed. */
enum status bridge_open(struct bridge *bridge, struct server *server, struct lane *lane) NODISCARD;

/* Closes all connections and frees what the bridge holds. No request may be suspended. */
void bridge_close(struct bridge *bridge);

/* Takes over a socket that is counted in load, and a hold of peer->wire; both are given up where it fails. */
void bridge_add(struct bridge *bridge, int fd, const struct peer *peer);

/* The same without a connection having come of it; its address is given back. */
void bridge_forget(struct bridge *bridge, int fd, const struct peer *peer);

/* What idle connections do not need goes back to the system; now and then. */
void bridge_tidy(struct bridge *bridge);

#endif
