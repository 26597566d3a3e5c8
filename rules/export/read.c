/*
 * Reads the lines that export.c writes. It is no reader of JSON in general: it expects the very bytes of the format,
 * so that a line cannot be written in two ways and be the same. docs/ledger.md says the same of every reader.
 */
#include "rules/export/read.h"

#include <assert.h>
#include <stddef.h>
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

enum member_kind {
    MEMBER_INTEGER,       /* uint64_t */
    MEMBER_FLAG,          /* bool */
    MEMBER_TEXT,          /* const char * */
    MEMBER_HEX,           /* uint8_t of that size */
    MEMBER_HEX_AT,        /* const uint8_t *, and behind it how many there are */
    MEMBER_BASE64_AT,     /* the same */
    MEMBER_BASE64_OR_NULL,
    MEMBER_SALT_OR_NULL,  /* const uint8_t *, of DIGEST_BYTES */
    MEMBER_TEXT_OR_NULL
};

/* The members of all lines; of one name there is one kind. */
struct member {
    const char *name;
    enum member_kind kind;
    size_t offset, size; /* in struct export_line */
};

#define MEMBER(NAME, KIND, FIELD) { NAME, MEMBER_##KIND, offsetof(struct export_line, FIELD), sizeof ((struct export_line *)0)->FIELD }

static const struct member members[] = {
    MEMBER("seq", INTEGER, seq), MEMBER("hash", HEX, hash), MEMBER("key", TEXT, key), MEMBER("seal", HEX, seal),
    MEMBER("bytes", BASE64_AT, bytes), MEMBER("body", BASE64_OR_NULL, body),
    MEMBER("pointer", TEXT, pointer), MEMBER("commitment", TEXT, commitment), MEMBER("salt", SALT_OR_NULL, salt), MEMBER("text", TEXT_OR_NULL, text),
    MEMBER("height", INTEGER, height), MEMBER("size", INTEGER, seq), MEMBER("note", TEXT, note),
    MEMBER("algorithm", TEXT, algorithm), MEMBER("public_key", HEX_AT, public_key), MEMBER("from_seq", INTEGER, seq),
    MEMBER("origin", TEXT, origin), MEMBER("after", INTEGER, seq), MEMBER("texts", FLAG, with_texts),
};

/* Where bytes lie, and how many, as they stand in the line: of each pair the length comes right behind the pointer. */
struct piece {
    const uint8_t *bytes;
    size_t length;
};

_Static_assert(offsetof(struct export_line, public_key_length) == offsetof(struct export_line, public_key) + offsetof(struct piece, length) &&
               offsetof(struct export_line, bytes_length) == offsetof(struct export_line, bytes) + offsetof(struct piece, length) &&
               offsetof(struct export_line, body_length) == offsetof(struct export_line, body) + offsetof(struct piece, length),
               "a length stands behind its pointer");

static struct piece read_piece(struct reader *reader, enum member_kind kind)
{
    struct piece piece = { NULL, 0 };
    expect(reader, "\"");
    if (kind != MEMBER_HEX_AT && kind != MEMBER_SALT_OR_NULL) {
        piece.bytes = read_base64(reader, &piece.length);
        return piece;
    }
    const char *end = reader->status == STATUS_OK ? memchr(reader->at, '"', reader->left) : NULL;
    piece.length = kind == MEMBER_SALT_OR_NULL ? DIGEST_BYTES : end != NULL ? (size_t)(end - reader->at) / 2 : 0;
    uint8_t *bytes = arena_alloc(reader->arena, piece.length + 1);
    if (bytes == NULL) {
        fail(reader, STATUS_EXHAUSTED);
        return piece;
    }
    read_hex(reader, bytes, piece.length);
    expect(reader, "\"");
    piece.bytes = bytes;
    return piece;
}

static void read_value(struct reader *reader, const struct member *member, struct export_line *line)
{
    char *at = (char *)line + member->offset;
    uint64_t integer = 0;
    bool flag = false;
    const char *text = NULL;
    struct piece piece = { NULL, 0 };
    switch (member->kind) {
    case MEMBER_INTEGER:
        integer = read_integer(reader);
        memcpy(at, &integer, sizeof integer);
        break;
    case MEMBER_FLAG:
        flag = take(reader, "true");
        expect(reader, flag ? "" : "false");
        memcpy(at, &flag, sizeof flag);
        break;
    case MEMBER_HEX:
        expect(reader, "\"");
        read_hex(reader, (uint8_t *)at, member->size);
        expect(reader, "\"");
        break;
    case MEMBER_TEXT:
    case MEMBER_TEXT_OR_NULL:
        text = member->kind == MEMBER_TEXT_OR_NULL && take(reader, "null") ? NULL : read_text(reader);
        memcpy(at, &text, sizeof text);
        break;
    case MEMBER_HEX_AT:
    case MEMBER_BASE64_AT:
        piece = read_piece(reader, member->kind);
        memcpy(at, &piece, sizeof piece);
        break;
    case MEMBER_BASE64_OR_NULL:
    case MEMBER_SALT_OR_NULL:
        if (!take(reader, "null")) {
            piece = read_piece(reader, member->kind);
            memcpy(at, &piece, member->kind == MEMBER_SALT_OR_NULL ? sizeof piece.bytes : sizeof piece);
        }
        break;
    }
}

/* The members of a line, one behind the other, as names has them with blanks between, and the line's end. */
static void read_members(struct reader *reader, const char *names, struct export_line *line)
{
    for (const char *name = names; *name != 0 && reader->status == STATUS_OK;) {
        size_t length = strcspn(name, " ");
        const struct member *member = members;
        while (strlen(member->name) != length || memcmp(member->name, name, length) != 0) {
            member++;
            assert(member < members + sizeof members / sizeof members[0]);
        }
        expect(reader, name == names ? "\"" : ",\"");
        expect(reader, member->name);
        expect(reader, "\":");
        read_value(reader, member, line);
        name += length + strspn(name + length, " ");
    }
    expect(reader, "}");
    if ((line->salt == NULL) != (line->text == NULL)) {
        fail(reader, STATUS_INVALID); /* they are erased together */
    }
}

enum status export_line_read(struct export_line *line, const char *bytes, size_t length, struct arena *arena)
{
    static const struct {
        const char *begins;
        enum export_line_kind kind;
        const char *members;
    } kinds[] = {
        {EXPORT_ENTRY_BEGINS, EXPORT_LINE_ENTRY, "seq hash key seal bytes body"},
        {EXPORT_CHECKPOINT_BEGINS, EXPORT_LINE_CHECKPOINT, "height size note"},
        {EXPORT_TEXT_BEGINS, EXPORT_LINE_TEXT, "seq pointer commitment salt text"},
        {"{\"type\":\"key\",", EXPORT_LINE_KEY, "algorithm key public_key from_seq"},
        {EXPORT_HEADER_BEGINS, EXPORT_LINE_HEADER, "origin after texts"},
        {"{\"type\":\"end\",", EXPORT_LINE_END, "seq hash"},
    };
    struct reader reader = { .at = bytes, .left = length, .arena = arena, .status = STATUS_OK };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (take(&reader, kinds[i].begins)) {
            struct export_line read = { .kind = kinds[i].kind };
            read_members(&reader, kinds[i].members, &read);
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
