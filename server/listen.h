#ifndef SERVER_LISTEN_H
#define SERVER_LISTEN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

/*
 * The listening socket and the thread that accepts and deals connections to the loops,
 * each to the least loaded one. Who comes over a limit gets a 503 and is closed, without
 * anybody waiting for that.
 */

struct listener;
struct server;

/* Whether a text is HOST:PORT, as listener_open takes it; the host may be one that nobody knows. */
bool listener_address_is_sound(const char *address);

/* Binds and listens at HOST:PORT (name, IPv4, [IPv6]; port 0: a free one), and writes
 * "http://HOST:PORT" with the real port to url. STATUS_INVALID for text that is no
 * address, STATUS_IO where it cannot be bound; both are told. */
enum status listener_open(const char *address, char *url, size_t url_bytes, struct listener **listener) NODISCARD;

/* Starts accepting; server's loops, addresses and janitor are in place. */
enum status listener_start(struct listener *listener, struct server *server) NODISCARD;

/* Deals what has been accepted by the system so far, then closes. NULL does nothing. */
void listener_close(struct listener *listener);

#endif
