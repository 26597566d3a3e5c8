#ifndef SERVER_WIRE_RELAY_H
#define SERVER_WIRE_RELAY_H

#include <stddef.h>

#include "base/status.h"

/*
 * TLS in front of the loops. Each connection has a pair of sockets of its own: the loop gets one end, in clear, and
 * knows nothing of TLS; a thread here moves what comes at the other end to the client and back. So the guard, the
 * deadlines and the limits of plain connections hold here too.
 *
 * A connection holds at most a record (16 KiB) for each direction beside what the kernel and the session keep; where one
 * side does not take more, the other is not read.
 */

struct peer;
struct relay;
struct server;
struct tls;

/* Starts threads threads. Both are borrowed; the loops, addresses and janitor of server are in place. */
enum status relay_open(struct server *server, struct tls *tls, size_t threads, struct relay **relay) NODISCARD;

/* Any thread: takes over a socket that is counted in addresses and does not block. */
void relay_add(struct relay *relay, int fd, const struct peer *peer);

/* Closes what is left, ends the threads. Nothing may be added any more. NULL does nothing. */
void relay_close(struct relay *relay);

#endif
