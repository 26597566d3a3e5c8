#ifndef SERVER_WIRE_CLIENT_H
#define SERVER_WIRE_CLIENT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "server/wire/guard.h"
#include "server/wire/peer.h"

/*
 * A connection. It belongs to its loop; the janitor looks at where it is and since when, and says that it is late.
 */
enum client_phase {
    CLIENT_IDLE,   /* between requests */
    CLIENT_HEAD,   /* something of a request has come, the header not yet */
    CLIENT_BODY,   /* the body is coming */
    CLIENT_WORKING, /* ours to do: handling, waiting */
    CLIENT_REPLYING /* the reply is on its way, until until_us at most */
};

struct client {
    struct client *previous; /* in the lane's list, under its lock */
    struct client *next;
    int fd;                  /* open while the client is in the list */
    atomic_int phase;        /* the loop writes it, like since_us */
    _Atomic int64_t since_us; /* steady: when the request began, or the last one ended */
    _Atomic int64_t until_us; /* steady: when the reply must have been taken; 0: it comes as long as it comes */
    atomic_bool is_late;     /* the janitor's word: what is coming has taken too long; the loop refuses it */
    char address[PEER_TEXT_BYTES];
    struct wire *wire;       /* NULL: not over TLS; the connection holds it */
    bool is_guest;           /* beyond the limits: has little time, is told how the service is, and nothing else */
    /* the loop's own */
    struct guard guard;
    void *pool;              /* what libmicrohttpd keeps its requests in (pool.h); NULL: not known */
    bool is_pool_empty;      /* given back to the system */
    uint32_t handed;         /* bytes that the library was given since it last reset the pool (wipe.h) */
    uint32_t begun;          /* requests that the library has told of, of those that the guard has seen */
    /* the janitor's own */
    bool is_told;            /* that the service stops */
};

enum client_phase client_phase(const struct client *client);
void client_enter(struct client *client, enum client_phase phase);

/* Why the request that the library told of last is refused; NULL where its bytes were sound so far. */
const struct guard_fault *client_fault(const struct client *client);

#endif
