#ifndef HANDLERS_CALLERS_H
#define HANDLERS_CALLERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "ledger/digest.h"

/*
 * Who has called lately, in memory and of fixed size: when each token was used last, and from which networks tokens
 * came that nobody knows. A network is an IPv4 address or the first 64 bits of an IPv6 one, since whoever has one
 * address of those usually has them all. Any thread. Times are steady microseconds but where a name says ms.
 */
struct callers;

enum { CALLERS_NETWORK_BYTES = 8 };

/* The network of an address; what is no address (a socket in the file system) is one network. */
void callers_network(const char *address, uint8_t prefix[CALLERS_NETWORK_BYTES]);

enum {
    CALLERS_FAILURES_MAX = 20, /* wrong tokens from one network within a window */
    CALLERS_WINDOW_S = 60,
    CALLERS_REMEMBERED = 8
};

struct caller_use {
    uint8_t hash[DIGEST_BYTES]; /* of the token's text */
    int64_t used_at_ms;         /* wall time */
};

enum status callers_open(struct callers **callers) NODISCARD;
void callers_close(struct callers *callers); /* NULL does nothing */

/* A token that is known and valid was used. */
void callers_used(struct callers *callers, const uint8_t hash[DIGEST_BYTES], int64_t wall_ms);

/*
 * A token that is unknown, expired or revoked came from address. One of the last CALLERS_REMEMBERED wrong ones again does
 * not count: a program that was set up wrongly guesses nothing. Returns for how many seconds the network is to send no
 * further wrong one; 0: it has not reached CALLERS_FAILURES_MAX. Whoever sends a good token is not asked: somebody who
 * guesses does not shut out his neighbours behind one address.
 */
int64_t callers_failed(struct callers *callers, const char *address, const uint8_t hash[DIGEST_BYTES], int64_t now_us);

/* Takes up to limit uses that were not taken before, for storing. */
size_t callers_take(struct callers *callers, struct caller_use *uses, size_t limit);

#endif
