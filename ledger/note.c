/*
 * Signed notes: their form, without a word on whose key is whose. Next: checkpoint.c, the notes that this ledger signs.
 */
#include "ledger/note.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "ledger/digest.h"

static const char dash[] = "\xe2\x80\x94 "; /* U+2014 and a space */

enum { DASH_BYTES = sizeof dash - 1, SIGNATURE_BYTES_MAX = 128 /* of a signature that is written or taken out */ };

/* Unicode's blanks, as far as they are letters of UTF-8: U+0085, U+00A0, U+1680, U+2000 to U+200A, U+2028, U+2029, U+202F,
 * U+205F, U+3000. */
static bool is_blank(const char *at, size_t length)
{
    static const char *const blanks[] = { " ", "\xc2\x85", "\xc2\xa0", "\xe1\x9a\x80", "\xe2\x80\xa8", "\xe2\x80\xa9",
                                          "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80" };
    for (size_t i = 0; i < sizeof blanks / sizeof blanks[0]; i++) {
        size_t bytes = strlen(blanks[i]);
        if (length >= bytes && memcmp(at, blanks[i], bytes) == 0) {
            return true;
        }
    }
    return length >= 3 && memcmp(at, "\xe2\x80", 2) == 0 && (uint8_t)at[2] >= 0x80 && (uint8_t)at[2] <= 0x8a;
}

bool note_name_is_valid(const char *name, size_t length)
{
    if (length == 0 || !text_is_utf8(name, length)) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if ((uint8_t)name[i] < ' ' || name[i] == '+' || is_blank(name + i, length - i)) {
            return false;
        }
    }
    return true;
}

static bool is_plain_text(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if ((uint8_t)bytes[i] < ' ' && bytes[i] != '\n') {
            return false;
        }
    }
    return text_is_utf8(bytes, length);
}

/* Whether code is strict base64 of more than a key hash, which is put into hash. */
static bool read_code(const char *code, size_t length, uint8_t hash[NOTE_HASH_BYTES])
{
    uint8_t begin[TEXT_BASE64_BYTES(6)];
    uint8_t group[4];
    size_t count = 0;
    if (length < 8 || length % 4 != 0 || text_from_base64(code, 8, begin, &count) != STATUS_OK || count <= NOTE_HASH_BYTES ||
        (count < 6 && length > 8)) {
        return false;
    }
    for (size_t i = 8; i < length; i += 4) {
        if (text_from_base64(code + i, 4, group, &count) != STATUS_OK || (count < 3 && i + 4 < length)) {
            return false;
        }
    }
    memcpy(hash, begin, NOTE_HASH_BYTES);
    return true;
}

static bool read_line(struct note_line *line, const char *bytes, size_t length)
{
    if (length <= DASH_BYTES || memcmp(bytes, dash, DASH_BYTES) != 0) {
        return false;
    }
    line->name = bytes + DASH_BYTES;
    const char *space = memchr(line->name, ' ', length - DASH_BYTES);
    if (space == NULL) {
        return false;
    }
    line->name_length = (size_t)(space - line->name);
    line->code = space + 1;
    line->code_length = length - DASH_BYTES - line->name_length - 1;
    return note_name_is_valid(line->name, line->name_length) && read_code(line->code, line->code_length, line->hash);
}

/* Where the last empty line begins: what stands behind it are signatures, which hold none. NULL where there is none. */
static const char *find_empty_line(const char *bytes, size_t length)
{
    for (size_t i = length; i >= 2; i--) {
        if (bytes[i - 1] == '\n' && bytes[i - 2] == '\n') {
            return bytes + i - 1;
        }
    }
    return NULL;
}

enum status note_read(struct note *note, const char *bytes, size_t length)
{
    const char *empty = find_empty_line(bytes, length);
    if (empty == NULL || !is_plain_text(bytes, length)) {
        return STATUS_INVALID;
    }
    note->text = bytes;
    note->text_length = (size_t)(empty - bytes);
    note->count = 0;
    const char *end = bytes + length;
    for (const char *at = empty + 1; at < end; note->count++) {
        const char *feed = memchr(at, '\n', (size_t)(end - at));
        if (feed == NULL || note->count == NOTE_LINES_MAX || !read_line(&note->lines[note->count], at, (size_t)(feed - at))) {
            return STATUS_INVALID;
        }
        at = feed + 1;
    }
    return STATUS_OK;
}

void note_hash(uint8_t hash[NOTE_HASH_BYTES], const char *name, const void *key, size_t key_length)
{
    struct digest digest;
    uint8_t full[DIGEST_BYTES];
    digest_init(&digest);
    digest_update(&digest, name, strlen(name));
    digest_update(&digest, "\n", 1);
    digest_update(&digest, key, key_length);
    digest_final(&digest, full);
    memcpy(hash, full, NOTE_HASH_BYTES);
}

bool note_line_is_of(const struct note_line *line, const char *name, const uint8_t hash[NOTE_HASH_BYTES])
{
    return line->name_length == strlen(name) && memcmp(line->name, name, line->name_length) == 0 &&
        memcmp(line->hash, hash, NOTE_HASH_BYTES) == 0;
}

enum status note_line_signature(const struct note_line *line, uint8_t *signature, size_t length)
{
    uint8_t bytes[TEXT_BASE64_BYTES(NOTE_HASH_BYTES + SIGNATURE_BYTES_MAX)];
    size_t count = 0;
    assert(length <= SIGNATURE_BYTES_MAX);
    if (line->code_length != TEXT_BASE64_BYTES(NOTE_HASH_BYTES + length) - 1 ||
        text_from_base64(line->code, line->code_length, bytes, &count) != STATUS_OK || count != NOTE_HASH_BYTES + length) {
        return STATUS_INVALID;
    }
    memcpy(signature, bytes + NOTE_HASH_BYTES, length);
    return STATUS_OK;
}

void note_line_write(struct buffer *out, const char *name, const uint8_t hash[NOTE_HASH_BYTES], const uint8_t *signature,
                     size_t length)
{
    uint8_t bytes[NOTE_HASH_BYTES + SIGNATURE_BYTES_MAX];
    char code[TEXT_BASE64_BYTES(sizeof bytes)];
    assert(length <= SIGNATURE_BYTES_MAX);
    memcpy(bytes, hash, NOTE_HASH_BYTES);
    memcpy(bytes + NOTE_HASH_BYTES, signature, length);
    text_to_base64(code, bytes, NOTE_HASH_BYTES + length);
    buffer_format(out, "%s%s %s\n", dash, name, code);
}

void note_key_write(struct buffer *out, const char *name, const void *key, size_t key_length)
{
    uint8_t hash[NOTE_HASH_BYTES];
    char hex[2 * NOTE_HASH_BYTES + 1], code[TEXT_BASE64_BYTES(NOTE_KEY_BYTES_MAX)];
    assert(key_length <= NOTE_KEY_BYTES_MAX);
    note_hash(hash, name, key, key_length);
    text_to_hex(hex, hash, sizeof hash);
    text_to_base64(code, key, key_length);
    buffer_format(out, "%s+%s+%s", name, hex, code);
}

enum status note_key_read(struct note_key *out, const char *text, size_t length)
{
    struct note_key key = { .length = 0 };
    char code_hash[2 * NOTE_HASH_BYTES + 1];
    uint8_t hash[NOTE_HASH_BYTES], bytes[TEXT_BASE64_BYTES(NOTE_KEY_BYTES_MAX)];
    const char *plus = memchr(text, '+', length);
    size_t used = plus == NULL ? 0 : (size_t)(plus - text);
    if (used == 0 || used >= NOTE_NAME_BYTES || !note_name_is_valid(text, used) || length < used + 2 * NOTE_HASH_BYTES + 3 ||
        plus[2 * NOTE_HASH_BYTES + 1] != '+') {
        return STATUS_INVALID;
    }
    const char *code = plus + 2 * NOTE_HASH_BYTES + 2;
    size_t code_length = length - used - 2 * NOTE_HASH_BYTES - 2;
    if (code_length > TEXT_BASE64_BYTES(NOTE_KEY_BYTES_MAX) - 1 ||
        text_from_base64(code, code_length, bytes, &key.length) != STATUS_OK || key.length == 0 || key.length > NOTE_KEY_BYTES_MAX) {
        return STATUS_INVALID;
    }
    memcpy(key.name, text, used);
    memcpy(key.bytes, bytes, key.length);
    note_hash(hash, key.name, key.bytes, key.length);
    text_to_hex(code_hash, hash, sizeof hash);
    if (memcmp(code_hash, plus + 1, 2 * NOTE_HASH_BYTES) != 0) {
        return STATUS_INVALID;
    }
    memcpy(key.hash, hash, sizeof hash);
    *out = key;
    return STATUS_OK;
}
