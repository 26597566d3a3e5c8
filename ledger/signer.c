/*
 * Signing for the node. The lines of a program that signs, each answered by one:
 *
 *   public               PUBLIC, or PUBLIC and the Ed25519 key's with a blank between, in hexadecimal
 *   secp256k1 DIGEST     r and s, 64 bytes in hexadecimal; s of either height
 *   ed25519 MESSAGE      64 bytes in hexadecimal
 *   anything             "error " and what is wrong
 *
 * Next: key_source.c, which makes signers; sealer.c and checkpoint.c, who use them.
 */
#include "ledger/signer.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "ledger/signer_command.h"

enum { ANSWER_BYTES = 512, REQUEST_BYTES = 2 * LIMIT_KEY_MESSAGE_BYTES + 16 };

/* What is signed to see whether a program can: no entry and no note looks like it. */
static const char trial[] = "tallystick/key/trial/v1\n";

/* Invariants: 1. exactly one of key and command is there; 2. public_key, id and ed25519 are its public halves and never
 * change; 3. once fault is another than SIGNER_SOUND, it stays. */
struct signer {
    struct key *key;
    struct signer_command *command;
    pthread_mutex_t lock; /* of command: one line at a time */
    atomic_int fault;     /* enum signer_fault */
    uint8_t public_key[KEY_PUBLIC_BYTES];
    char id[KEY_ID_BYTES];
    bool has_ed25519;
    uint8_t ed25519[ED25519_PUBLIC_BYTES];
};

static enum status signer_create(struct signer **out)
{
    struct signer *signer = calloc(1, sizeof *signer);
    if (signer == NULL) {
        return STATUS_EXHAUSTED;
    }
    pthread_mutex_init(&signer->lock, NULL);
    atomic_init(&signer->fault, SIGNER_SOUND);
    *out = signer;
    return STATUS_OK;
}

void signer_close(struct signer *signer)
{
    if (signer == NULL) {
        return;
    }
    signer_command_close(signer->command);
    key_free(signer->key);
    pthread_mutex_destroy(&signer->lock);
    free(signer);
}

enum status signer_of_key(struct key *key, struct signer **out)
{
    struct signer *signer = NULL;
    enum status status = signer_create(&signer);
    if (status != STATUS_OK) {
        key_free(key);
        return status;
    }
    signer->key = key;
    memcpy(signer->public_key, key_public(key), sizeof signer->public_key);
    key_id_of(signer->id, signer->public_key);
    signer->has_ed25519 = key_ed25519(key) != NULL;
    if (signer->has_ed25519) {
        memcpy(signer->ed25519, key_ed25519(key), sizeof signer->ed25519);
    }
    *out = signer;
    return STATUS_OK;
}

/* The first fault stays. */
static enum status fail(struct signer *signer, enum signer_fault fault)
{
    int sound = SIGNER_SOUND;
    if (atomic_compare_exchange_strong(&signer->fault, &sound, fault)) {
        log_error("key", "the program with the node's key %s; nothing is signed any more", signer_fault_text(fault));
    }
    return STATUS_IO;
}

/* One line to the program and its answer. */
static enum status ask(struct signer *signer, const char *request, char answer[ANSWER_BYTES])
{
    pthread_mutex_lock(&signer->lock);
    bool is_sound = atomic_load(&signer->fault) == SIGNER_SOUND;
    enum signer_fault fault = is_sound ? signer_command_ask(signer->command, request, answer, ANSWER_BYTES) : SIGNER_SOUND;
    if (is_sound && fault == SIGNER_SOUND && strncmp(answer, "error", 5) == 0) {
        text_make_line(answer, strlen(answer));
        log_error("key_command", "answer=\"%s\"", answer);
        fault = SIGNER_REFUSED;
    }
    enum status status = fault != SIGNER_SOUND ? fail(signer, fault) : is_sound ? STATUS_OK : STATUS_IO;
    pthread_mutex_unlock(&signer->lock);
    return status;
}

/* The same where the answer is a signature. */
static enum status ask_signature(struct signer *signer, const char *algorithm, const void *message, size_t length,
                                 uint8_t signature[KEY_SIGNATURE_BYTES])
{
    char request[REQUEST_BYTES], hex[2 * LIMIT_KEY_MESSAGE_BYTES + 1], answer[ANSWER_BYTES];
    assert(length <= LIMIT_KEY_MESSAGE_BYTES);
    text_to_hex(hex, message, length);
    snprintf(request, sizeof request, "%s %s", algorithm, hex);
    enum status status = ask(signer, request, answer);
    if (status == STATUS_OK && text_from_hex(answer, signature, KEY_SIGNATURE_BYTES) != STATUS_OK) {
        return fail(signer, SIGNER_RUBBISH);
    }
    return status;
}

enum status signer_sign(struct signer *signer, const uint8_t digest[DIGEST_BYTES], uint8_t signature[KEY_SIGNATURE_BYTES])
{
    uint8_t made[KEY_SIGNATURE_BYTES];
    if (signer->key != NULL) {
        key_sign(signer->key, digest, signature);
        return STATUS_OK;
    }
    enum status status = ask_signature(signer, "secp256k1", digest, DIGEST_BYTES, made);
    if (status != STATUS_OK) {
        return status;
    }
    if (key_lower(made) != STATUS_OK || key_verify(signer->public_key, digest, made) != STATUS_OK) {
        return fail(signer, SIGNER_WRONG);
    }
    memcpy(signature, made, sizeof made);
    return STATUS_OK;
}

enum status signer_sign_unverified(struct signer *signer, const uint8_t digest[DIGEST_BYTES], struct key_signed *made, bool *is_verified)
{
    *is_verified = signer->key == NULL;
    if (signer->key != NULL) {
        key_sign_unverified(signer->key, digest, made);
        return STATUS_OK;
    }
    return signer_sign(signer, digest, made->signature);
}

enum status signer_sign_message(struct signer *signer, const void *message, size_t length,
                                uint8_t signature[ED25519_SIGNATURE_BYTES])
{
    uint8_t made[ED25519_SIGNATURE_BYTES];
    assert(signer->has_ed25519);
    if (signer->key != NULL) {
        key_sign_message(signer->key, message, length, signature);
        return STATUS_OK;
    }
    enum status status = ask_signature(signer, "ed25519", message, length, made);
    if (status != STATUS_OK) {
        return status;
    }
    if (ed25519_verify(signer->ed25519, message, length, made) != STATUS_OK) {
        return fail(signer, SIGNER_WRONG);
    }
    memcpy(signature, made, sizeof made);
    return STATUS_OK;
}

/* The answer to "public". */
static enum status read_public(struct signer *signer)
{
    char answer[ANSWER_BYTES];
    uint8_t x[32], y[32];
    enum status status = ask(signer, "public", answer);
    if (status != STATUS_OK) {
        return status;
    }
    char *second = strchr(answer, ' ');
    signer->has_ed25519 = second != NULL;
    if (second != NULL) {
        *second++ = 0;
    }
    if (text_from_hex(answer, signer->public_key, sizeof signer->public_key) != STATUS_OK ||
        key_coordinates(signer->public_key, x, y) != STATUS_OK ||
        (second != NULL && text_from_hex(second, signer->ed25519, sizeof signer->ed25519) != STATUS_OK)) {
        return fail(signer, SIGNER_RUBBISH);
    }
    key_id_of(signer->id, signer->public_key);
    return STATUS_OK;
}

static enum status try_keys(struct signer *signer)
{
    uint8_t digest[DIGEST_BYTES], signature[KEY_SIGNATURE_BYTES];
    digest_bytes(digest, trial, sizeof trial - 1);
    enum status status = signer_sign(signer, digest, signature);
    return status == STATUS_OK && signer->has_ed25519 ? signer_sign_message(signer, trial, sizeof trial - 1, signature) : status;
}

enum status signer_of_command(const char *command, struct signer **out, enum signer_fault *fault)
{
    struct signer *signer = NULL;
    *fault = SIGNER_NOT_STARTED;
    enum status status = signer_create(&signer);
    if (status != STATUS_OK) {
        return status;
    }
    status = signer_command_open(command, &signer->command);
    if (status == STATUS_OK) {
        status = read_public(signer);
        status = status == STATUS_OK ? try_keys(signer) : status;
        *fault = signer_fault(signer);
    }
    if (status != STATUS_OK) {
        signer_close(signer);
        return status;
    }
    *out = signer;
    return STATUS_OK;
}

const uint8_t *signer_public(const struct signer *signer)
{
    return signer->public_key;
}

const char *signer_id(const struct signer *signer)
{
    return signer->id;
}

const uint8_t *signer_ed25519(const struct signer *signer)
{
    return signer->has_ed25519 ? signer->ed25519 : NULL;
}

const struct key *signer_key(const struct signer *signer)
{
    return signer->key;
}

enum signer_fault signer_fault(const struct signer *signer)
{
    return (enum signer_fault)atomic_load(&signer->fault);
}
