/*
 * The node's signing key and the verifying of signatures, on libsecp256k1. The secret
 * lies in a page of its own that is locked into memory, left out of core dumps and
 * wiped at the end; this file keeps no copy of it on the stack or the heap. A key file
 * appears under its name whole and synced, or not at all. Next: checkpoint.c and chain.c,
 * which sign and verify with it.
 */
#include "ledger/key.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <secp256k1.h>

#include "base/log.h"
#include "base/random.h"
#include "base/text.h"

enum {
    SECRET_BYTES = 32,
    FILE_BYTES = 2 * SECRET_BYTES + 1, /* hexadecimal digits and a line feed */
    SUFFIX_BYTES = 8                   /* random bytes in the name of an unfinished key file */
};

/*
 * Invariants of a finished key:
 *  1. secret is a valid scalar, and point, compressed and id are those of secret;
 *  2. text is zeros: it is only a place, in locked memory, for the digits of a key file.
 */
struct key {
    uint8_t secret[SECRET_BYTES];
    char text[FILE_BYTES + 1];
    secp256k1_pubkey point;
    uint8_t compressed[KEY_PUBLIC_BYTES];
    char id[KEY_ID_BYTES];
};

/* Written once by key_library_open, before other threads run; only read afterwards. */
static secp256k1_context *library;

enum status key_library_open(void)
{
    uint8_t seed[32];
    if (library != NULL) {
        return STATUS_OK;
    }
    enum status status = random_bytes(seed, sizeof seed);
    if (status != STATUS_OK) {
        return status;
    }
    secp256k1_selftest();
    secp256k1_context *context = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    assert(context != NULL);
    int is_randomised = secp256k1_context_randomize(context, seed);
    explicit_bzero(seed, sizeof seed);
    assert(is_randomised == 1);
    library = context;
    return STATUS_OK;
}

/* Zeroed memory that is neither swapped out nor dumped. */
static enum status key_allocate(struct key **key)
{
    struct key *pages = mmap(NULL, sizeof *pages, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) {
        log_error("key_memory", "mmap failed: %s", strerror(errno));
        return STATUS_EXHAUSTED;
    }
    if (mlock(pages, sizeof *pages) != 0) {
        log_error("key_memory", "mlock failed: %s (is the limit of locked memory zero?)", strerror(errno));
        goto failed;
    }
    if (madvise(pages, sizeof *pages, MADV_DONTDUMP) != 0) {
        log_error("key_memory", "madvise failed: %s", strerror(errno));
        goto failed;
    }
    *key = pages;
    return STATUS_OK;
failed:
    munmap(pages, sizeof *pages);
    return STATUS_EXHAUSTED;
}

void key_free(struct key *key)
{
    if (key == NULL) {
        return;
    }
    explicit_bzero(key, sizeof *key);
    int unmapped = munmap(key, sizeof *key);
    assert(unmapped == 0);
}

/* Derives the public half; STATUS_INVALID where the secret is 0 or not below the order. */
static enum status key_finish(struct key *key)
{
    assert(library != NULL);
    if (secp256k1_ec_seckey_verify(library, key->secret) != 1) {
        return STATUS_INVALID;
    }
    size_t length = sizeof key->compressed;
    int is_made = secp256k1_ec_pubkey_create(library, &key->point, key->secret);
    assert(is_made == 1);
    secp256k1_ec_pubkey_serialize(library, key->compressed, &length, &key->point, SECP256K1_EC_COMPRESSED);
    assert(length == KEY_PUBLIC_BYTES);
    key_id_of(key->id, key->compressed);
    return STATUS_OK;
}

enum status key_generate(struct key **key)
{
    struct key *made = NULL;
    enum status status = key_allocate(&made);
    if (status != STATUS_OK) {
        return status;
    }
    do { /* a second turn happens once in 2^128 */
        status = random_bytes(made->secret, sizeof made->secret);
    } while (status == STATUS_OK && key_finish(made) != STATUS_OK);
    if (status != STATUS_OK) {
        key_free(made);
        return status;
    }
    *key = made;
    return STATUS_OK;
}

/* Logs what failed on a key file and names it. */
static enum status file_failure(const char *path, const char *what, int error)
{
    log_error("key_file", "path=%s %s failed: %s", path, what, strerror(error));
    return error == ENOSPC || error == EDQUOT ? STATUS_EXHAUSTED : STATUS_IO;
}

/* Reads to the end of the file or until limit bytes are there; -1 on failure. */
static ssize_t read_whole(int file, char *out, size_t limit)
{
    size_t length = 0;
    while (length < limit) {
        ssize_t got = read(file, out + length, limit - length);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return -1;
        }
        if (got == 0) {
            break;
        }
        length += (size_t)got;
    }
    return (ssize_t)length;
}

/* The file's digits into key->text, which the caller wipes. */
static enum status read_text(int file, const char *path, struct key *key)
{
    struct stat about;
    if (fstat(file, &about) != 0) {
        return file_failure(path, "fstat", errno);
    }
    if (!S_ISREG(about.st_mode)) {
        log_error("key_file", "path=%s is not a regular file", path);
        return STATUS_INVALID;
    }
    if ((about.st_mode & 07777 & ~(mode_t)0600) != 0) {
        log_error("key_file", "path=%s mode=%04o is too open: others may use the key; set 0600", path,
                  (unsigned)(about.st_mode & 07777));
        return STATUS_INVALID;
    }
    ssize_t length = read_whole(file, key->text, sizeof key->text);
    if (length < 0) {
        return file_failure(path, "read", errno);
    }
    if (length != FILE_BYTES || key->text[FILE_BYTES - 1] != '\n') {
        log_error("key_file", "path=%s is not 64 hexadecimal digits and a line feed", path);
        return STATUS_INVALID;
    }
    key->text[FILE_BYTES - 1] = 0;
    return STATUS_OK;
}

enum status key_load(const char *path, struct key **key)
{
    struct key *made = NULL;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK); /* does not hang on a FIFO */
    if (file < 0 && errno == ENOENT) {
        return STATUS_ABSENT;
    }
    if (file < 0) {
        return file_failure(path, "open", errno);
    }
    enum status status = key_allocate(&made);
    if (status != STATUS_OK) {
        goto failed_file;
    }
    status = read_text(file, path, made);
    if (status != STATUS_OK) {
        goto failed;
    }
    status = text_from_hex(made->text, made->secret, sizeof made->secret);
    explicit_bzero(made->text, sizeof made->text);
    if (status == STATUS_OK) {
        status = key_finish(made);
    }
    if (status != STATUS_OK) {
        log_error("key_file", "path=%s does not hold a key of secp256k1", path);
        goto failed;
    }
    close(file);
    *key = made;
    return STATUS_OK;
failed:
    key_free(made);
failed_file:
    close(file);
    return status;
}

/* Writes and syncs; false with errno set where that fails. */
static bool write_whole(int file, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(file, bytes, length);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            return false;
        }
        bytes += written;
        length -= (size_t)written;
    }
    return fsync(file) == 0;
}

/* A new file with the key's digits under a name that no other process uses, synced. */
static enum status write_unfinished(const struct key *key, const char *path)
{
    struct key *scratch = NULL; /* the digits are as secret as the key */
    enum status status = key_allocate(&scratch);
    if (status != STATUS_OK) {
        return status;
    }
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) {
        status = file_failure(path, "open", errno);
        goto done;
    }
    text_to_hex(scratch->text, key->secret, sizeof key->secret);
    scratch->text[FILE_BYTES - 1] = '\n';
    if (!write_whole(file, scratch->text, FILE_BYTES)) {
        status = file_failure(path, "write", errno);
        unlink(path);
    }
    close(file); /* synced or given up: nothing depends on what close says */
done:
    key_free(scratch);
    return status;
}

/* Makes the names in path's directory durable. */
static enum status sync_directory(const char *path)
{
    char *copy = strdup(path);
    if (copy == NULL) {
        return STATUS_EXHAUSTED;
    }
    enum status status = STATUS_OK;
    int directory = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0 || fsync(directory) != 0) {
        status = file_failure(path, "sync of the directory", errno);
    }
    if (directory >= 0) {
        close(directory);
    }
    free(copy);
    return status;
}

/* path.XXXX.new; caller frees. */
static enum status unfinished_name(const char *path, char **name)
{
    uint8_t random[SUFFIX_BYTES];
    char suffix[2 * SUFFIX_BYTES + 1];
    enum status status = random_bytes(random, sizeof random);
    if (status != STATUS_OK) {
        return status;
    }
    text_to_hex(suffix, random, sizeof random);
    char *made = NULL;
    if (asprintf(&made, "%s.%s.new", path, suffix) < 0) {
        return STATUS_EXHAUSTED;
    }
    *name = made;
    return STATUS_OK;
}

enum status key_save(const struct key *key, const char *path)
{
    char *unfinished = NULL;
    enum status status = unfinished_name(path, &unfinished);
    if (status != STATUS_OK) {
        return status;
    }
    status = write_unfinished(key, unfinished);
    if (status != STATUS_OK) {
        goto done;
    }
    /* link, unlike rename, never replaces a key that is already there. */
    if (link(unfinished, path) != 0) {
        status = errno == EEXIST ? STATUS_CONFLICT : file_failure(path, "link", errno);
    }
    unlink(unfinished);
    if (status == STATUS_OK) {
        status = sync_directory(path);
    }
done:
    free(unfinished);
    return status;
}

const uint8_t *key_public(const struct key *key)
{
    return key->compressed;
}

const char *key_id(const struct key *key)
{
    return key->id;
}

void key_id_of(char out[KEY_ID_BYTES], const uint8_t public_key[KEY_PUBLIC_BYTES])
{
    uint8_t digest[DIGEST_BYTES];
    digest_bytes(digest, public_key, KEY_PUBLIC_BYTES);
    text_to_hex(out, digest, (KEY_ID_BYTES - 1) / 2);
}

void key_sign(const struct key *key, const uint8_t digest[DIGEST_BYTES], uint8_t signature[KEY_SIGNATURE_BYTES])
{
    secp256k1_ecdsa_signature made;
    assert(library != NULL);
    int is_signed = secp256k1_ecdsa_sign(library, &made, digest, key->secret, secp256k1_nonce_function_rfc6979, NULL);
    assert(is_signed == 1);
    secp256k1_ecdsa_signature_serialize_compact(library, signature, &made);
    /* A fault while signing (a flipped bit) would give the secret away: read the bytes
     * back that leave this function, and do not let them out unless they verify. */
    secp256k1_ecdsa_signature again;
    int is_read = secp256k1_ecdsa_signature_parse_compact(library, &again, signature);
    assert(is_read == 1);
    int is_valid = secp256k1_ecdsa_verify(library, &again, digest, &key->point);
    assert(is_valid == 1);
}

void key_verifier_init(struct key_verifier *verifier, const uint8_t public_key[KEY_PUBLIC_BYTES])
{
    secp256k1_pubkey point;
    static_assert(sizeof point.data == sizeof verifier->point, "the library's form of a point has another size");
    assert(library != NULL);
    verifier->is_key = secp256k1_ec_pubkey_parse(library, &point, public_key, KEY_PUBLIC_BYTES) == 1;
    memcpy(verifier->point, point.data, sizeof verifier->point);
}

enum status key_verifier_check(const struct key_verifier *verifier, const uint8_t digest[DIGEST_BYTES],
                               const uint8_t signature[KEY_SIGNATURE_BYTES])
{
    secp256k1_pubkey point;
    secp256k1_ecdsa_signature parsed;
    assert(library != NULL);
    if (!verifier->is_key || secp256k1_ecdsa_signature_parse_compact(library, &parsed, signature) != 1) {
        return STATUS_INVALID;
    }
    memcpy(point.data, verifier->point, sizeof point.data);
    /* The library's verify accepts low S only. */
    return secp256k1_ecdsa_verify(library, &parsed, digest, &point) == 1 ? STATUS_OK : STATUS_INVALID;
}

enum status key_verify(const uint8_t public_key[KEY_PUBLIC_BYTES], const uint8_t digest[DIGEST_BYTES],
                       const uint8_t signature[KEY_SIGNATURE_BYTES])
{
    struct key_verifier verifier;
    key_verifier_init(&verifier, public_key);
    return key_verifier_check(&verifier, digest, signature);
}

enum status key_coordinates(const uint8_t public_key[KEY_PUBLIC_BYTES], uint8_t x[32], uint8_t y[32])
{
    secp256k1_pubkey point;
    uint8_t bytes[65];
    size_t length = sizeof bytes;
    assert(library != NULL);
    if (secp256k1_ec_pubkey_parse(library, &point, public_key, KEY_PUBLIC_BYTES) != 1) {
        return STATUS_INVALID;
    }
    secp256k1_ec_pubkey_serialize(library, bytes, &length, &point, SECP256K1_EC_UNCOMPRESSED);
    assert(length == sizeof bytes);
    memcpy(x, bytes + 1, 32);
    memcpy(y, bytes + 33, 32);
    return STATUS_OK;
}
