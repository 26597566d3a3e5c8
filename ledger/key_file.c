/*
 * Reading and writing key files. The digits go through locked memory only. Next: key_source.c, which says where a node's key
 * may lie besides.
 */
#include "ledger/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "ledger/secret.h"

enum {
    READ_BYTES = KEY_TEXT_BYTES_MAX + 1, /* one more, to see that there is more */
    SUFFIX_BYTES = 8                     /* random bytes in the name of an unfinished key file */
};

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

static enum status check_file(int file, const char *path)
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
    return STATUS_OK;
}

/* The file's key, by way of text, which is locked. */
static enum status read_key(int file, const char *path, char *text, struct key **key)
{
    ssize_t length = read_whole(file, text, READ_BYTES);
    if (length < 0) {
        return file_failure(path, "read", errno);
    }
    enum status status = key_read(text, (size_t)length, key);
    if (status == STATUS_INVALID) {
        log_error("key_file", "path=%s does not hold a key: a line of 64 hexadecimal digits for secp256k1, and one for Ed25519 "
                  "where it has such a half", path);
    }
    return status;
}

enum status key_file_load(const char *path, struct key **key)
{
    void *text = NULL;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK); /* does not hang on a FIFO */
    if (file < 0 && errno == ENOENT) {
        return STATUS_ABSENT;
    }
    if (file < 0) {
        return file_failure(path, "open", errno);
    }
    enum status status = check_file(file, path);
    if (status == STATUS_OK) {
        status = secret_allocate(READ_BYTES, &text);
    }
    if (status == STATUS_OK) {
        status = read_key(file, path, text, key);
    }
    secret_free(text, READ_BYTES);
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

/* A new file with the key's text under a name that no other process uses, synced. */
static enum status write_unfinished(const struct key *key, const char *path)
{
    void *text = NULL; /* as secret as the key */
    enum status status = secret_allocate(KEY_TEXT_BYTES_MAX, &text);
    if (status != STATUS_OK) {
        return status;
    }
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) {
        status = file_failure(path, "open", errno);
        goto done;
    }
    if (!write_whole(file, text, key_write(key, text))) {
        status = file_failure(path, "write", errno);
        unlink(path);
    }
    close(file); /* synced or given up: nothing depends on what close says */
done:
    secret_free(text, KEY_TEXT_BYTES_MAX);
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

enum status key_file_save(const struct key *key, const char *path)
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

enum status key_file_keep(const char *path, const char *name)
{
    if (unlink(name) != 0 && errno != ENOENT) {
        return file_failure(name, "unlink", errno);
    }
    return link(path, name) != 0 ? file_failure(name, "link", errno) : sync_directory(name);
}

enum status key_file_replace(const char *from, const char *path)
{
    return rename(from, path) != 0 ? file_failure(path, "rename", errno) : sync_directory(path);
}

enum status key_file_remove(const char *path)
{
    if (unlink(path) != 0) {
        return errno == ENOENT ? STATUS_OK : file_failure(path, "unlink", errno);
    }
    return sync_directory(path);
}
