/*
 * Canonical bytes of entries from anybody: what is read is written again byte for byte. And an entry made of the bytes, which is read as it
 * was written; with one byte of it another one it is none, or the entry that those bytes are.
 */
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/limits.h"
#include "base/text.h"
#include "ledger/entry.h"
#include "tests/fuzz/fuzz.h"

enum { TEXTS = 9 };

/* True where the bytes are an entry's. */
static bool check_bytes(struct arena *arena, const uint8_t *bytes, size_t length)
{
    struct entry entry;
    struct buffer again;
    uint8_t hash[DIGEST_BYTES], wanted[DIGEST_BYTES];
    arena_reset(arena);
    if (entry_decode(&entry, bytes, length, arena) != STATUS_OK) {
        return false;
    }
    CHECK(entry.body_length > LIMIT_BODY_INLINE || entry.body != NULL);
    const char *const texts[TEXTS] = { entry.kind, entry.target, entry.command_id, entry.new_id, entry.organisation, entry.role, entry.subject,
                                       entry.submitter_key, entry.submitter_alg };
    for (size_t i = 0; i < TEXTS; i++) {
        CHECK(text_is_utf8(texts[i], strlen(texts[i])));
    }
    buffer_init(&again);
    entry_encode(&entry, &again);
    CHECK(!again.failed && again.length == length && memcmp(again.bytes, bytes, length) == 0);
    digest_bytes(wanted, bytes, length);
    CHECK(entry_hash(&entry, hash) == STATUS_OK && memcmp(hash, wanted, sizeof hash) == 0);
    buffer_fini(&again);
    return true;
}

/* The next text of the input, up to a zero byte; "" where it is no UTF-8. */
static const char *take_text(struct arena *arena, const uint8_t **at, const uint8_t *end)
{
    const uint8_t *zero = *at < end ? memchr(*at, 0, (size_t)(end - *at)) : NULL;
    size_t length = zero != NULL ? (size_t)(zero - *at) : 0;
    const char *text = text_is_utf8((const char *)*at, length) ? arena_copy(arena, (const char *)*at, length) : "";
    *at += zero != NULL ? length + 1 : 0;
    return text;
}

static void check_made(struct arena *arena, const uint8_t *bytes, size_t length)
{
    const uint8_t *at = bytes, *end = bytes + length;
    struct entry entry = { .seq = length, .height = 1 + length % 7, .time_ms = UINT64_MAX - length, .rules_version = (uint32_t)length };
    struct buffer out;
    arena_reset(arena);
    const char **const texts[TEXTS] = { &entry.kind, &entry.target, &entry.command_id, &entry.new_id, &entry.organisation, &entry.role,
                                        &entry.subject, &entry.submitter_key, &entry.submitter_alg };
    for (size_t i = 0; i < TEXTS; i++) {
        *texts[i] = take_text(arena, &at, end);
    }
    size_t rest = (size_t)(end - at);
    entry.submitter_sig = at;
    entry.submitter_sig_length = rest > 64 ? 64 : rest / 2;
    entry.body = at + entry.submitter_sig_length;
    entry.body_length = rest - entry.submitter_sig_length;
    digest_bytes(entry.body_digest, entry.body, (size_t)entry.body_length);
    buffer_init(&out);
    entry_encode(&entry, &out);
    CHECK(!out.failed);
    uint8_t *written = malloc(out.length); /* exact size: a sanitizer sees an overrun */
    CHECK(written != NULL);
    memcpy(written, out.bytes, out.length);
    CHECK(check_bytes(arena, written, out.length));
    CHECK(!check_bytes(arena, written, out.length - 1)); /* nothing is missing at its end */
    size_t where = length == 0 ? 0 : (bytes[length - 1] * 257u + length) % out.length;
    written[where] ^= (uint8_t)(1 + length % 255);
    (void)check_bytes(arena, written, out.length);
    free(written);
    buffer_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static struct arena arena;
    uint8_t *copy = malloc(length + (length == 0));
    CHECK(copy != NULL);
    memcpy(copy, bytes, length);
    (void)check_bytes(&arena, copy, length);
    check_made(&arena, copy, length);
    free(copy);
    return 0;
}
