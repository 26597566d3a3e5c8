/*
 * What witnesses sign, and how it is looked at. Next: witnesses that are registered, rules/witness.c; policies of how many
 * must have signed, witness_policy.c.
 */
#include "ledger/cosignature.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

enum { KEY_BYTES = 1 + ED25519_PUBLIC_BYTES, TIME_BYTES = 8 };

static void key_bytes(uint8_t bytes[KEY_BYTES], const uint8_t public_key[ED25519_PUBLIC_BYTES])
{
    bytes[0] = COSIGNATURE_ALGORITHM;
    memcpy(bytes + 1, public_key, ED25519_PUBLIC_BYTES);
}

void cosigner_init(struct cosigner *cosigner, const char *name, const uint8_t public_key[ED25519_PUBLIC_BYTES])
{
    uint8_t bytes[KEY_BYTES];
    size_t length = strlen(name);
    assert(length < NOTE_NAME_BYTES && note_name_is_valid(name, length));
    memset(cosigner, 0, sizeof *cosigner);
    memcpy(cosigner->name, name, length);
    memcpy(cosigner->public_key, public_key, ED25519_PUBLIC_BYTES);
    key_bytes(bytes, public_key);
    note_hash(cosigner->hash, cosigner->name, bytes, sizeof bytes);
}

enum status cosigner_read(struct cosigner *cosigner, const char *text, size_t length)
{
    struct note_key key;
    if (note_key_read(&key, text, length) != STATUS_OK || key.length != KEY_BYTES || key.bytes[0] != COSIGNATURE_ALGORITHM) {
        return STATUS_INVALID;
    }
    cosigner_init(cosigner, key.name, key.bytes + 1);
    return STATUS_OK;
}

void cosigner_write(struct buffer *out, const struct cosigner *cosigner)
{
    uint8_t bytes[KEY_BYTES];
    key_bytes(bytes, cosigner->public_key);
    note_key_write(out, cosigner->name, bytes, sizeof bytes);
}

static enum status write_message(struct buffer *out, const char *text, size_t length, int64_t time_s)
{
    buffer_format(out, "cosignature/v1\ntime %" PRId64 "\n", time_s);
    buffer_append(out, text, length);
    return out->failed ? STATUS_EXHAUSTED : STATUS_OK;
}

enum status cosignature_make(const struct key *key, const char *text, size_t length, int64_t time_s,
                             uint8_t signature[COSIGNATURE_BYTES])
{
    struct buffer message;
    assert(time_s > 0 && time_s <= COSIGNATURE_TIME_MAX);
    buffer_init(&message);
    enum status status = write_message(&message, text, length, time_s);
    if (status == STATUS_OK) {
        for (int i = 0; i < TIME_BYTES; i++) {
            signature[i] = (uint8_t)((uint64_t)time_s >> (8 * (TIME_BYTES - 1 - i)));
        }
        key_sign_message(key, message.bytes, message.length, signature + TIME_BYTES);
    }
    buffer_fini(&message);
    return status;
}

enum status cosignature_verify(const struct cosigner *cosigner, const char *text, size_t length,
                               const uint8_t signature[COSIGNATURE_BYTES], int64_t *time_s)
{
    struct buffer message;
    uint64_t time = 0;
    for (int i = 0; i < TIME_BYTES; i++) {
        time = time << 8 | signature[i];
    }
    if (time == 0 || time > (uint64_t)COSIGNATURE_TIME_MAX) {
        return STATUS_INVALID;
    }
    buffer_init(&message);
    enum status status = write_message(&message, text, length, (int64_t)time);
    if (status == STATUS_OK) {
        status = ed25519_verify(cosigner->public_key, message.bytes, message.length, signature + TIME_BYTES);
    }
    buffer_fini(&message);
    if (status == STATUS_OK) {
        *time_s = (int64_t)time;
    }
    return status;
}

enum status cosignature_find(const struct cosigner *cosigner, const struct note *note, uint8_t signature[COSIGNATURE_BYTES],
                             int64_t *time_s)
{
    bool is_found = false;
    int64_t newest = 0;
    for (size_t i = 0; i < note->count; i++) {
        uint8_t bytes[COSIGNATURE_BYTES];
        int64_t time = 0;
        if (!note_line_is_of(&note->lines[i], cosigner->name, cosigner->hash)) {
            continue;
        }
        enum status status = note_line_signature(&note->lines[i], bytes, sizeof bytes);
        if (status == STATUS_OK) {
            status = cosignature_verify(cosigner, note->text, note->text_length, bytes, &time);
        }
        if (status != STATUS_OK) {
            return status;
        }
        if (time > newest) {
            newest = time;
            memcpy(signature, bytes, sizeof bytes);
            is_found = true;
        }
    }
    if (!is_found) {
        return STATUS_ABSENT;
    }
    *time_s = newest;
    return STATUS_OK;
}
