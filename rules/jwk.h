#ifndef RULES_JWK_H
#define RULES_JWK_H

#include "json/faults.h"
#include "rules/request.h"

/*
 * Public keys as JWK (RFC 7517): {"kty": "EC", "crv": "secp256k1", "x", "y"}, each coordinate 32 bytes in base64url.
 */

/* Makes the point and its id out of what was bound; what cannot be one, and a private key, is a fault. Members that are
 * absent are passed over: the binding has named them. id is "" where there are faults. */
void jwk_settle(struct key_add_request *request, struct faults *faults);

#endif
