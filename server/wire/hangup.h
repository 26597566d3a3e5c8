#ifndef SERVER_WIRE_HANGUP_H
#define SERVER_WIRE_HANGUP_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Whether a client that waits for a long computation is still there.
 *
 * The end of its sending (FIN) says nothing of that: a client that has only ended its own side (shutdown with
 * SHUT_WR) wants its answer, one that has closed its socket does not, and both send the same. They differ in what
 * comes back when something is sent to them: a closed socket answers with a reset. So a client whose sending has
 * ended is sent an interim response, 100 Continue, which every client of HTTP/1.1 has to skip (RFC 9110, 15.2), now
 * and every few seconds; and only a connection that is down both ways counts as left.
 */
struct hangup {
    bool may_ask;     /* the client speaks HTTP/1.1 */
    int64_t asked_us; /* when it was sent something last; 0: never */
    int64_t looked_us;
};

/* True once the client is gone. Only while nobody else reads or writes the socket: its connection is suspended,
 * and the replies before have been handed to the kernel. now_us is steady. The socket is looked at every few
 * milliseconds, however often a computation asks. */
bool hangup_look(struct hangup *hangup, int fd, int64_t now_us);

#endif
