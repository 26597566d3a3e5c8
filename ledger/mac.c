/*
 * HMAC-SHA256 under names of our own, beside digest.c. What it authenticates: the
 * cursors of lists (handlers/page.c), and kept answers (rules/answer_keys.c).
 */
#include "ledger/mac.h"

#include <string.h>

#include <nettle/memops.h>

void mac_init(struct mac *mac, const uint8_t *key, size_t key_length)
{
    hmac_sha256_set_key(&mac->context, key_length, key);
}

void mac_update(struct mac *mac, const void *bytes, size_t length)
{
    if (length > 0) { /* an empty run may come with a NULL pointer */
        hmac_sha256_update(&mac->context, length, bytes);
    }
}

void mac_final(struct mac *mac, uint8_t out[MAC_BYTES])
{
    hmac_sha256_digest(&mac->context, MAC_BYTES, out);
    explicit_bzero(mac, sizeof *mac);
}

bool mac_is_equal(const uint8_t one[MAC_BYTES], const uint8_t other[MAC_BYTES])
{
    return memeql_sec(one, other, MAC_BYTES) != 0;
}
