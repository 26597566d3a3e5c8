#ifndef HANDLERS_SHAPE_H
#define HANDLERS_SHAPE_H

#include <stdint.h>

#include "db/name.h"
#include "json/write.h"
#include "ledger/key.h"

/* Members that several resources write alike, into an object that the caller has opened. */

/* "name": the text as it was given, or {"en", "zh"} with what there is of them. */
void shape_name(struct json_writer *w, const struct name *name);

/* "lat" and "lon" in degrees out of units of 1e-7; null where REFERENCE_NOWHERE. */
void shape_position(struct json_writer *w, int64_t lat_e7, int64_t lon_e7);

/* The members of a point on secp256k1 in a JWK: "kty", "crv", "x", "y". STATUS_CORRUPT where the 33 bytes are no point. */
enum status shape_point(struct json_writer *w, const uint8_t public_key[KEY_PUBLIC_BYTES]) NODISCARD;

/* The members of a public key on secp256k1 as a JWK (RFC 7517, RFC 8812): "kty", "crv", "x", "y", "use", "alg". STATUS_CORRUPT
 * where the 33 bytes are no point. */
enum status shape_jwk(struct json_writer *w, const uint8_t public_key[KEY_PUBLIC_BYTES]) NODISCARD;

/* "version" and "updated_seq", the entry that made this version. */
void shape_version(struct json_writer *w, int64_t version, int64_t seq);

#endif
