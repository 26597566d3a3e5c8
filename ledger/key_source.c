/*
 * A source's text to a signer.
 */
#include "ledger/key_source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "ledger/key_file.h"
#include "ledger/secret.h"

static const struct {
    const char *prefix;
    enum key_source_kind kind;
} kinds[] = { { "file:", KEY_SOURCE_FILE }, { "env:", KEY_SOURCE_ENVIRONMENT }, { "command:", KEY_SOURCE_COMMAND } };

bool key_source_read(const char *text, struct key_source *source)
{
    struct key_source read = { KEY_SOURCE_FILE, text };
    bool has_kind = false;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        size_t length = strlen(kinds[i].prefix);
        if (strncmp(text, kinds[i].prefix, length) == 0) {
            read = (struct key_source){ kinds[i].kind, text + length };
            has_kind = true;
        }
    }
    bool is_read = has_kind || strchr(text, ':') == NULL;
    is_read = is_read && read.place[0] != 0;
    if (read.kind == KEY_SOURCE_ENVIRONMENT) {
        is_read = is_read && strchr(read.place, '=') == NULL;
    }
    if (read.kind == KEY_SOURCE_COMMAND) {
        is_read = is_read && read.place[strspn(read.place, " ")] != 0;
    }
    if (is_read) {
        *source = read;
    }
    return is_read;
}

static enum status open_file(const char *path, struct signer **signer, char *why)
{
    struct key *key = NULL;
    enum status status = key_file_load(path, &key);
    if (status == STATUS_OK) {
        return signer_of_key(key, signer);
    }
    if (status == STATUS_ABSENT) {
        snprintf(why, KEY_SOURCE_WHY_BYTES, "%s is missing", path);
    } else if (status == STATUS_INVALID) {
        snprintf(why, KEY_SOURCE_WHY_BYTES, "%s cannot be used: the log's last line says why. A key file has mode 0600 and one or two "
                 "lines of 64 hexadecimal digits", path);
    } else {
        snprintf(why, KEY_SOURCE_WHY_BYTES, "%s cannot be read: the log's last line says why", path);
    }
    return status;
}

/* The variable's value as a key file's text, in locked memory; the length. A blank may stand for the first line feed, and the last
 * one may be missing: not every way of setting a variable can say a line feed. */
static size_t make_text(const char *value, char *text)
{
    size_t length = strlen(value);
    if (length > KEY_TEXT_BYTES_MAX) {
        return 0;
    }
    for (size_t i = 0; i < length; i++) {
        text[i] = value[i];
        if (value[i] == ' ') {
            text[i] = '\n';
        }
    }
    if (length > 0 && length < KEY_TEXT_BYTES_MAX && text[length - 1] != '\n') {
        text[length++] = '\n';
    }
    return length;
}

static enum status open_environment(const char *name, struct signer **signer, char *why)
{
    struct key *key = NULL;
    void *text = NULL;
    char *value = getenv(name);
    if (value == NULL) {
        snprintf(why, KEY_SOURCE_WHY_BYTES, "the environment variable %s is not set", name);
        return STATUS_ABSENT;
    }
    enum status status = secret_allocate(KEY_TEXT_BYTES_MAX, &text);
    if (status == STATUS_OK) {
        status = key_read(text, make_text(value, text), &key);
    }
    secret_free(text, KEY_TEXT_BYTES_MAX);
    explicit_bzero(value, strlen(value));
    unsetenv(name);
    if (status == STATUS_INVALID) {
        snprintf(why, KEY_SOURCE_WHY_BYTES, "the environment variable %s holds no key: it is what a key file holds, one or two lines of "
                 "64 hexadecimal digits", name);
    }
    return status == STATUS_OK ? signer_of_key(key, signer) : status;
}

static enum status open_command(const char *command, struct signer **signer, char *why)
{
    enum signer_fault fault = SIGNER_SOUND;
    enum status status = signer_of_command(command, signer, &fault);
    if (status != STATUS_OK) {
        snprintf(why, KEY_SOURCE_WHY_BYTES, "the program of the node's key, %.*s, %s%s", (int)strcspn(command, " "), command,
                 signer_fault_text(fault), fault == SIGNER_SILENT ? " (5 seconds)" : "");
    }
    return status;
}

_Static_assert(LIMIT_KEY_COMMAND_MS == 5000, "the sentence says how long");

enum status key_source_open(const struct key_source *source, struct signer **signer, char why[KEY_SOURCE_WHY_BYTES])
{
    snprintf(why, KEY_SOURCE_WHY_BYTES, "the node's key could not be read: the log's last line says why");
    switch (source->kind) {
    case KEY_SOURCE_FILE:        return open_file(source->place, signer, why);
    case KEY_SOURCE_ENVIRONMENT: return open_environment(source->place, signer, why);
    case KEY_SOURCE_COMMAND:     return open_command(source->place, signer, why);
    }
    return STATUS_INVALID;
}
