/*
 * Parsing, by jansson. Three things are looked at before jansson allocates anything: zero
 * bytes, the depth, and what the document would cost in memory (a body of "{}," repeated
 * grows eightyfold). jansson's messages quote the input as it came, so each is replaced by a
 * sentence of ours. Numbers too large are for unfit.c; what the document means is the matter
 * of bind.c.
 */
#include "json/parse.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "json/unfit.h"

/* What jansson 2.14 was seen to allocate for one of each on a 64-bit machine. A text's or
 * name's own bytes come with the length. */
enum { COST_OBJECT = 200, COST_ARRAY = 104, COST_MEMBER = 60, COST_TEXT = 52, COST_VALUE = 40 };

struct outline {
    size_t too_deep_at; /* offset of the first bracket beyond the limit; SIZE_MAX where none */
    uint64_t cost_bytes;
};

/* The offset behind the text whose opening quote is at from. */
static size_t skip_text(const char *bytes, size_t length, size_t from)
{
    size_t i = from + 1;
    while (i < length && bytes[i] != '"') {
        i += bytes[i] == '\\' ? 2 : 1;
    }
    return i < length ? i + 1 : length;
}

/* Counts brackets, members and commas outside texts. Right for good JSON, and for bad
 * JSON up to its first error, which is as far as jansson reads. */
static struct outline outline_of(const char *bytes, size_t length)
{
    struct outline outline = { SIZE_MAX, length };
    size_t depth = 0;
    size_t i = 0;
    while (i < length) {
        switch (bytes[i]) {
        case '"':
            i = skip_text(bytes, length, i);
            outline.cost_bytes += COST_TEXT;
            continue;
        case '{':
        case '[':
            if (++depth > LIMIT_JSON_DEPTH) {
                outline.too_deep_at = i;
                return outline;
            }
            outline.cost_bytes += bytes[i] == '{' ? COST_OBJECT : COST_ARRAY;
            break;
        case '}':
        case ']':
            depth -= depth > 0;
            break;
        case ':':
            outline.cost_bytes += COST_MEMBER;
            break;
        case ',':
            outline.cost_bytes += COST_VALUE;
            break;
        default:
            break;
        }
        i++;
    }
    return outline;
}

/* Line and column (in characters) of an offset, both from 1. */
static void find_place(const char *bytes, size_t offset, long *line, long *column)
{
    *line = 1;
    *column = 1;
    for (size_t i = 0; i < offset; i++) {
        if (bytes[i] == '\n') {
            ++*line;
            *column = 1;
        } else {
            *column += ((unsigned char)bytes[i] & 0xc0) != 0x80;
        }
    }
}

static void report_depth(struct faults *faults, const char *bytes, size_t offset)
{
    long line = 0, column = 0;
    find_place(bytes, offset, &line, &column);
    faults_add(faults, "", "too_deep", "line %ld, column %ld: more than %d arrays and objects stand in one another; at most %d may",
               line, column, LIMIT_JSON_DEPTH, LIMIT_JSON_DEPTH);
}

/* jansson 2.14 reads over a zero byte behind a number or a literal, as if it were a space. */
static bool is_zero_reported(struct faults *faults, const char *bytes, size_t length)
{
    const char *zero = memchr(bytes, 0, length);
    if (zero == NULL) {
        return false;
    }
    long line = 0, column = 0;
    find_place(bytes, (size_t)(zero - bytes), &line, &column);
    faults_add(faults, "", "invalid_json", "line %ld, column %ld: a zero byte stands in the body; a body is JSON in UTF-8", line, column);
    return true;
}

/* What jansson's messages begin with, and what we say instead. */
static const struct { const char *begin; const char *sentence; } sentences[] = {
    { "unable to decode byte", "the bytes are not UTF-8; a body is JSON in UTF-8" },
    { "premature end of input", "the body ends within a text; its closing quote is missing" },
    { "end of file expected", "something follows the end of the JSON value; nothing may" },
    { "string or '}' expected", "the name of a member, in double quotes, is wanted here" },
    { "':' expected", "a colon is wanted here, behind the name of a member" },
    { "'}' expected", "a comma or a closing brace is wanted here" },
    { "']' expected", "a comma or a closing bracket is wanted here" },
    { "unexpected newline", "a line break stands within a text; write it as \\n" },
    { "control character", "a control character stands within a text; write it as an escape such as \\t or \\u0007" },
    { "invalid escape", "a backslash begins no escape of JSON; \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\u with four hex digits do" },
    { "invalid Unicode", "a \\u escape is half of a surrogate pair; both halves are wanted, or the character itself" },
    { "\\u0000", "the character U+0000 is not accepted" },
    { "NUL byte in object key", "the character U+0000 is not accepted" },
    { "too big", "a number outside -9223372036854775808 to 9223372036854775807 is not accepted as an integer" },
    { "real number overflow", "a number outside -1.7976931348623157e308 to 1.7976931348623157e308 is not accepted" },
};

static const char *sentence_for(const json_error_t *error)
{
    if (json_error_code(error) == json_error_premature_end_of_input && strstr(error->text, "near end of file") != NULL) {
        return "the body ends before its JSON value does";
    }
    for (size_t i = 0; i < sizeof sentences / sizeof sentences[0]; i++) {
        if (strncmp(error->text, sentences[i].begin, strlen(sentences[i].begin)) == 0) {
            return sentences[i].sentence;
        }
    }
    return "this is not a JSON value; an object, an array, a text in double quotes, a number, true, false or null is wanted here";
}

/* The name that jansson has just read: it ends with the quote before offset end. */
static const char *quote_name_before(struct faults *faults, const char *bytes, size_t end)
{
    if (end < 2 || bytes[end - 1] != '"') {
        return "its name";
    }
    size_t from = end - 1;
    while (from > 0) {
        from--;
        size_t backslashes = 0;
        while (bytes[from] == '"' && backslashes < from && bytes[from - 1 - backslashes] == '\\') {
            backslashes++;
        }
        if (bytes[from] == '"' && backslashes % 2 == 0) {
            break;
        }
    }
    return faults_quote(faults, bytes + from + 1, end - from - 2);
}

static void report_error(struct faults *faults, const char *bytes, size_t length, const json_error_t *error)
{
    int column = error->column > 0 ? error->column : 1;
    if (json_error_code(error) == json_error_duplicate_key) {
        size_t end = error->position > 0 && (size_t)error->position <= length ? (size_t)error->position : 0;
        faults_add(faults, "", "duplicate_member", "line %d, column %d: the member %s stands twice in one object; once is wanted",
                   error->line, column, quote_name_before(faults, bytes, end));
        return;
    }
    faults_add(faults, "", "invalid_json", "line %d, column %d: %s", error->line, column, sentence_for(error));
}

static bool is_cost_reported(struct faults *faults, uint64_t cost_bytes)
{
    if (cost_bytes <= LIMIT_JSON_MEMORY) {
        return false;
    }
    faults_add(faults, "", "too_many_values", "the body has so many values that reading it takes about %llu MiB; "
               "at most %llu MiB are given to one body: send it in parts",
               (unsigned long long)(cost_bytes / MIB), (unsigned long long)(LIMIT_JSON_MEMORY / MIB));
    return true;
}

/* Faults that are plainer to see here than from jansson's messages. */
static bool is_refused_at_sight(const char *bytes, size_t length, struct faults *faults)
{
    size_t blank = 0;
    while (blank < length && memchr(" \t\r\n", bytes[blank], 4) != NULL) {
        blank++;
    }
    if (blank == length) {
        faults_add(faults, "", "invalid_json", "line 1, column 1: the body is empty; a JSON object is wanted");
        return true;
    }
    if (length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
        faults_add(faults, "", "invalid_json", "line 1, column 1: the body begins with a byte order mark; JSON has none");
        return true;
    }
    if (is_zero_reported(faults, bytes, length)) {
        return true;
    }
    struct outline outline = outline_of(bytes, length);
    if (outline.too_deep_at != SIZE_MAX) {
        report_depth(faults, bytes, outline.too_deep_at);
        return true;
    }
    return is_cost_reported(faults, outline.cost_bytes);
}

enum { PARSE_FLAGS = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY };

static _Thread_local bool has_lacked_memory;

void json_parse_lacked_memory(void)
{
    has_lacked_memory = true;
}

static void *allocate(size_t bytes)
{
    void *memory = malloc(bytes);
    if (memory == NULL) {
        json_parse_lacked_memory();
    }
    return memory;
}

/* Before main: no other thread is inside jansson then. */
__attribute__((constructor)) static void take_allocations(void)
{
    json_set_alloc_funcs(allocate, free);
}

/* NULL where it is refused or memory was lacking. jansson goes on without a byte of a text where the buffer that it gathers texts in
 * could not grow, so that a document made meanwhile may be another one. */
static json_t *parse(const char *bytes, size_t length, json_error_t *error)
{
    has_lacked_memory = false;
    json_t *parsed = json_loadb(bytes, length, PARSE_FLAGS, error);
    if (has_lacked_memory) {
        json_decref(parsed);
        return NULL;
    }
    return parsed;
}

/* What jansson's refusal comes to. */
static enum status refuse(const char *bytes, size_t length, const json_error_t *error, struct faults *faults)
{
    if (has_lacked_memory) {
        return STATUS_EXHAUSTED;
    }
    report_error(faults, bytes, length, error);
    return STATUS_INVALID;
}

/* Parses once more what has numbers too large, with these masked: they are named, and the
 * document shows the rest. */
static enum status parse_masked(const char *bytes, size_t length, json_t **document, struct faults *faults)
{
    json_error_t error;
    enum status status = STATUS_INVALID;
    char *masked = malloc(length + 1);
    if (masked == NULL) {
        return STATUS_EXHAUSTED;
    }
    memcpy(masked, bytes, length);
    masked[length] = 0;
    unfit_mask(masked, length);
    if (!is_cost_reported(faults, outline_of(masked, length).cost_bytes)) { /* a text costs more than a number */
        json_t *parsed = parse(masked, length, &error);
        if (parsed == NULL) {
            status = refuse(bytes, length, &error, faults);
        } else {
            unfit_name(bytes, masked, length, faults);
            *document = parsed;
        }
    }
    free(masked);
    return status;
}

enum status json_parse(const char *bytes, size_t length, json_t **document, struct faults *faults)
{
    json_error_t error;
    if (is_refused_at_sight(bytes, length, faults)) {
        return STATUS_INVALID;
    }
    json_t *parsed = parse(bytes, length, &error);
    if (parsed != NULL) {
        *document = parsed;
        return STATUS_OK;
    }
    if (!has_lacked_memory && json_error_code(&error) == json_error_numeric_overflow) {
        return parse_masked(bytes, length, document, faults);
    }
    return refuse(bytes, length, &error, faults);
}

const char *json_type_phrase(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:  return "an object";
    case JSON_ARRAY:   return "an array";
    case JSON_STRING:  return "a text";
    case JSON_INTEGER: return "an integer";
    case JSON_REAL:    return "a number with a point or an exponent";
    case JSON_TRUE:    return "true";
    case JSON_FALSE:   return "false";
    case JSON_NULL:    return "null";
    }
    return "nothing";
}
