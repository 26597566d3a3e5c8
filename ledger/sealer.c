/*
 * A second thread for the costly steps of a block: signing each entry's hash and the checkpoint's text, and verifying the
 * signatures. Both threads take the next unsealed hash under one lock, and sign outside it. Who signs: signer.c.
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

struct seal {
    uint8_t hash[DIGEST_BYTES];
    uint8_t bytes[KEY_SIGNATURE_BYTES];
    bool is_done;
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
    uint8_t hash[DIGEST_BYTES], bytes[KEY_SIGNATURE_BYTES];
    uint64_t generation = sealer->generation;
    size_t index = sealer->next++;
    assert(sealer->next <= sealer->count);
    memcpy(hash, sealer->seals[index].hash, sizeof hash);
    pthread_mutex_unlock(&sealer->lock);
    enum status status = signer_sign(sealer->signer, hash, bytes);
    pthread_mutex_lock(&sealer->lock);
    if (status == STATUS_OK && generation == sealer->generation && index < sealer->count &&
        memcmp(sealer->seals[index].hash, hash, sizeof hash) == 0) {
        memcpy(sealer->seals[index].bytes, bytes, sizeof bytes);
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
        seal->is_done = false;
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

enum status sealer_finish(struct sealer *sealer, const uint8_t **seals, size_t *count)
{
    enum status status = STATUS_OK;
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
    for (size_t i = 0; status == STATUS_OK && i < sealer->count; i++) {
        struct seal *seal = &sealer->seals[i];
        if (!seal->is_done) { /* it was made for a hash that was dropped in the meantime, or the signer has failed */
            status = signer_sign(sealer->signer, seal->hash, seal->bytes);
            seal->is_done = status == STATUS_OK;
        }
        if (seal->is_done) {
            memcpy(sealer->out + i * KEY_SIGNATURE_BYTES, seal->bytes, KEY_SIGNATURE_BYTES);
        }
    }
    pthread_mutex_unlock(&sealer->lock);
    if (status == STATUS_OK) {
        *seals = sealer->out;
        *count = sealer->count;
    }
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
