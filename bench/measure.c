/*
 * What the machine can do by itself, to judge the service by:
 *   measure disk DIR COUNT   the time of one write of 4 KiB and its fdatasync in DIR
 *   measure sign COUNT       the time of one seal (signed, and verified at once) in one thread
 *   measure ed25519 COUNT    the same of the second signature of a checkpoint
 * One line of key=value each; times are of single operations, in microseconds.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "ledger/key.h"

enum { WRITE_BYTES = 4096, FILE_BYTES = 4 * 1024 * 1024, COUNT_MAX = 1000000 };

static _Noreturn void fail(const char *what, const char *why)
{
    fprintf(stderr, "measure: %s: %s\n", what, why);
    exit(2);
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void print_times(const char *what, int64_t *times_us, size_t count)
{
    int64_t sum_us = 0;
    for (size_t i = 0; i < count; i++) {
        sum_us += times_us[i];
    }
    qsort(times_us, count, sizeof *times_us, compare);
    printf("%s count=%zu mean_us=%.1f p50_us=%lld p95_us=%lld p99_us=%lld\n", what, count,
           (double)sum_us / (double)count, (long long)times_us[(count - 1) / 2],
           (long long)times_us[(size_t)(0.95 * (double)(count - 1))],
           (long long)times_us[(size_t)(0.99 * (double)(count - 1))]);
}

/* Over a file of fixed size, as a write-ahead log is written over and over. */
static void measure_disk(const char *directory, int64_t *times_us, size_t count)
{
    static char block[WRITE_BYTES];
    char path[4096];
    int length = snprintf(path, sizeof path, "%s/fdatasync.measure", directory);
    int file = length > 0 && (size_t)length < sizeof path ? open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
    if (file < 0) {
        fail(directory, strerror(errno));
    }
    unlink(path);
    memset(block, 'b', sizeof block);
    for (off_t at = 0; at < FILE_BYTES; at += WRITE_BYTES) {
        if (pwrite(file, block, sizeof block, at) != WRITE_BYTES) {
            fail(directory, strerror(errno));
        }
    }
    if (fsync(file) != 0) {
        fail(directory, strerror(errno));
    }
    for (size_t i = 0; i < count; i++) {
        int64_t before_us = clock_steady_us();
        off_t at = (off_t)(i * WRITE_BYTES % FILE_BYTES);
        memcpy(block, &i, sizeof i);
        if (pwrite(file, block, sizeof block, at) != WRITE_BYTES || fdatasync(file) != 0) {
            fail(directory, strerror(errno));
        }
        times_us[i] = clock_steady_us() - before_us;
    }
    close(file);
    print_times("fdatasync", times_us, count);
}

static void measure_sign(int64_t *times_us, size_t count)
{
    struct key *key = NULL;
    uint8_t digest[DIGEST_BYTES] = { 0 };
    uint8_t signature[KEY_SIGNATURE_BYTES];
    if (key_library_open() != STATUS_OK || key_generate(&key) != STATUS_OK) {
        fail("sign", "no key");
    }
    for (size_t i = 0; i < count; i++) {
        int64_t before_us = clock_steady_us();
        memcpy(digest, &i, sizeof i);
        key_sign(key, digest, signature);
        times_us[i] = clock_steady_us() - before_us;
    }
    key_free(key);
    print_times("sign", times_us, count);
}

/* The second signature of a checkpoint. */
static void measure_ed25519(int64_t *times_us, size_t count)
{
    struct key *key = NULL;
    uint8_t text[200] = { 0 }, signature[ED25519_SIGNATURE_BYTES];
    if (key_library_open() != STATUS_OK || key_generate(&key) != STATUS_OK) {
        fail("ed25519", "no key");
    }
    for (size_t i = 0; i < count; i++) {
        int64_t before_us = clock_steady_us();
        memcpy(text, &i, sizeof i);
        key_sign_message(key, text, sizeof text, signature);
        times_us[i] = clock_steady_us() - before_us;
    }
    key_free(key);
    print_times("ed25519", times_us, count);
}

int main(int argument_count, char **words)
{
    int64_t count = 0;
    bool is_disk = argument_count == 4 && strcmp(words[1], "disk") == 0;
    bool is_sign = argument_count == 3 && strcmp(words[1], "sign") == 0;
    bool is_ed25519 = argument_count == 3 && strcmp(words[1], "ed25519") == 0;
    if ((!is_disk && !is_sign && !is_ed25519) || text_to_integer(words[argument_count - 1], &count) != STATUS_OK || count < 1 ||
        count > COUNT_MAX) {
        fail("usage", "measure disk DIR COUNT | measure sign COUNT | measure ed25519 COUNT");
    }
    int64_t *times_us = calloc((size_t)count, sizeof *times_us);
    if (times_us == NULL) {
        fail("start", "no memory");
    }
    if (is_disk) {
        measure_disk(words[2], times_us, (size_t)count);
    } else if (is_sign) {
        measure_sign(times_us, (size_t)count);
    } else {
        measure_ed25519(times_us, (size_t)count);
    }
    free(times_us);
    return 0;
}
