#ifndef SERVER_CLIENT_H
#define SERVER_CLIENT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "server/peer.h"

/*
 * A connection as the janitor sees it. Its loop moves the phase; the janitor takes the
 * connection away from a client that is too slow by moving it to CLIENT_CUT. Both move
 * by compare and exchange, so that one of them wins.
 */
enum client_phase {
    CLIENT_IDLE,    /* between requests */
    CLIENT_HEAD,    /* the request line has come, the header not yet */
    CLIENT_BODY,    /* the body is coming */
    CLIENT_WORKING, /* ours to do: handling, waiting, replying */
    CLIENT_CUT      /* given up: the janitor has closed it */
};

struct client {
    struct client *previous; /* in the lane's list, under its lock */
    struct client *next;
    int fd;                  /* open while the client is in the list */
    atomic_int phase;
    _Atomic int64_t since_us; /* steady: when the request began, or the last one ended */
    atomic_uint requests;     /* finished ones */
    char address[PEER_TEXT_BYTES];
    struct wire *wire;        /* NULL: not over TLS; the connection holds it */
    /* the janitor's own */
    bool is_watched;          /* the three below hold something */
    unsigned seen_requests;
    uint64_t seen_bytes;
    int64_t bytes_since_us;   /* when more bytes than seen_bytes were noticed; 0: not yet */
    bool is_told;             /* that the service stops */
};

/* False where the client was cut meanwhile. */
bool client_move(struct client *client, enum client_phase from, enum client_phase to);

#endif
