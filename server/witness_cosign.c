/*
 * What is kept as cosigned was delivered: else the next look signs anew. When it is called: server/witness.c.
 */
#include "server/witness_cosign.h"

#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "json/write.h"
#include "ledger/cosignature.h"
#include "ledger/note.h"
#include "server/kept_file.h"
#include "server/witness_ask.h"
#include "server/witness_key.h"

/* The note with one line more, and a NUL behind it. */
static enum status sign(const struct witness_key *own, const char *text, size_t length, struct buffer *cosigned)
{
    struct note note;
    uint8_t signature[COSIGNATURE_BYTES];
    int64_t time_s = clock_wall_ms() / 1000;
    enum status status = time_s < 1 || time_s > COSIGNATURE_TIME_MAX ? STATUS_INVALID : note_read(&note, text, length);
    if (status == STATUS_OK) {
        status = cosignature_make(own->key, note.text, note.text_length, time_s, signature);
    }
    if (status == STATUS_OK) {
        buffer_append(cosigned, text, length);
        note_line_write(cosigned, own->cosigner.name, own->cosigner.hash, signature, sizeof signature);
        buffer_byte(cosigned, 0);
        status = cosigned->failed ? STATUS_EXHAUSTED : STATUS_OK;
    }
    return status;
}

static enum status deliver(struct fetch *fetch, const char *cosigned)
{
    struct buffer body, answer;
    struct json_writer w;
    buffer_init(&body);
    buffer_init(&answer);
    json_writer_init(&w, &body);
    json_object_begin(&w);
    json_member_text(&w, "checkpoint", cosigned);
    json_object_end(&w);
    json_writer_finish(&w);
    enum status status = body.failed ? STATUS_EXHAUSTED : witness_ask(fetch, "/ledger/cosignatures", "application/json", &body, &answer);
    buffer_fini(&body);
    buffer_fini(&answer);
    return status;
}

enum status witness_cosign(const struct witness_key *own, const char *dir, struct fetch *fetch, const char *text, size_t length)
{
    struct buffer cosigned;
    buffer_init(&cosigned);
    enum status status = sign(own, text, length, &cosigned);
    if (status == STATUS_OK && fetch != NULL) {
        status = deliver(fetch, cosigned.bytes);
    }
    if (status == STATUS_OK) {
        status = kept_file_write(dir, "cosigned", cosigned.bytes, cosigned.length - 1);
    }
    buffer_fini(&cosigned);
    return status;
}

bool witness_cosign_is_done(struct arena *arena, const char *dir, const struct checkpoint *checkpoint)
{
    const char *text = NULL;
    size_t length = 0;
    struct checkpoint cosigned;
    return kept_file_read(arena, dir, "cosigned", &text, &length) == STATUS_OK && checkpoint_parse(&cosigned, text, length) == STATUS_OK &&
        cosigned.size == checkpoint->size && memcmp(cosigned.root, checkpoint->root, DIGEST_BYTES) == 0;
}
