/*
 * Copying, telling, letting go.
 */
#include "server/wire/peer.h"

#include <assert.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void peer_set(struct peer *peer, const struct sockaddr *address, socklen_t length)
{
    memset(peer, 0, sizeof *peer);
    peer->address.any.sa_family = address->sa_family;
    if (address->sa_family != AF_UNIX) {
        assert(length <= sizeof peer->address);
        memcpy(&peer->address, address, length);
    }
}

void peer_text(const struct peer *peer, char text[PEER_TEXT_BYTES])
{
    sa_family_t family = peer->address.any.sa_family;
    socklen_t length = family == AF_INET6 ? sizeof peer->address.v6 : sizeof peer->address.v4;
    if (family == AF_UNIX) {
        snprintf(text, PEER_TEXT_BYTES, "unix");
    } else if (getnameinfo(&peer->address.any, length, text, PEER_TEXT_BYTES, NULL, 0, NI_NUMERICHOST) != 0) {
        snprintf(text, PEER_TEXT_BYTES, "-");
    }
}

int64_t peer_patience_us(bool is_guest, int64_t timeout_s)
{
    enum { GUEST_S = 1 };
    return (is_guest && timeout_s > GUEST_S ? GUEST_S : timeout_s) * 1000000;
}

void wire_release(struct wire *wire)
{
    if (wire != NULL && atomic_fetch_sub(&wire->holders, 1) == 1) {
        free(wire);
    }
}
