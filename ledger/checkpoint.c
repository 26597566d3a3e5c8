/*
 * Checkpoints: what one line of text says about the whole ledger, signed. The form is
 * that of the Go module mirror and of transparency logs, so that their tools read it;
 * only the signature's algorithm is ours (checkpoint.h says how it is named).
 */
#include "ledger/checkpoint.h"

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/text.h"

static const char dash[] = "\xe2\x80\x94 "; /* U+2014 and a space */
static const char algorithm[] = "\xff" "secp256k1-sha256";

enum {
    KEY_HASH_BYTES = 4,
    MARK_BYTES = KEY_HASH_BYTES + KEY_SIGNATURE_BYTES, /* what a signature line carries */
    DASH_BYTES = sizeof dash - 1,
    SIGNATURE_LINES_MAX = 64 /* bounds the work on a hostile note; the form asks for at least 16 */
};

int checkpoint_origin_is_valid(const char *origin)
{
    size_t length = strnlen(origin, CHECKPOINT_ORIGIN_BYTES);
    if (length == 0 || length == CHECKPOINT_ORIGIN_BYTES) {
        return 0;
    }
    for (size_t i = 0; i < length; i++) {
        if (origin[i] <= ' ' || origin[i] > '~' || origin[i] == '+') {
            return 0;
        }
    }
    return 1;
}

static void key_hash(uint8_t out[KEY_HASH_BYTES], const char *origin, const uint8_t public_key[KEY_PUBLIC_BYTES])
{
    struct digest digest;
    uint8_t full[DIGEST_BYTES];
    digest_init(&digest);
    digest_update(&digest, origin, strlen(origin));
    digest_update(&digest, "\n", 1);
    digest_update(&digest, algorithm, sizeof algorithm - 1);
    digest_update(&digest, public_key, KEY_PUBLIC_BYTES);
    digest_final(&digest, full);
    memcpy(out, full, KEY_HASH_BYTES);
}

void checkpoint_write(const struct checkpoint *checkpoint, const struct key *key, struct buffer *out)
{
    char root[TEXT_BASE64_BYTES(DIGEST_BYTES)];
    char line[TEXT_BASE64_BYTES(MARK_BYTES)];
    uint8_t digest[DIGEST_BYTES];
    uint8_t mark[MARK_BYTES];
    size_t start = out->length;
    assert(checkpoint_origin_is_valid(checkpoint->origin));
    text_to_base64(root, checkpoint->root, DIGEST_BYTES);
    buffer_format(out, "%s\n%" PRIu64 "\n%s\n", checkpoint->origin, checkpoint->size, root);
    if (out->failed) {
        return;
    }
    digest_bytes(digest, out->bytes + start, out->length - start);
    key_hash(mark, checkpoint->origin, key_public(key));
    key_sign(key, digest, mark + KEY_HASH_BYTES);
    text_to_base64(line, mark, sizeof mark);
    buffer_format(out, "\n%s%s %s\n", dash, checkpoint->origin, line);
    assert(out->failed || out->length - start <= CHECKPOINT_NOTE_BYTES_MAX);
}

/* A run of bytes inside the note. */
struct span {
    const char *bytes;
    size_t length;
};

/* Cuts the first line off rest, without its line feed; false where there is none. */
static bool take_line(struct span *rest, struct span *line)
{
    const char *end = rest->length == 0 ? NULL : memchr(rest->bytes, '\n', rest->length);
    if (end == NULL) {
        return false;
    }
    line->bytes = rest->bytes;
    line->length = (size_t)(end - rest->bytes);
    rest->bytes = end + 1;
    rest->length -= line->length + 1;
    return true;
}

static bool is_plain_text(const char *note, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)note[i] < ' ' && note[i] != '\n') {
            return false;
        }
    }
    return text_is_utf8(note, length);
}

static bool read_size(struct span line, uint64_t *size)
{
    uint64_t sum = 0;
    if (line.length == 0 || (line.bytes[0] == '0' && line.length > 1)) {
        return false;
    }
    for (size_t i = 0; i < line.length; i++) {
        char c = line.bytes[i];
        if (c < '0' || c > '9' || __builtin_mul_overflow(sum, (uint64_t)10, &sum) ||
            __builtin_add_overflow(sum, (uint64_t)(c - '0'), &sum)) {
            return false;
        }
    }
    *size = sum;
    return true;
}

static bool read_root(struct span line, uint8_t root[DIGEST_BYTES])
{
    uint8_t decoded[TEXT_BASE64_BYTES(DIGEST_BYTES)];
    size_t length = 0;
    if (line.length != TEXT_BASE64_BYTES(DIGEST_BYTES) - 1 ||
        text_from_base64(line.bytes, line.length, decoded, &length) != STATUS_OK || length != DIGEST_BYTES) {
        return false;
    }
    memcpy(root, decoded, DIGEST_BYTES);
    return true;
}

/* The three lines of the text; rest is what follows them. */
static bool read_text(struct checkpoint *checkpoint, struct span *rest)
{
    struct span line;
    if (!take_line(rest, &line) || line.length >= CHECKPOINT_ORIGIN_BYTES) {
        return false;
    }
    memset(checkpoint->origin, 0, sizeof checkpoint->origin);
    memcpy(checkpoint->origin, line.bytes, line.length);
    return checkpoint_origin_is_valid(checkpoint->origin) &&
           take_line(rest, &line) && read_size(line, &checkpoint->size) &&
           take_line(rest, &line) && read_root(line, checkpoint->root);
}

/* What a signature line is to the reader. */
enum mark { MARK_MALFORMED, MARK_OTHER, MARK_WRONG, MARK_GOOD };

static enum mark check_line(struct span line, const char *origin, const uint8_t public_key[KEY_PUBLIC_BYTES],
                            const uint8_t digest[DIGEST_BYTES])
{
    uint8_t bytes[TEXT_BASE64_BYTES(MARK_BYTES)];
    uint8_t expected[KEY_HASH_BYTES];
    size_t length = 0;
    if (line.length <= DASH_BYTES || memcmp(line.bytes, dash, DASH_BYTES) != 0) {
        return MARK_MALFORMED;
    }
    struct span name = { line.bytes + DASH_BYTES, line.length - DASH_BYTES };
    const char *space = memchr(name.bytes, ' ', name.length);
    if (space == NULL || space == name.bytes) {
        return MARK_MALFORMED;
    }
    struct span code = { space + 1, name.length - (size_t)(space - name.bytes) - 1 };
    name.length = (size_t)(space - name.bytes);
    if (code.length < 8 || code.length % 4 != 0 ||
        text_from_base64(code.bytes, 8, bytes, &length) != STATUS_OK || length <= KEY_HASH_BYTES) {
        return MARK_MALFORMED;
    }
    key_hash(expected, origin, public_key);
    if (name.length != strlen(origin) || memcmp(name.bytes, origin, name.length) != 0 ||
        memcmp(bytes, expected, KEY_HASH_BYTES) != 0) {
        return MARK_OTHER;
    }
    if (code.length != TEXT_BASE64_BYTES(MARK_BYTES) - 1 ||
        text_from_base64(code.bytes, code.length, bytes, &length) != STATUS_OK || length != MARK_BYTES) {
        return MARK_WRONG;
    }
    return key_verify(public_key, digest, bytes + KEY_HASH_BYTES) == STATUS_OK ? MARK_GOOD : MARK_WRONG;
}

bool checkpoint_has_form(const char *note, size_t length)
{
    struct checkpoint read;
    struct span rest = { note, length };
    struct span line;
    return is_plain_text(note, length) && read_text(&read, &rest) && take_line(&rest, &line) && line.length == 0;
}

enum status checkpoint_read(struct checkpoint *checkpoint, const char *note, size_t length,
                            const uint8_t public_key[KEY_PUBLIC_BYTES])
{
    struct checkpoint read;
    struct span rest = { note, length };
    struct span line;
    uint8_t digest[DIGEST_BYTES];
    memset(&read, 0, sizeof read);
    if (!is_plain_text(note, length) || !read_text(&read, &rest)) {
        return STATUS_INVALID;
    }
    digest_bytes(digest, note, length - rest.length);
    if (!take_line(&rest, &line) || line.length != 0) {
        return STATUS_INVALID; /* extension lines: this log writes none */
    }
    bool is_signed = false;
    for (int lines = 0; rest.length > 0; lines++) {
        if (lines == SIGNATURE_LINES_MAX || !take_line(&rest, &line)) {
            return STATUS_INVALID;
        }
        enum mark mark = check_line(line, read.origin, public_key, digest);
        if (mark == MARK_MALFORMED || mark == MARK_WRONG) {
            return STATUS_INVALID;
        }
        is_signed = is_signed || mark == MARK_GOOD;
    }
    if (!is_signed) {
        return STATUS_INVALID;
    }
    *checkpoint = read;
    return STATUS_OK;
}
