/*
 * Reads the lines that export.c writes. It is no reader of JSON in general: it expects the very bytes of the format,
 * so that a line cannot be written in two ways and be the same. docs/ledger.md says the same of every reader.
 */
#include "rules/export/read.h"

#include <string.h>

#include "base/text.h"

/* Invariants: 1. left bytes stand at `at`; 2. status is the first failure, behind which nothing is read. */
struct reader {
    const char *at;
    size_t left;
    struct arena *arena;
    enum status status;
};

static void fail(struct reader *reader, enum status status)
{
    reader->status = reader->status != STATUS_OK ? reader->status : status;
}

static bool begins_with(const struct reader *reader, const char *text)
{
    size_t length = strlen(text);
    return reader->status == STATUS_OK && length <= reader->left && memcmp(reader->at, text, length) == 0;
}

static void skip(struct reader *reader, size_t length)
{
    reader->at += length;
    reader->left -= length;
}

/* Takes text where it stands next. */
static bool take(struct reader *reader, const char *text)
{
    bool is_next = begins_with(reader, text);
    if (is_next) {
        skip(reader, strlen(text));
    }
    return is_next;
}

static void expect(struct reader *reader, const char *text)
{
    if (!take(reader, text)) {
        fail(reader, STATUS_INVALID);
    }
}

/* Digits without leading zeros, at most TEXT_INTEGER_MAX. */
static uint64_t read_integer(struct reader *reader)
{
    char digits[17];
    int64_t value = 0;
    size_t length = 0;
    while (reader->status == STATUS_OK && length < reader->left && length < sizeof digits - 1 && reader->at[length] >= '0' &&
           reader->at[length] <= '9') {
        digits[length] = reader->at[length];
        length++;
    }
    digits[length] = 0;
    if (length == 0 || (digits[0] == '0' && length > 1) || text_to_integer(digits, &value) != STATUS_OK || value > TEXT_INTEGER_MAX) {
        fail(reader, STATUS_INVALID);
        return 0;
    }
    skip(reader, length);
    return (uint64_t)value;
}

static void read_hex(struct reader *reader, uint8_t *out, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        int high = reader->status == STATUS_OK && reader->left >= 2 ? text_hex_digit(reader->at[0]) : -1;
        int low = high >= 0 ? text_hex_digit(reader->at[1]) : -1;
        bool is_lower = low >= 0 && (reader->at[0] < 'A' || reader->at[0] > 'F') && (reader->at[1] < 'A' || reader->at[1] > 'F');
        if (!is_lower) {
            fail(reader, STATUS_INVALID);
            return;
        }
        out[i] = (uint8_t)(high << 4 | low);
        skip(reader, 2);
    }
}

/* Base64 up to a quotation mark, which is taken too. */
static const uint8_t *read_base64(struct reader *reader, size_t *count)
{
    const char *end = reader->status == STATUS_OK ? memchr(reader->at, '"', reader->left) : NULL;
    size_t length = end != NULL ? (size_t)(end - reader->at) : 0;
    uint8_t *bytes = end != NULL ? arena_alloc(reader->arena, length / 4 * 3 + 1) : NULL;
    if (bytes == NULL || text_from_base64(reader->at, length, bytes, count) != STATUS_OK) {
        fail(reader, end != NULL && bytes == NULL ? STATUS_EXHAUSTED : STATUS_INVALID);
        return NULL;
    }
    skip(reader, length + 1);
    return bytes;
}

/* What stands behind a backslash, as the writer escapes it; -1 where it would not. *used: how many bytes that is. */
static int unescape(const char *at, size_t left, size_t *used)
{
    static const char names[] = "\"\\bfnrt", values[] = "\"\\\b\f\n\r\t";
    const char *name = left > 0 && at[0] != 0 ? strchr(names, at[0]) : NULL;
    *used = 1;
    if (name != NULL) {
        return values[name - names];
    }
    if (left < 5 || memcmp(at, "u00", 3) != 0 || (at[3] != '0' && at[3] != '1') || (at[4] >= 'A' && at[4] <= 'F')) {
        return -1;
    }
    int low = text_hex_digit(at[4]);
    int value = low < 0 ? -1 : (at[3] - '0') * 16 + low;
    *used = 5;
    return value <= 0 || strchr(values, value) != NULL ? -1 : value; /* NUL is in no text; these have names */
}

/* A quoted text. */
static const char *read_text(struct reader *reader)
{
    expect(reader, "\"");
    size_t end = 0, used = 0;
    while (reader->status == STATUS_OK && end < reader->left && reader->at[end] != '"') {
        end += reader->at[end] == '\\' && end + 1 < reader->left ? 2 : 1;
    }
    char *text = reader->status == STATUS_OK && end < reader->left ? arena_alloc(reader->arena, end + 1) : NULL;
    if (text == NULL) {
        fail(reader, reader->status == STATUS_OK && end < reader->left ? STATUS_EXHAUSTED : STATUS_INVALID);
        return "";
    }
    for (size_t i = 0; i < end;) {
        unsigned char byte = (unsigned char)reader->at[i++];
        size_t escape = 0;
        int value = byte == '\\' ? unescape(reader->at + i, end - i, &escape) : byte < 0x20 ? -1 : byte;
        if (value < 0) {
            fail(reader, STATUS_INVALID);
            return "";
        }
        text[used++] = (char)value;
        i += byte == '\\' ? escape : 0;
    }
    if (!text_is_utf8(text, used)) {
        fail(reader, STATUS_INVALID);
    }
    skip(reader, end + 1);
    return text;
}

static void read_header(struct reader *reader, struct export_line *line)
{
    expect(reader, "\"format\":\"tallystick-export\",\"version\":1,\"origin\":");
    line->origin = read_text(reader);
    expect(reader, ",\"after\":");
    line->seq = read_integer(reader);
    expect(reader, ",\"texts\":");
    line->with_texts = take(reader, "true");
    expect(reader, line->with_texts ? "}" : "false}");
}

static void read_key(struct reader *reader, struct export_line *line)
{
    expect(reader, "\"algorithm\":");
    line->algorithm = read_text(reader);
    expect(reader, ",\"key\":");
    line->key = read_text(reader);
    expect(reader, ",\"public_key\":\"");
    const char *end = reader->status == STATUS_OK ? memchr(reader->at, '"', reader->left) : NULL;
    line->public_key_length = end != NULL ? (size_t)(end - reader->at) / 2 : 0;
    uint8_t *bytes = arena_alloc(reader->arena, line->public_key_length + 1);
    if (bytes == NULL) {
        fail(reader, STATUS_EXHAUSTED);
        return;
    }
    read_hex(reader, bytes, line->public_key_length);
    line->public_key = bytes;
    expect(reader, "\",\"from_seq\":");
    line->seq = read_integer(reader);
    expect(reader, "}");
}

static void read_entry(struct reader *reader, struct export_line *line)
{
    expect(reader, "\"seq\":");
    line->seq = read_integer(reader);
    expect(reader, ",\"hash\":\"");
    read_hex(reader, line->hash, sizeof line->hash);
    expect(reader, "\",\"key\":");
    line->key = read_text(reader);
    expect(reader, ",\"seal\":\"");
    read_hex(reader, line->seal, sizeof line->seal);
    expect(reader, "\",\"bytes\":\"");
    line->bytes = read_base64(reader, &line->bytes_length);
    expect(reader, ",\"body\":");
    if (!take(reader, "null")) {
        expect(reader, "\"");
        line->body = read_base64(reader, &line->body_length);
    }
    expect(reader, "}");
}

static void read_personal(struct reader *reader, struct export_line *line)
{
    uint8_t *salt = arena_alloc(reader->arena, DIGEST_BYTES);
    if (salt == NULL) {
        fail(reader, STATUS_EXHAUSTED);
        return;
    }
    expect(reader, "\"seq\":");
    line->seq = read_integer(reader);
    expect(reader, ",\"pointer\":");
    line->pointer = read_text(reader);
    expect(reader, ",\"commitment\":");
    line->commitment = read_text(reader);
    expect(reader, ",\"salt\":");
    if (take(reader, "null,\"text\":null}")) {
        return;
    }
    expect(reader, "\"");
    read_hex(reader, salt, DIGEST_BYTES);
    expect(reader, "\",\"text\":");
    line->salt = salt;
    line->text = read_text(reader);
    expect(reader, "}");
}

static void read_checkpoint(struct reader *reader, struct export_line *line)
{
    expect(reader, "\"height\":");
    line->height = read_integer(reader);
    expect(reader, ",\"size\":");
    line->seq = read_integer(reader);
    expect(reader, ",\"note\":");
    line->note = read_text(reader);
    expect(reader, "}");
}

static void read_end(struct reader *reader, struct export_line *line)
{
    expect(reader, "\"seq\":");
    line->seq = read_integer(reader);
    expect(reader, ",\"hash\":\"");
    read_hex(reader, line->hash, sizeof line->hash);
    expect(reader, "\"}");
}

enum status export_line_read(struct export_line *line, const char *bytes, size_t length, struct arena *arena)
{
    static const struct {
        const char *begins;
        enum export_line_kind kind;
        void (*read)(struct reader *reader, struct export_line *line);
    } kinds[] = {
        {EXPORT_ENTRY_BEGINS, EXPORT_LINE_ENTRY, read_entry},
        {EXPORT_CHECKPOINT_BEGINS, EXPORT_LINE_CHECKPOINT, read_checkpoint},
        {EXPORT_TEXT_BEGINS, EXPORT_LINE_TEXT, read_personal},
        {"{\"type\":\"key\",", EXPORT_LINE_KEY, read_key},
        {"{\"type\":\"header\",", EXPORT_LINE_HEADER, read_header},
        {"{\"type\":\"end\",", EXPORT_LINE_END, read_end},
    };
    struct reader reader = { .at = bytes, .left = length, .arena = arena, .status = STATUS_OK };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (take(&reader, kinds[i].begins)) {
            struct export_line read = { .kind = kinds[i].kind };
            kinds[i].read(&reader, &read);
            if (reader.status == STATUS_OK && reader.left > 0) {
                return STATUS_INVALID;
            }
            if (reader.status == STATUS_OK) {
                *line = read;
            }
            return reader.status;
        }
    }
    return STATUS_INVALID;
}
