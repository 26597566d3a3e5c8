/*
 * Private keys as JWK files. jansson would keep the secret in memory that is neither locked nor wiped, so that the few members
 * that matter are found by scanning (json/scan.h).
 */
#include "server/command/jwk_file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base64url.h"
#include "base/random.h"
#include "base/text.h"
#include "json/scan.h"
#include "json/write.h"
#include "ledger/secret.h"
#include "server/tell.h"

enum { FILE_BYTES_MAX = 4096, NUMBER_CHARACTERS = 43 /* 32 bytes in base64url */ };

/* Everything secret on the way from or to a file. */
struct secrets {
    uint8_t number[BASE64URL_BYTES_MAX(NUMBER_CHARACTERS)];
    char d[TEXT_BASE64_BYTES(KEY_SECRET_BYTES)];
    char hex[KEY_TEXT_BYTES_MAX];
    char text[FILE_BYTES_MAX + 1];
    size_t length;
};

static void write_coordinates(const struct key *key, char x[TEXT_BASE64_BYTES(32)], char y[TEXT_BASE64_BYTES(32)])
{
    uint8_t x_bytes[32], y_bytes[32];
    enum status status = key_coordinates(key_public(key), x_bytes, y_bytes);
    assert(status == STATUS_OK);
    text_to_base64url(x, x_bytes, sizeof x_bytes);
    text_to_base64url(y, y_bytes, sizeof y_bytes);
}

void jwk_write_public(const struct key *key, struct buffer *out)
{
    char x[TEXT_BASE64_BYTES(32)], y[TEXT_BASE64_BYTES(32)];
    struct json_writer w;
    write_coordinates(key, x, y);
    json_writer_init(&w, out);
    json_object_begin(&w);
    json_member_text(&w, "kty", "EC");
    json_member_text(&w, "crv", "secp256k1");
    json_member_text(&w, "x", x);
    json_member_text(&w, "y", y);
    json_member_text(&w, "kid", key_id(key));
    json_member_text(&w, "use", "sig");
    json_member_text(&w, "alg", "ES256K");
    json_object_end(&w);
    json_writer_finish(&w);
}

/* A key of random bytes; its number stays in secrets. */
static enum status draw(struct secrets *secrets, struct key **key)
{
    enum status status = STATUS_INVALID;
    while (status == STATUS_INVALID) { /* a second turn happens once in 2^128 */
        status = random_bytes(secrets->number, KEY_SECRET_BYTES);
        status = status == STATUS_OK ? key_from_secret(secrets->number, NULL, key) : status;
    }
    return status;
}

static void write_private(const struct key *key, struct secrets *secrets)
{
    char x[TEXT_BASE64_BYTES(32)], y[TEXT_BASE64_BYTES(32)];
    write_coordinates(key, x, y);
    text_to_base64url(secrets->d, secrets->number, KEY_SECRET_BYTES);
    int length = snprintf(secrets->text, sizeof secrets->text,
                          "{\"kty\":\"EC\",\"crv\":\"secp256k1\",\"x\":\"%s\",\"y\":\"%s\",\"d\":\"%s\",\"kid\":\"%s\","
                          "\"use\":\"sig\",\"alg\":\"ES256K\"}\n", x, y, secrets->d, key_id(key));
    assert(length > 0 && (size_t)length < sizeof secrets->text);
    secrets->length = (size_t)length;
}

static enum status save(const char *path, const struct secrets *secrets)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) {
        bool is_there = errno == EEXIST;
        tell("--file: %s cannot be made: %s%s", path, strerror(errno),
             is_there ? "; a key that is there is never written over: name another file" : "");
        return is_there ? STATUS_CONFLICT : STATUS_IO;
    }
    bool is_written = write(file, secrets->text, secrets->length) == (ssize_t)secrets->length && fsync(file) == 0;
    int error = errno;
    is_written = close(file) == 0 && is_written;
    if (!is_written) {
        tell("--file: %s could not be written: %s", path, strerror(error));
        unlink(path);
    }
    return is_written ? STATUS_OK : STATUS_IO;
}

enum status jwk_file_make(const char *path, struct key **key)
{
    void *memory = NULL;
    struct key *made = NULL;
    enum status status = secret_allocate(sizeof(struct secrets), &memory);
    if (status != STATUS_OK) {
        tell("there is no locked memory for a key: raise the limit (ulimit -l)");
        return status;
    }
    struct secrets *secrets = memory;
    status = draw(secrets, &made);
    if (status == STATUS_OK) {
        write_private(made, secrets);
        status = save(path, secrets);
    }
    secret_free(memory, sizeof *secrets);
    if (status == STATUS_OK) {
        *key = made;
    } else {
        key_free(made);
    }
    return status;
}

static enum status load(const char *path, struct secrets *secrets)
{
    struct stat about;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK); /* does not hang on a FIFO */
    if (file < 0) {
        tell("--file: %s cannot be read: %s", path, strerror(errno));
        return errno == ENOENT ? STATUS_ABSENT : STATUS_IO;
    }
    enum status status = STATUS_OK;
    ssize_t length = 0;
    if (fstat(file, &about) != 0 || !S_ISREG(about.st_mode)) {
        tell("--file: %s is no file", path);
        status = STATUS_INVALID;
    } else if ((about.st_mode & 07777 & ~(mode_t)0600) != 0) {
        tell("--file: %s has the mode %04o: others may use the key; chmod 0600 %s", path, (unsigned)(about.st_mode & 07777), path);
        status = STATUS_INVALID;
    } else {
        length = read(file, secrets->text, sizeof secrets->text);
        status = length < 0 ? STATUS_IO : STATUS_OK;
    }
    close(file);
    if (status == STATUS_IO) {
        tell("--file: %s cannot be read: %s", path, strerror(errno));
    }
    secrets->length = status == STATUS_OK ? (size_t)length : 0;
    return status;
}

/* Whether a member's value is this very text. */
static bool says(const struct secrets *secrets, const char *member, const char *text)
{
    size_t offset = 0, length = 0;
    return json_scan_member(secrets->text, secrets->length, member, &offset, &length) == STATUS_OK && length == strlen(text) + 2 &&
        memcmp(secrets->text + offset + 1, text, length - 2) == 0 && secrets->text[offset] == '"';
}

/* STATUS_INVALID where there is no private key of secp256k1 in the text, or a public half that is not its own. */
static enum status take(struct secrets *secrets, struct key **key)
{
    char x[TEXT_BASE64_BYTES(32)], y[TEXT_BASE64_BYTES(32)];
    size_t offset = 0, length = 0, used = 0;
    if (secrets->length > FILE_BYTES_MAX || !says(secrets, "kty", "EC") || !says(secrets, "crv", "secp256k1") ||
        json_scan_member(secrets->text, secrets->length, "d", &offset, &length) != STATUS_OK || length != NUMBER_CHARACTERS + 2 ||
        base64url_decode(secrets->text + offset + 1, NUMBER_CHARACTERS, secrets->number, &used) != STATUS_OK) {
        return STATUS_INVALID;
    }
    struct key *made = NULL;
    enum status status = key_from_secret(secrets->number, NULL, &made);
    if (status != STATUS_OK) {
        return status;
    }
    write_coordinates(made, x, y);
    if (!says(secrets, "x", x) || !says(secrets, "y", y)) {
        key_free(made);
        return STATUS_INVALID;
    }
    *key = made;
    return STATUS_OK;
}

enum status jwk_file_read(const char *path, struct key **key)
{
    void *memory = NULL;
    enum status status = secret_allocate(sizeof(struct secrets), &memory);
    if (status != STATUS_OK) {
        tell("there is no locked memory for a key: raise the limit (ulimit -l)");
        return status;
    }
    status = load(path, memory);
    if (status == STATUS_OK) {
        status = take(memory, key);
        if (status == STATUS_INVALID) {
            tell("--file: %s is no JWK of a private key on secp256k1 with its own public half: an object with \"kty\": \"EC\", \"crv\": "
                 "\"secp256k1\", \"x\", \"y\" and \"d\"; tallystick key new makes one", path);
        }
    }
    secret_free(memory, sizeof(struct secrets));
    return status;
}
