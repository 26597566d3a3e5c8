#ifndef SERVER_CONTENT_DIGEST_H
#define SERVER_CONTENT_DIGEST_H

#include <stdbool.h>

#include "handlers/exchange.h"

/*
 * Content-Digest (RFC 9530): the SHA-256 of the bytes of a body as they travel, so that damage on the way shows.
 */

/* Whether the request's body is what its Content-Digest says; so it is without one, or with algorithms only that we do not know. Of several
 * members sha-256 the last one counts, and parameters mean nothing (RFC 9651).
 * False: the problem is the reply. */
bool content_digest_check(struct exchange *exchange);

/* Adds the digest of the reply as it stands; nothing where it is empty. */
void content_digest_add(struct exchange *exchange);

#endif
