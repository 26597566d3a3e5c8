/*
 * Pinned keys stay the text that they came as, and are read again for each size: rules/witness_answer.c does it. Who asks:
 * server/witness.c.
 */
#include "server/log_key.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "rules/witness_answer.h"
#include "server/kept_file.h"
#include "server/tell.h"

static bool is_document(const char *text, size_t length)
{
    size_t i = 0;
    while (i < length && isspace((unsigned char)text[i])) {
        i++;
    }
    return i < length && text[i] == '{';
}

/* STATUS_CONFLICT: a second one of a kind, or of another log. */
static enum status read_lines(const char *text, size_t length, struct checkpoint_signer *out)
{
    struct checkpoint_signer signer = { .has_node = false };
    enum status status = STATUS_OK;
    for (const char *at = text, *end = text + length; at < end && status == STATUS_OK;) {
        const char *feed = memchr(at, '\n', (size_t)(end - at));
        size_t used = feed == NULL ? (size_t)(end - at) : (size_t)(feed - at);
        status = used == 0 ? STATUS_OK : checkpoint_signer_add(&signer, at, used);
        at += used + 1;
    }
    status = status == STATUS_OK && signer.origin[0] == 0 ? STATUS_INVALID : status;
    if (status == STATUS_OK) {
        *out = signer;
    }
    return status;
}

static enum status read_at(const char *text, size_t length, uint64_t size, struct checkpoint_signer *signer)
{
    return is_document(text, length) ? witness_answer_keys(text, length, size, signer) : read_lines(text, length, signer);
}

enum status log_key_at(const struct log_key *keys, uint64_t size, struct checkpoint_signer *signer)
{
    return keys->text == NULL ? STATUS_ABSENT : read_at(keys->text, keys->length, size, signer);
}

static enum status set(struct log_key *keys, const char *text, size_t length)
{
    char *copy = malloc(length + 1);
    if (copy == NULL) {
        return STATUS_EXHAUSTED;
    }
    memcpy(copy, text, length);
    copy[length] = 0;
    free(keys->text);
    *keys = (struct log_key){ copy, length };
    return STATUS_OK;
}

enum status log_key_pin(struct log_key *keys, const char *dir, const char *text, size_t length)
{
    struct checkpoint_signer signer;
    enum status status = read_at(text, length, INT64_MAX, &signer); /* those without an end */
    if (status == STATUS_CONFLICT || status == STATUS_ABSENT) {
        status = STATUS_INVALID;
    }
    if (status == STATUS_OK) {
        status = kept_file_write(dir, "log.key", text, length);
    }
    return status == STATUS_OK ? set(keys, text, length) : status;
}

void log_key_command(const char *of, char out[LOG_KEY_COMMAND_BYTES])
{
    size_t length = strlen(of);
    length -= length > 0 && of[length - 1] == '/';
    snprintf(out, LOG_KEY_COMMAND_BYTES, "curl -sS %.*s/ledger/keys > log-keys.json", (int)length, of);
}

static void tell_what_would_do(const char *path, const char *text, size_t length, const char *of)
{
    struct checkpoint_signer signer;
    char command[LOG_KEY_COMMAND_BYTES];
    bool are_several = !is_document(text, length) && read_lines(text, length, &signer) == STATUS_CONFLICT;
    log_key_command(of, command);
    tell("%s %s. --log-key takes the answer of GET /ledger/keys as it is, since that says which key signs up to which entry: %s", path,
         are_several ? "has several keys of a kind, or of several logs, and lines do not say which of them signs what"
                     : "does not hold the keys of a log", command);
}

enum status log_key_load(struct log_key *keys, const char *dir, const char *path, const char *of)
{
    struct arena arena;
    struct checkpoint_signer signer;
    const char *text = NULL;
    size_t length = 0;
    arena_init(&arena);
    enum status status = kept_file_read(&arena, path != NULL ? NULL : dir, path != NULL ? path : "log.key", &text, &length);
    if (status == STATUS_ABSENT && path == NULL) {
        status = STATUS_OK; /* pinned at first sight */
    } else if (status == STATUS_ABSENT) {
        tell("--log-key: there is no %s", path);
    } else if (status == STATUS_OK) {
        status = path != NULL ? log_key_pin(keys, dir, text, length)
               : read_at(text, length, INT64_MAX, &signer) == STATUS_OK ? set(keys, text, length) : STATUS_INVALID;
        if (status == STATUS_INVALID) {
            tell_what_would_do(path != NULL ? path : "log.key", text, length, of);
        }
    }
    arena_fini(&arena);
    return status;
}

void log_key_fini(struct log_key *keys)
{
    free(keys->text);
    *keys = (struct log_key){ NULL, 0 };
}
