/*
 * A second thread for the costly steps of a block: signing each entry's hash and the checkpoint's text.
 * Both threads take the next unsealed hash under one lock, and sign outside it. Who signs: signer.c. All seals of a block are
 * verified together at its end: key_batch.h.
 */
#include "ledger/sealer.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

/* Waking the thread costs a twentieth of a seal, and putting it to sleep again as much. So it is woken for the block's first entry, which
 * is all where commands come one by one, and then not before so many wait that it is worth it; sealer_finish shares the rest with it. */
enum { WORTH_WAKING = 8 };

/* So many signatures are verified together for what two take one by one. */
enum { WORTH_ADDING_UP = 4 };

struct seal {
    uint8_t hash[DIGEST_BYTES];
    struct key_signed made;
    bool is_done;
    bool is_verified; /* else sealer_finish has to */
};

enum note_state { NOTE_NONE, NOTE_WAITS, NOTE_AT_WORK, NOTE_DONE };

/* The text of a checkpoint; what it holds is read outside of the lock while it is at work. */
struct note_job {
    enum note_state state;
    char text[LIMIT_KEY_MESSAGE_BYTES];
    size_t length;
    enum status status;
    uint8_t signature[ED25519_SIGNATURE_BYTES];
};

/* Invariants, under lock: 1. next <= count <= capacity; 2. seals before next are taken, and done
 * or being made by the thread that `is_busy` tells of, or by the caller; 3. generation
 * changes when the block is forgotten, so that a seal made for it is thrown away; 4. the note is at work with at most one of
 * both threads, and is not forgotten then. */
struct sealer {
    struct signer *signer;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;  /* there is work, or the end */
    pthread_cond_t ended; /* the thread has finished one, or the note */
    struct seal *seals;
    size_t count, capacity, next;
    bool is_busy; /* the thread is making a seal */
    bool is_asleep; /* the thread waits, and nobody has woken it since it began to */
    bool is_stopping;
    uint64_t generation;
    struct note_job note;
    uint8_t *out; /* capacity seals */
    struct key_batch_item *items; /* capacity of them, for verify_all */
};

/* Has the thread look for work; under lock. */
static void wake(struct sealer *sealer)
{
    if (sealer->is_asleep) {
        sealer->is_asleep = false;
        pthread_cond_signal(&sealer->wake);
    }
}

/* Makes the next seal; under lock, which is given up while it signs. */
static void seal_next(struct sealer *sealer)
{
    uint8_t hash[DIGEST_BYTES];
    struct key_signed made;
    bool is_verified = false;
    uint64_t generation = sealer->generation;
    size_t index = sealer->next++;
    assert(sealer->next <= sealer->count);
    memcpy(hash, sealer->seals[index].hash, sizeof hash);
    pthread_mutex_unlock(&sealer->lock);
    enum status status = signer_sign_unverified(sealer->signer, hash, &made, &is_verified);
    pthread_mutex_lock(&sealer->lock);
    if (status == STATUS_OK && generation == sealer->generation && index < sealer->count &&
        memcmp(sealer->seals[index].hash, hash, sizeof hash) == 0) {
        sealer->seals[index].made = made;
        sealer->seals[index].is_verified = is_verified;
        sealer->seals[index].is_done = true;
    }
}

/* Signs the note that waits; under lock, which is given up while it signs. */
static void sign_note(struct sealer *sealer)
{
    struct note_job *note = &sealer->note;
    assert(note->state == NOTE_WAITS);
    note->state = NOTE_AT_WORK;
    pthread_mutex_unlock(&sealer->lock);
    enum status status = signer_sign_message(sealer->signer, note->text, note->length, note->signature);
    pthread_mutex_lock(&sealer->lock);
    note->status = status;
    note->state = NOTE_DONE;
    pthread_cond_signal(&sealer->ended);
}

static void *run(void *context)
{
    struct sealer *sealer = context;
    pthread_mutex_lock(&sealer->lock);
    while (!sealer->is_stopping) {
        if (sealer->note.state == NOTE_WAITS) {
            sign_note(sealer);
            continue;
        }
        if (sealer->next == sealer->count) {
            sealer->is_asleep = true;
            pthread_cond_wait(&sealer->wake, &sealer->lock);
            continue;
        }
        sealer->is_busy = true;
        seal_next(sealer);
        sealer->is_busy = false;
        pthread_cond_signal(&sealer->ended);
    }
    pthread_mutex_unlock(&sealer->lock);
    return NULL;
}

enum status sealer_open(struct signer *signer, struct sealer **out)
{
    struct sealer *sealer = calloc(1, sizeof *sealer);
    if (sealer == NULL) {
        return STATUS_EXHAUSTED;
    }
    sealer->signer = signer;
    pthread_mutex_init(&sealer->lock, NULL);
    pthread_cond_init(&sealer->wake, NULL);
    pthread_cond_init(&sealer->ended, NULL);
    if (pthread_create(&sealer->thread, NULL, run, sealer) != 0) {
        pthread_cond_destroy(&sealer->ended);
        pthread_cond_destroy(&sealer->wake);
        pthread_mutex_destroy(&sealer->lock);
        free(sealer);
        return STATUS_EXHAUSTED;
    }
    *out = sealer;
    return STATUS_OK;
}

void sealer_close(struct sealer *sealer)
{
    if (sealer == NULL) {
        return;
    }
    pthread_mutex_lock(&sealer->lock);
    sealer->is_stopping = true;
    pthread_cond_signal(&sealer->wake);
    pthread_mutex_unlock(&sealer->lock);
    pthread_join(sealer->thread, NULL);
    pthread_cond_destroy(&sealer->ended);
    pthread_cond_destroy(&sealer->wake);
    pthread_mutex_destroy(&sealer->lock);
    free(sealer->seals);
    free(sealer->out);
    free(sealer->items);
    free(sealer);
}

/* Room for one more seal and for the bytes of all; under lock. */
static enum status make_room(struct sealer *sealer)
{
    if (sealer->count < sealer->capacity) {
        return STATUS_OK;
    }
    size_t capacity = sealer->capacity == 0 ? 64 : sealer->capacity * 2;
    struct seal *seals = realloc(sealer->seals, capacity * sizeof *seals);
    if (seals == NULL) {
        return STATUS_EXHAUSTED;
    }
    sealer->seals = seals;
    uint8_t *bytes = realloc(sealer->out, capacity * KEY_SIGNATURE_BYTES);
    if (bytes == NULL) {
        return STATUS_EXHAUSTED;
    }
    sealer->out = bytes;
    struct key_batch_item *items = realloc(sealer->items, capacity * sizeof *items);
    if (items == NULL) {
        return STATUS_EXHAUSTED;
    }
    sealer->items = items;
    sealer->capacity = capacity;
    return STATUS_OK;
}

enum status sealer_add(struct sealer *sealer, const uint8_t hash[DIGEST_BYTES])
{
    pthread_mutex_lock(&sealer->lock);
    enum status status = make_room(sealer);
    if (status == STATUS_OK) {
        struct seal *seal = &sealer->seals[sealer->count++];
        memcpy(seal->hash, hash, sizeof seal->hash);
        seal->is_done = seal->is_verified = false;
    }
    if (status == STATUS_OK && (sealer->count == 1 || sealer->count - sealer->next >= WORTH_WAKING)) {
        wake(sealer);
    }
    pthread_mutex_unlock(&sealer->lock);
    return status;
}

void sealer_drop(struct sealer *sealer)
{
    pthread_mutex_lock(&sealer->lock);
    assert(sealer->count > 0);
    sealer->count--;
    if (sealer->next > sealer->count) {
        sealer->next = sealer->count;
    }
    pthread_mutex_unlock(&sealer->lock);
}

/* Makes those that were made for a hash that was dropped in the meantime, or not made since the signer has failed; under lock. */
static enum status make_again(struct sealer *sealer)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < sealer->count; i++) {
        struct seal *seal = &sealer->seals[i];
        if (!seal->is_done) {
            status = signer_sign_unverified(sealer->signer, seal->hash, &seal->made, &seal->is_verified);
            seal->is_done = status == STATUS_OK;
        }
    }
    return status;
}

/* A fault while signing (a flipped bit) would give the secret away: no seal leaves the sealer that was not verified, by itself or with
 * the others. Asserts that all hold; under lock. */
static void verify_all(struct sealer *sealer)
{
    size_t count = 0;
    for (size_t i = 0; i < sealer->count; i++) {
        if (!sealer->seals[i].is_verified) {
            sealer->items[count++] = (struct key_batch_item){ sealer->seals[i].hash, &sealer->seals[i].made };
        }
    }
    const uint8_t *public_key = signer_public(sealer->signer);
    if (count >= WORTH_ADDING_UP && key_batch_verify(public_key, sealer->items, count) == STATUS_OK) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        enum status status = key_verify(public_key, sealer->items[i].digest, sealer->items[i].made->signature);
        assert(status == STATUS_OK);
    }
}

enum status sealer_finish(struct sealer *sealer, const uint8_t **seals, size_t *count)
{
    pthread_mutex_lock(&sealer->lock);
    if (sealer->count - sealer->next > 1) {
        wake(sealer);
    }
    while (sealer->next < sealer->count) {
        seal_next(sealer);
    }
    while (sealer->is_busy) {
        pthread_cond_wait(&sealer->ended, &sealer->lock);
    }
    enum status status = make_again(sealer);
    if (status == STATUS_OK) {
        verify_all(sealer);
        for (size_t i = 0; i < sealer->count; i++) {
            memcpy(sealer->out + i * KEY_SIGNATURE_BYTES, sealer->seals[i].made.signature, KEY_SIGNATURE_BYTES);
        }
        *seals = sealer->out;
        *count = sealer->count;
    }
    pthread_mutex_unlock(&sealer->lock);
    return status;
}

void sealer_note_begin(struct sealer *sealer, const char *text, size_t length)
{
    struct note_job *note = &sealer->note;
    pthread_mutex_lock(&sealer->lock);
    assert(note->state == NOTE_NONE && length <= sizeof note->text);
    memcpy(note->text, text, length);
    note->length = length;
    note->state = NOTE_WAITS;
    wake(sealer);
    pthread_mutex_unlock(&sealer->lock);
}

enum status sealer_note_finish(struct sealer *sealer, uint8_t signature[ED25519_SIGNATURE_BYTES])
{
    struct note_job *note = &sealer->note;
    pthread_mutex_lock(&sealer->lock);
    assert(note->state != NOTE_NONE);
    if (note->state == NOTE_WAITS) {
        sign_note(sealer);
    }
    while (note->state == NOTE_AT_WORK) {
        pthread_cond_wait(&sealer->ended, &sealer->lock);
    }
    enum status status = note->status;
    if (status == STATUS_OK) {
        memcpy(signature, note->signature, sizeof note->signature);
    }
    pthread_mutex_unlock(&sealer->lock);
    return status;
}

void sealer_reset(struct sealer *sealer)
{
    pthread_mutex_lock(&sealer->lock);
    while (sealer->note.state == NOTE_AT_WORK) {
        pthread_cond_wait(&sealer->ended, &sealer->lock);
    }
    sealer->note.state = NOTE_NONE;
    sealer->count = 0;
    sealer->next = 0;
    sealer->generation++;
    pthread_mutex_unlock(&sealer->lock);
}
