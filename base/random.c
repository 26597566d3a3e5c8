/*
 * Random bytes from the system, and the two kinds of UUID that the program makes.
 */
#include "base/random.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/log.h"

enum status random_bytes(void *bytes, size_t length)
{
    unsigned char *at = bytes;
    while (length > 0) {
        ssize_t got = getrandom(at, length, 0);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            log_error("random", "getrandom failed: %s", strerror(errno));
            return STATUS_IO;
        }
        at += got;
        length -= (size_t)got;
    }
    return STATUS_OK;
}

static void print_uuid(char out[UUID_BYTES], const uint8_t b[16])
{
    int written = snprintf(out, UUID_BYTES,
        "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
        b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7],
        b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
    assert(written == UUID_BYTES - 1);
}

enum status random_uuid(char out[UUID_BYTES], int64_t time_ms)
{
    uint8_t b[16];
    enum status status = random_bytes(b + 6, 10);
    if (status != STATUS_OK) {
        return status;
    }
    for (int i = 0; i < 6; i++) {
        b[i] = (uint8_t)(time_ms >> (40 - 8 * i));
    }
    b[6] = (uint8_t)(0x70 | (b[6] & 0x0f));
    b[8] = (uint8_t)(0x80 | (b[8] & 0x3f));
    print_uuid(out, b);
    return STATUS_OK;
}

void uuid_from_digest(char out[UUID_BYTES], const uint8_t digest[32])
{
    uint8_t b[16];
    memcpy(b, digest, sizeof b);
    b[6] = (uint8_t)(0x80 | (b[6] & 0x0f));
    b[8] = (uint8_t)(0x80 | (b[8] & 0x3f));
    print_uuid(out, b);
}
