#ifndef LEDGER_MAC_H
#define LEDGER_MAC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nettle/hmac.h>

/* HMAC-SHA256 (RFC 2104), by nettle: who holds the key can tell that bytes are its own.
 * No failure, no allocation; any thread. */

enum { MAC_BYTES = 32 };

struct mac {
    struct hmac_sha256_ctx context;
};

void mac_init(struct mac *mac, const uint8_t *key, size_t key_length);
void mac_update(struct mac *mac, const void *bytes, size_t length);
/* Wipes the context: it knows the key. For many MACs under one key, keep what mac_init made, as the secret that it is, and take a copy for each. */
void mac_final(struct mac *mac, uint8_t out[MAC_BYTES]);

/* Whether two are equal, in a time that does not depend on them. */
bool mac_is_equal(const uint8_t one[MAC_BYTES], const uint8_t other[MAC_BYTES]);

#endif
