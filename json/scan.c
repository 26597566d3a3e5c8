/*
 * The walk over a JSON text that tells where each value stands. It must agree with the
 * parser on what is a value and how a member is called: a personal member that hid behind
 * an escape in its name would otherwise stay in clear. tests/unit/json/test_scan.c compares
 * the two on random documents.
 */
#include "json/scan.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"

enum { POINTER_BYTES = 512, NO_DIGITS = -1 };

/* Invariants: at <= length; pointer_length <= POINTER_BYTES, pointer[pointer_length] is 0. */
struct walk {
    const char *bytes;
    size_t length;
    size_t at;
    enum status (*visit)(void *context, const struct scan_value *value);
    void *context;
    char pointer[POINTER_BYTES + 1];
    size_t pointer_length;
    char member[POINTER_BYTES + 1]; /* of the value that is visited next */
    unsigned depth;
};

/* The next byte that is no white space, or 0 at the end. */
static char peek(struct walk *w)
{
    while (w->at < w->length) {
        char c = w->bytes[w->at];
        if (c != ' ' && c != '\t' && c != '\n' && c != '\r') {
            return c;
        }
        w->at++;
    }
    return 0;
}

static bool take(struct walk *w, char wanted)
{
    if (peek(w) != wanted || w->at >= w->length) {
        return false;
    }
    w->at++;
    return true;
}

/* Moves behind the text whose opening quote is at w->at. */
static bool skip_text(struct walk *w)
{
    size_t i = w->at + 1;
    while (i < w->length && w->bytes[i] != '"') {
        i += w->bytes[i] == '\\' ? 2 : 1;
    }
    if (i >= w->length) {
        return false;
    }
    w->at = i + 1;
    return true;
}

static bool skip_word(struct walk *w, const char *word)
{
    size_t length = strlen(word);
    if (w->length - w->at < length || memcmp(w->bytes + w->at, word, length) != 0) {
        return false;
    }
    w->at += length;
    return true;
}

static bool skip_number(struct walk *w)
{
    size_t from = w->at;
    while (w->at < w->length && w->bytes[w->at] != 0 && strchr("+-.0123456789eE", w->bytes[w->at]) != NULL) {
        w->at++;
    }
    return w->at > from;
}

/* The value of four hexadecimal digits, or NO_DIGITS. */
static long four_digits(const char *text, size_t length)
{
    long value = 0;
    if (length < 4) {
        return NO_DIGITS;
    }
    for (size_t i = 0; i < 4; i++) {
        static const char digits[] = "0123456789abcdefABCDEF";
        const char *digit = text[i] == 0 ? NULL : strchr(digits, text[i]);
        if (digit == NULL) {
            return NO_DIGITS;
        }
        long index = digit - digits;
        value = value * 16 + (index < 16 ? index : index - 6);
    }
    return value;
}

/* Writes a character as UTF-8; the number of bytes, 1 to 4. */
static size_t put_character(char out[4], unsigned long c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t size = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = size - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (c & 0x3f));
        c >>= 6;
    }
    out[0] = (char)((size == 2 ? 0xc0u : size == 3 ? 0xe0u : 0xf0u) | c);
    return size;
}

/* Resolves the escape behind a backslash: text points at the letter. Returns the bytes
 * written to out, 0 where it is none that the parser accepts; *taken are the bytes read. */
static size_t resolve_escape(char out[4], const char *text, size_t length, size_t *taken)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    *taken = 1;
    if (length == 0 || text[0] == 0) {
        return 0;
    }
    const char *letter = strchr(letters, text[0]);
    if (letter != NULL) {
        out[0] = meanings[letter - letters];
        return 1;
    }
    long high = text[0] == 'u' ? four_digits(text + 1, length - 1) : NO_DIGITS;
    *taken = 5;
    if (high <= 0 || (high >= 0xdc00 && high <= 0xdfff)) {
        return 0;
    }
    if (high < 0xd800 || high > 0xdfff) {
        return put_character(out, (unsigned long)high);
    }
    long low = length >= 11 && text[5] == '\\' && text[6] == 'u' ? four_digits(text + 7, length - 7) : NO_DIGITS;
    *taken = 11;
    if (low < 0xdc00 || low > 0xdfff) {
        return 0;
    }
    return put_character(out, 0x10000ul + ((unsigned long)(high - 0xd800) << 10) + (unsigned long)(low - 0xdc00));
}

/* Unescapes the text between two quotes into w->member. */
static bool read_member(struct walk *w, const char *text, size_t length)
{
    size_t used = 0;
    size_t i = 0;
    while (i < length) {
        char piece[4] = { text[i] };
        size_t size = 1;
        size_t taken = 1;
        if (text[i] == '\\') {
            size = resolve_escape(piece, text + i + 1, length - i - 1, &taken);
            taken++;
        }
        if (size == 0 || piece[0] == 0 || used + size > POINTER_BYTES) {
            return false;
        }
        memcpy(w->member + used, piece, size);
        used += size;
        i += taken;
    }
    w->member[used] = 0;
    return true;
}

static bool append_pointer(struct walk *w, const char *token)
{
    size_t used = w->pointer_length;
    if (used >= POINTER_BYTES) {
        return false;
    }
    w->pointer[used++] = '/';
    for (const char *at = token; *at != 0; at++) {
        bool is_escaped = *at == '~' || *at == '/';
        if (used + 1 + is_escaped > POINTER_BYTES) {
            w->pointer[w->pointer_length] = 0;
            return false;
        }
        w->pointer[used++] = is_escaped ? '~' : *at;
        if (is_escaped) {
            w->pointer[used++] = *at == '~' ? '0' : '1';
        }
    }
    w->pointer[used] = 0;
    w->pointer_length = used;
    return true;
}

static enum status walk_value(struct walk *w);

/* One member or item: its token joins the pointer while its value is walked. */
static enum status walk_inner(struct walk *w, const char *token)
{
    size_t before = w->pointer_length;
    if (!append_pointer(w, token)) {
        return STATUS_INVALID;
    }
    enum status status = walk_value(w);
    w->pointer_length = before;
    w->pointer[before] = 0;
    return status;
}

static enum status walk_member(struct walk *w)
{
    if (peek(w) != '"') {
        return STATUS_INVALID;
    }
    size_t from = w->at + 1;
    if (!skip_text(w) || !read_member(w, w->bytes + from, w->at - 1 - from) || !take(w, ':')) {
        return STATUS_INVALID;
    }
    return walk_inner(w, w->member);
}

static enum status walk_item(struct walk *w, size_t index)
{
    char token[24];
    int length = snprintf(token, sizeof token, "%zu", index);
    assert(length > 0 && (size_t)length < sizeof token);
    w->member[0] = 0;
    return walk_inner(w, token);
}

/* What is between the brackets of an object or array, and the closing one. */
static enum status walk_container(struct walk *w, bool is_object)
{
    char closing = is_object ? '}' : ']';
    w->at++;
    if (take(w, closing)) {
        return STATUS_OK;
    }
    for (size_t index = 0;; index++) {
        enum status status = is_object ? walk_member(w) : walk_item(w, index);
        if (status != STATUS_OK) {
            return status;
        }
        if (take(w, closing)) {
            return STATUS_OK;
        }
        if (!take(w, ',')) {
            return STATUS_INVALID;
        }
    }
}

/* Moves behind a value that is no container; false where there is none. */
static bool skip_scalar(struct walk *w, char kind)
{
    switch (kind) {
    case '"': return skip_text(w);
    case 't': return skip_word(w, "true");
    case 'f': return skip_word(w, "false");
    case '0': return skip_word(w, "null");
    default:  return skip_number(w);
    }
}

/* What a value that begins so is, in the letters of struct scan_value. */
static char kind_of(char first)
{
    bool is_number = first == '-' || (first >= '0' && first <= '9');
    return first == 'n' ? '0' : is_number ? 'n' : first;
}

static enum status walk_value(struct walk *w)
{
    char kind = kind_of(peek(w));
    if (w->at >= w->length || strchr("{[\"ntf0", kind) == NULL || kind == 0) {
        return STATUS_INVALID;
    }
    struct scan_value value = { w->pointer, w->member, kind, w->at, 0 };
    bool is_container = kind == '{' || kind == '[';
    if (!is_container) {
        if (!skip_scalar(w, kind)) {
            return STATUS_INVALID;
        }
        value.length = w->at - value.offset;
        return w->visit(w->context, &value);
    }
    if (w->depth == LIMIT_JSON_DEPTH) {
        return STATUS_INVALID;
    }
    enum status status = w->visit(w->context, &value);
    if (status != STATUS_OK) {
        return status;
    }
    w->depth++;
    status = walk_container(w, kind == '{');
    w->depth--;
    return status;
}

enum status json_scan(const char *bytes, size_t length,
                      enum status (*visit)(void *context, const struct scan_value *value), void *context)
{
    struct walk w;
    memset(&w, 0, sizeof w);
    w.bytes = bytes;
    w.length = length;
    w.visit = visit;
    w.context = context;
    enum status status = walk_value(&w);
    if (status != STATUS_OK) {
        return status;
    }
    peek(&w);
    return w.at == w.length ? STATUS_OK : STATUS_INVALID;
}

/* Moves behind the value that starts at w->at, whatever is in it; false where there is none. */
static bool skip_value(struct walk *w)
{
    size_t depth = 0;
    do {
        char first = peek(w);
        bool opens = first == '{' || first == '[';
        bool closes = first == '}' || first == ']';
        if (w->at >= w->length || (closes && depth == 0)) {
            return false;
        }
        if (opens || closes || (depth > 0 && (first == ',' || first == ':'))) {
            depth = opens ? depth + 1 : closes ? depth - 1 : depth;
            w->at++;
        } else if (!skip_scalar(w, kind_of(first))) {
            return false;
        }
    } while (depth > 0);
    return true;
}

enum status json_scan_member(const char *bytes, size_t length, const char *member, size_t *offset, size_t *value_length)
{
    struct walk w;
    memset(&w, 0, sizeof w);
    w.bytes = bytes;
    w.length = length;
    if (!take(&w, '{')) {
        return STATUS_INVALID;
    }
    while (peek(&w) == '"') {
        size_t from = w.at + 1;
        if (!skip_text(&w)) {
            return STATUS_INVALID;
        }
        bool is_wanted = read_member(&w, bytes + from, w.at - 1 - from) && strcmp(w.member, member) == 0;
        if (!take(&w, ':') || peek(&w) == 0) {
            return STATUS_INVALID;
        }
        from = w.at;
        if (!skip_value(&w)) {
            return STATUS_INVALID;
        }
        if (is_wanted) {
            *offset = from;
            *value_length = w.at - from;
            return STATUS_OK;
        }
        if (!take(&w, ',')) {
            break;
        }
    }
    return take(&w, '}') ? STATUS_ABSENT : STATUS_INVALID;
}
