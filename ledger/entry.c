/*
 * The canonical bytes of an entry, written and read back; entry.h has the layout as a
 * table. The reader takes bytes from anywhere: every length is compared with what is
 * left before it is used, and whatever it accepts the writer would have written the
 * same way. chain.c hashes the same layout by code of its own.
 */
#include "ledger/entry.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"

static const char tag[] = "tallystick/entry/v1\n";

enum { TAG_BYTES = sizeof tag - 1 };

static void write_bytes(struct buffer *out, const void *bytes, size_t length)
{
    assert(length <= UINT32_MAX);
    buffer_u32(out, (uint32_t)length);
    buffer_append(out, bytes, length);
}

static void write_text(struct buffer *out, const char *text)
{
    assert(text != NULL);
    write_bytes(out, text, strlen(text));
}

void entry_encode(const struct entry *entry, struct buffer *out)
{
    bool is_inline = entry->body_length <= LIMIT_BODY_INLINE;
    assert(!is_inline || entry->body != NULL || entry->body_length == 0);
    assert(entry->submitter_sig != NULL || entry->submitter_sig_length == 0);
    buffer_append(out, tag, TAG_BYTES);
    buffer_u64(out, entry->seq);
    buffer_u64(out, entry->height);
    buffer_u64(out, entry->time_ms);
    buffer_append(out, entry->previous_hash, DIGEST_BYTES);
    buffer_u32(out, entry->rules_version);
    write_text(out, entry->kind);
    write_text(out, entry->target);
    write_text(out, entry->command_id);
    write_text(out, entry->new_id);
    write_text(out, entry->organisation);
    write_text(out, entry->role);
    write_text(out, entry->subject);
    write_text(out, entry->submitter_key);
    write_text(out, entry->submitter_alg);
    buffer_u64(out, entry->body_length);
    buffer_append(out, entry->body_digest, DIGEST_BYTES);
    write_bytes(out, entry->body, is_inline ? (size_t)entry->body_length : 0);
    write_bytes(out, entry->submitter_sig, entry->submitter_sig_length);
    buffer_append(out, entry->effects, DIGEST_BYTES);
}

/*
 * What is left to read. Invariants:
 *  1. left bytes stand at `at`;
 *  2. status is the first failure; once it is not STATUS_OK, nothing more is read.
 */
struct reader {
    const uint8_t *at;
    size_t left;
    struct arena *arena;
    enum status status;
};

/* The next length bytes; NULL where there are fewer. */
static const uint8_t *take(struct reader *reader, size_t length)
{
    if (reader->status != STATUS_OK || length > reader->left) {
        reader->status = reader->status != STATUS_OK ? reader->status : STATUS_INVALID;
        return NULL;
    }
    const uint8_t *bytes = reader->at;
    reader->at += length;
    reader->left -= length;
    return bytes;
}

/* An integer of `width` bytes; 0 on failure. */
static uint64_t take_integer(struct reader *reader, size_t width)
{
    const uint8_t *bytes = take(reader, width);
    uint64_t value = 0;
    for (size_t i = 0; bytes != NULL && i < width; i++) {
        value = value << 8 | bytes[i];
    }
    return value;
}

static void take_digest(struct reader *reader, uint8_t out[DIGEST_BYTES])
{
    const uint8_t *bytes = take(reader, DIGEST_BYTES);
    if (bytes != NULL) {
        memcpy(out, bytes, DIGEST_BYTES);
    }
}

/* Length-prefixed bytes, borrowed; NULL and 0 on failure. */
static const uint8_t *take_bytes(struct reader *reader, size_t *length)
{
    size_t wanted = (size_t)take_integer(reader, 4);
    const uint8_t *bytes = take(reader, wanted);
    *length = bytes == NULL ? 0 : wanted;
    return bytes;
}

/* A copy of a text; "" on failure. */
static const char *take_text(struct reader *reader)
{
    size_t length = 0;
    const char *bytes = (const char *)take_bytes(reader, &length);
    if (bytes == NULL) {
        return "";
    }
    if (memchr(bytes, 0, length) != NULL || !text_is_utf8(bytes, length)) {
        reader->status = STATUS_INVALID;
        return "";
    }
    const char *text = arena_copy(reader->arena, bytes, length);
    if (text == NULL) {
        reader->status = STATUS_EXHAUSTED;
        return "";
    }
    return text;
}

/* The body and its digest agree, or the body stands elsewhere and the field is empty. */
static void take_body(struct reader *reader, struct entry *entry)
{
    size_t length = 0;
    const uint8_t *body = take_bytes(reader, &length);
    if (reader->status != STATUS_OK) {
        return;
    }
    if (entry->body_length > LIMIT_BODY_INLINE) {
        reader->status = length == 0 ? STATUS_OK : STATUS_INVALID;
        return;
    }
    uint8_t digest[DIGEST_BYTES];
    digest_bytes(digest, body, length);
    if (length != entry->body_length || memcmp(digest, entry->body_digest, sizeof digest) != 0) {
        reader->status = STATUS_INVALID;
        return;
    }
    entry->body = body;
}

enum status entry_decode(struct entry *entry, const void *bytes, size_t length, struct arena *arena)
{
    struct reader reader = { .at = bytes, .left = length, .arena = arena, .status = STATUS_OK };
    struct entry read = { 0 };
    const uint8_t *tag_read = take(&reader, TAG_BYTES);
    if (tag_read == NULL || memcmp(tag_read, tag, TAG_BYTES) != 0) {
        return STATUS_INVALID;
    }
    read.seq = take_integer(&reader, 8);
    read.height = take_integer(&reader, 8);
    read.time_ms = take_integer(&reader, 8);
    take_digest(&reader, read.previous_hash);
    read.rules_version = (uint32_t)take_integer(&reader, 4);
    read.kind = take_text(&reader);
    read.target = take_text(&reader);
    read.command_id = take_text(&reader);
    read.new_id = take_text(&reader);
    read.organisation = take_text(&reader);
    read.role = take_text(&reader);
    read.subject = take_text(&reader);
    read.submitter_key = take_text(&reader);
    read.submitter_alg = take_text(&reader);
    read.body_length = take_integer(&reader, 8);
    take_digest(&reader, read.body_digest);
    take_body(&reader, &read);
    read.submitter_sig = take_bytes(&reader, &read.submitter_sig_length);
    take_digest(&reader, read.effects);
    if (reader.status != STATUS_OK) {
        return reader.status;
    }
    if (reader.left > 0) {
        return STATUS_INVALID;
    }
    *entry = read;
    return STATUS_OK;
}

enum status entry_hash(const struct entry *entry, uint8_t out[DIGEST_BYTES])
{
    struct buffer bytes;
    buffer_init(&bytes);
    entry_encode(entry, &bytes);
    enum status status = bytes.failed ? STATUS_EXHAUSTED : STATUS_OK;
    if (status == STATUS_OK) {
        digest_bytes(out, bytes.bytes, bytes.length);
    }
    buffer_fini(&bytes);
    return status;
}
