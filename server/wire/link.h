#ifndef SERVER_WIRE_LINK_H
#define SERVER_WIRE_LINK_H

#include <stdint.h>
#include <sys/epoll.h>

/*
 * One connection over TLS between client and loop (relay.h): the client's socket, and our end of the pair whose other end
 * a loop has. All of it belongs to one thread of the relay.
 */

struct link;
struct peer;
struct server;
struct tls;

enum { LINK_RECORD_BYTES = 16 * 1024 /* of TLS: what one call takes or gives at most */ };

/* What a thread of the relay has. */
struct link_place {
    struct server *server;
    struct tls *tls;
    int epoll_fd;
    int64_t now_us; /* steady; set before any call */
    struct link *links;
    struct link *over;
    uint8_t scratch[LINK_RECORD_BYTES];
};

/* Any thread: a connection of this socket, in no place yet. NULL without memory. */
struct link *link_new(int fd, const struct peer *peer);

/* For a list of those that wait to be entered. */
struct link **link_next(struct link *link);

/* Its events are waited for from now on, with pointers that link_handle knows. */
void link_enter(struct link_place *place, struct link *link);

/* Moves what can be moved. Whoever is over stays in memory until link_free_over: behind the events at hand. */
void link_handle(struct link_place *place, const struct epoll_event *event);
void link_free_over(struct link_place *place);

/* A handshake has as long as a header, a guest's a moment; a client that takes nothing of its reply, as long as one may be idle. */
void link_look_at_time(struct link_place *place);

/* Closes what is left, and frees. */
void link_end_all(struct link_place *place);

#endif
