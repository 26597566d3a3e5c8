#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { UUID_BYTES = 37 }; /* 36 characters and a NUL */

/* Fills with unpredictable bytes of the system; STATUS_IO where it gives none. Any thread. */
enum status random_bytes(void *bytes, size_t length) NODISCARD;

/* UUIDv7 (RFC 9562, 5.7) of a time and random bytes, lower case. */
enum status random_uuid(char out[UUID_BYTES], int64_t time_ms) NODISCARD;

/* UUIDv8 (RFC 9562, 5.8) of the first 16 bytes of a digest: the same digest gives
 * the same id on every node. */
void uuid_from_digest(char out[UUID_BYTES], const uint8_t digest[32]);

#endif
