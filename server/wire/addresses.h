#ifndef SERVER_WIRE_ADDRESSES_H
#define SERVER_WIRE_ADDRESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/status.h"

/*
 * How many connections are open, in all and from each client address. Any thread.
 * Connections are known by their descriptor: one that is entered again must have been
 * closed without a word, so that no count can leak.
 */
struct addresses;

/*
 * Guests: connections beyond a limit, of which so many are let in for a moment, to ask whether the service is alive. Where there are
 * as many as may be, the next one pushes one out: of those from the address that has most of them, the one that came first (the longest
 * queue drops: B. Suter et al., IEEE J. Selected Areas in Communications 17 (6), 1999). So who asks at once is answered, also from an
 * address that floods the service, and a flood from one address takes no place from others. Nothing more is read from who is pushed out,
 * which its owner notices as the end of what it sends; so many of them may not have gone yet, and a few more where an address
 * comes that has nobody among them.
 */
enum {
    ADDRESSES_GUESTS_MAX = 256,
    ADDRESSES_PUSHED_MAX = 256,
    ADDRESSES_PUSHED_NEW = 64, /* on top */
    ADDRESSES_BEYOND_MAX = ADDRESSES_GUESTS_MAX + ADDRESSES_PUSHED_MAX + ADDRESSES_PUSHED_NEW
};

/* At most limit connections in all, per_address from one address. Who comes by a unix socket counts in all alone: the
 * socket's permissions say who that is, and behind it may stand a proxy with everybody's connections. */
enum status addresses_open(size_t limit, size_t per_address, struct addresses **addresses) NODISCARD;
void addresses_close(struct addresses *addresses); /* NULL does nothing */

/* From now on; who is there stays. */
void addresses_set_per_address(struct addresses *addresses, size_t per_address);

/* STATUS_OK: counted until addresses_leave, which comes before the descriptor is closed. STATUS_BUSY: a limit is reached; with is_guest
 * that of guests who were pushed out. */
enum status addresses_enter(struct addresses *addresses, int fd, const struct sockaddr *peer, bool is_guest) NODISCARD;
void addresses_leave(struct addresses *addresses, int fd);

/* Which connection of that descriptor it is, never 0; 0 where it is not counted. */
uint64_t addresses_stamp(struct addresses *addresses, int fd);

/* addresses_leave for a descriptor that is closed already: nothing where it is another connection's by now. */
void addresses_leave_closed(struct addresses *addresses, int fd, uint64_t stamp);

/* While it is held, a guest is not pushed out: its descriptor may be closed before addresses_leave. */
void addresses_hold(struct addresses *addresses, int fd, bool is_held);

/* Connections that are counted now, guests among them. */
size_t addresses_count(struct addresses *addresses);

#endif
