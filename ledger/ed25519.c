/*
 * Ed25519 under names of our own. nettle keeps what it computes with, the secret scalar among it, in memory that it takes
 * from and gives back to GMP's allocator and on the stack: both are wiped here. It takes one run of memory at a time, at
 * most 2,112 bytes, for which each thread has a place: so nothing here fails without memory. Next: note.c and checkpoint.c.
 */
#include "ledger/ed25519.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <gmp.h>
#include <nettle/eddsa.h>

#include "base/log.h"

_Static_assert(ED25519_SEED_BYTES == ED25519_KEY_SIZE && ED25519_PUBLIC_BYTES == ED25519_KEY_SIZE &&
               ED25519_SIGNATURE_BYTES == ED25519_SIGNATURE_SIZE, "the sizes of RFC 8032");

enum {
    PLACE_BYTES = 4096,
    STACK_WIPED_BYTES = 4096 /* more than the library's functions take */
};

#define REPEAT_10(X) X, X, X, X, X, X, X, X, X, X
#define REPEAT_30(X) REPEAT_10(X), REPEAT_10(X), REPEAT_10(X)

static _Thread_local struct {
    _Alignas(16) uint8_t bytes[PLACE_BYTES];
    bool is_taken;
} place;

static void *take(size_t bytes)
{
    if (bytes <= sizeof place.bytes && !place.is_taken) {
        place.is_taken = true;
        return place.bytes;
    }
    void *memory = malloc(bytes);
    if (memory == NULL) {
        log_error("ed25519", "no memory for %zu bytes", bytes);
        abort(); /* GMP's functions must not return without; others who compute with it (GnuTLS) may come to this */
    }
    return memory;
}

static void give_back(void *memory, size_t bytes)
{
    explicit_bzero(memory, bytes);
    if (memory == place.bytes) {
        place.is_taken = false;
    } else {
        free(memory);
    }
}

static void *take_again(void *memory, size_t old_bytes, size_t new_bytes)
{
    void *more = take(new_bytes);
    memcpy(more, memory, old_bytes < new_bytes ? old_bytes : new_bytes);
    give_back(memory, old_bytes);
    return more;
}

void ed25519_library_open(void)
{
    mp_set_memory_functions(take, take_again, give_back);
}

/* Overwrites what the functions that were called before have left on the stack. */
__attribute__((noinline)) static void wipe_stack(void)
{
    uint8_t over[STACK_WIPED_BYTES];
    explicit_bzero(over, sizeof over);
}

void ed25519_public(uint8_t public_key[ED25519_PUBLIC_BYTES], const uint8_t seed[ED25519_SEED_BYTES])
{
    ed25519_sha512_public_key(public_key, seed);
    wipe_stack();
}

void ed25519_sign(const uint8_t public_key[ED25519_PUBLIC_BYTES], const uint8_t seed[ED25519_SEED_BYTES],
                  const void *message, size_t length, uint8_t signature[ED25519_SIGNATURE_BYTES])
{
    uint8_t made[ED25519_SIGNATURE_BYTES];
    ed25519_sha512_sign(public_key, seed, length, length > 0 ? message : (const void *)"", made);
    wipe_stack();
    enum status status = ed25519_verify(public_key, message, length, made);
    assert(status == STATUS_OK);
    memcpy(signature, made, sizeof made);
}

enum status ed25519_verify(const uint8_t public_key[ED25519_PUBLIC_BYTES], const void *message, size_t length,
                           const uint8_t signature[ED25519_SIGNATURE_BYTES])
{
    int is_valid = ed25519_sha512_verify(public_key, length, length > 0 ? message : (const void *)"", signature);
    return is_valid == 1 ? STATUS_OK : STATUS_INVALID;
}

bool ed25519_is_small_order(const uint8_t public_key[ED25519_PUBLIC_BYTES])
{
    /* Each y, the lowest byte first; that of x is left out, since -P has the order of P. */
    static const uint8_t found[][ED25519_PUBLIC_BYTES] = {
        { 0 },
        { 1 },
        { 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
          0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05 },
        { 0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
          0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a },
        { 0xec, REPEAT_30(0xff), 0x7f }, /* -1 */
        { 0xed, REPEAT_30(0xff), 0x7f }, /* 0 again, and 1 */
        { 0xee, REPEAT_30(0xff), 0x7f },
    };
    uint8_t y[ED25519_PUBLIC_BYTES];
    memcpy(y, public_key, sizeof y);
    y[ED25519_PUBLIC_BYTES - 1] &= 0x7f;
    for (size_t i = 0; i < sizeof found / sizeof found[0]; i++) {
        if (memcmp(y, found[i], sizeof y) == 0) {
            return true;
        }
    }
    return false;
}
