#ifndef SERVER_WIRE_PEER_H
#define SERVER_WIRE_PEER_H

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/*
 * Who is at the other end of a connection. It travels through libmicrohttpd as the connection's address, of which the
 * library keeps a copy and never looks further than the family.
 */

/* What the relay and the loop of a connection over TLS share. Each holds it once. */
struct wire {
    atomic_int holders;
};

struct peer {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6; /* of a unix socket: the family alone */
    } address;
    struct wire *wire;          /* NULL: not over TLS */
    bool is_guest;              /* beyond the limits: may ask how the service is */
};

enum { PEER_TEXT_BYTES = INET6_ADDRSTRLEN };

/* Of an address as accept(2) gives it. */
void peer_set(struct peer *peer, const struct sockaddr *address, socklen_t length);

/* The address as log lines have it; "unix" for a unix socket. */
void peer_text(const struct peer *peer, char text[PEER_TEXT_BYTES]);

/* How long somebody may take for what takes others timeout_s seconds at most: guests make room for other guests. */
int64_t peer_patience_us(bool is_guest, int64_t timeout_s);

/* The last holder frees. NULL does nothing. */
void wire_release(struct wire *wire);

#endif
