/*
 * Lines of exports: whatever is taken is the one way to write what it says.
 */
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "json/write.h"
#include "rules/export/read.h"
#include "tests/fuzz/fuzz.h"

static void write_base64(struct json_writer *w, struct arena *arena, const char *key, const uint8_t *bytes, size_t length)
{
    char *text = bytes != NULL ? arena_alloc(arena, TEXT_BASE64_BYTES(length)) : NULL;
    if (text != NULL) {
        text_to_base64(text, bytes, length);
    }
    json_member_text(w, key, text);
}

static void write_personal(struct json_writer *w, const struct export_line *line)
{
    json_member_integer(w, "seq", (int64_t)line->seq);
    json_member_text(w, "pointer", line->pointer);
    json_member_text(w, "commitment", line->commitment);
    json_key(w, "salt");
    if (line->salt != NULL) {
        json_hex(w, line->salt, DIGEST_BYTES);
    } else {
        json_value_null(w);
    }
    json_member_text(w, "text", line->text);
}

/* The line, written from what was read. */
static void write_line(struct json_writer *w, struct arena *arena, const struct export_line *line)
{
    static const char *const types[] = { "header", "key", "entry", "text", "checkpoint", "end" };
    json_object_begin(w);
    json_member_text(w, "type", types[line->kind]);
    switch (line->kind) {
    case EXPORT_LINE_HEADER:
        json_member_text(w, "format", "tallystick-export");
        json_member_integer(w, "version", 1);
        json_member_text(w, "origin", line->origin);
        json_member_integer(w, "after", (int64_t)line->seq);
        json_member_boolean(w, "texts", line->with_texts);
        break;
    case EXPORT_LINE_KEY:
        json_member_text(w, "algorithm", line->algorithm);
        json_member_text(w, "key", line->key);
        json_member_hex(w, "public_key", line->public_key, line->public_key_length);
        json_member_integer(w, "from_seq", (int64_t)line->seq);
        break;
    case EXPORT_LINE_ENTRY:
        json_member_integer(w, "seq", (int64_t)line->seq);
        json_member_hex(w, "hash", line->hash, sizeof line->hash);
        json_member_text(w, "key", line->key);
        json_member_hex(w, "seal", line->seal, sizeof line->seal);
        write_base64(w, arena, "bytes", line->bytes, line->bytes_length);
        write_base64(w, arena, "body", line->body, line->body_length);
        break;
    case EXPORT_LINE_TEXT:
        write_personal(w, line);
        break;
    case EXPORT_LINE_CHECKPOINT:
        json_member_integer(w, "height", (int64_t)line->height);
        json_member_integer(w, "size", (int64_t)line->seq);
        json_member_text(w, "note", line->note);
        break;
    case EXPORT_LINE_END:
        json_member_integer(w, "seq", (int64_t)line->seq);
        json_member_hex(w, "hash", line->hash, sizeof line->hash);
        break;
    }
    json_object_end(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct arena arena;
    struct buffer again;
    struct json_writer w;
    struct export_line line;
    arena_init(&arena);
    buffer_init(&again);
    const char *text = arena_copy(&arena, (const char *)bytes, length);
    CHECK(text != NULL);
    enum status status = export_line_read(&line, text, length, &arena);
    CHECK(status == STATUS_OK || status == STATUS_INVALID);
    if (status == STATUS_OK) {
        json_writer_init(&w, &again);
        write_line(&w, &arena, &line);
        CHECK(again.length == length && memcmp(again.bytes, text, length) == 0);
    }
    buffer_fini(&again);
    arena_fini(&arena);
    return 0;
}
