/*
 * Problems are worded, and kept for retries, in English; what leaves is in the language that the caller reads.
 */
#include "handlers/language.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "handlers/chinese.h"
#include "json/unseen.h"

enum { WEIGHT_ONE = 1000, WEIGHT_NONE = -1, RANGES_MAX = 64 };

/* The value of q in thousandths; what cannot be read counts as 0, so that it is not preferred by mistake. */
static int weight_of(const char *at, size_t length)
{
    const char *end = at + length;
    int weight = 0, unit = WEIGHT_ONE;
    if (length == 0 || (*at != '0' && *at != '1')) {
        return 0;
    }
    weight = (*at++ - '0') * unit;
    if (at < end && *at++ != '.') {
        return 0;
    }
    for (; at < end; at++) {
        unit /= 10;
        if (*at < '0' || *at > '9' || unit == 0) {
            return 0;
        }
        weight += (*at - '0') * unit;
    }
    return weight <= WEIGHT_ONE ? weight : 0;
}

static size_t trimmed(const char **at, size_t length)
{
    while (length > 0 && (**at == ' ' || **at == '\t')) {
        ++*at;
        length--;
    }
    while (length > 0 && ((*at)[length - 1] == ' ' || (*at)[length - 1] == '\t')) {
        length--;
    }
    return length;
}

/* One range with its weight: "zh-CN;q=0.9". */
static size_t read_range(const char **at, size_t length, int *weight)
{
    size_t name_length = 0;
    *weight = WEIGHT_ONE;
    while (name_length < length && (*at)[name_length] != ';') {
        name_length++;
    }
    const char *rest = *at + name_length;
    size_t rest_length = length - name_length;
    if (rest_length > 0) {
        rest++;
        rest_length = trimmed(&rest, rest_length - 1);
        bool is_weight = rest_length > 2 && (rest[0] == 'q' || rest[0] == 'Q') && rest[1] == '=';
        *weight = is_weight ? weight_of(rest + 2, rest_length - 2) : 0;
    }
    return trimmed(at, name_length);
}

/* Whether a range is the language or one of its variants (zh, zh-CN, zh-Hans). */
static bool is_of(const char *range, size_t length, const char *language)
{
    return length >= 2 && strncasecmp(range, language, 2) == 0 && (length == 2 || range[2] == '-');
}

enum language language_wanted(const char *accept_language)
{
    int english = WEIGHT_NONE, chinese = WEIGHT_NONE, others = WEIGHT_NONE;
    bool is_chinese_first = false;
    const char *at = accept_language != NULL ? accept_language : "";
    for (size_t i = 0; i < RANGES_MAX && *at != 0; i++) {
        size_t length = strcspn(at, ",");
        const char *next = at + length + (at[length] == ',');
        int weight = 0;
        length = trimmed(&at, length);
        length = read_range(&at, length, &weight);
        if (is_of(at, length, "en") && weight > english) {
            english = weight;
        } else if (is_of(at, length, "zh") && weight > chinese) {
            is_chinese_first = english < weight;
            chinese = weight;
        } else if (length == 1 && *at == '*' && weight > others) {
            others = weight;
        }
        at = next;
    }
    if (chinese == WEIGHT_NONE) { /* "*" is whatever else there is */
        chinese = english == 0 ? others : WEIGHT_NONE;
    }
    if (english == WEIGHT_NONE) {
        english = others;
    }
    bool is_preferred = chinese > english || (chinese == english && is_chinese_first);
    return chinese > 0 && is_preferred ? LANGUAGE_CHINESE : LANGUAGE_ENGLISH;
}

/* Says the text that stands under a name in an object. */
static bool say_member(json_t *object, const char *name, size_t *steps)
{
    const char *text = json_string_value(json_object_get(object, name));
    struct buffer said;
    if (text == NULL) {
        return false;
    }
    buffer_init(&said);
    bool is_said = chinese_say(text, &said, steps) &&
                   json_object_set_new(object, name, json_stringn(said.bytes, said.length)) == 0;
    buffer_fini(&said);
    return is_said;
}

static bool say_document(json_t *document)
{
    size_t steps = CHINESE_STEPS;
    bool is_said = say_member(document, "title", &steps) && say_member(document, "detail", &steps);
    size_t index;
    json_t *fault;
    json_array_foreach(json_object_get(document, "errors"), index, fault) {
        is_said = is_said && say_member(fault, "detail", &steps);
    }
    return is_said;
}

static int append(const char *bytes, size_t length, void *out)
{
    buffer_append(out, bytes, length);
    return 0;
}

/* The reply in Chinese; false where it stays as it is. */
static bool say_reply(struct exchange *exchange)
{
    struct buffer said;
    buffer_init(&said);
    json_t *document = json_loadb(exchange->reply.bytes, exchange->reply.length, 0, NULL);
    bool is_said = document != NULL && say_document(document) &&
                   json_dump_callback(document, append, &said, JSON_COMPACT) == 0 && !said.failed;
    json_decref(document);
    if (is_said) {
        buffer_fini(&exchange->reply);
        exchange->reply = said;
    } else {
        buffer_fini(&said);
    }
    return is_said;
}

/* A problem repeats names and texts of its client: none that whoever reads it would not see. */
static void show_unseen(struct exchange *exchange)
{
    struct buffer shown;
    buffer_init(&shown);
    if (exchange->reply.length > 0 && unseen_escape(exchange->reply.bytes, exchange->reply.length, &shown)) {
        buffer_fini(&exchange->reply);
        exchange->reply = shown;
    }
}

void language_localise(struct exchange *exchange)
{
    if (exchange->content_type == NULL || strcmp(exchange->content_type, "application/problem+json") != 0) {
        return;
    }
    const char *accepted = exchange->header != NULL ? exchange->header(exchange, "Accept-Language") : NULL;
    bool is_chinese = language_wanted(accepted) == LANGUAGE_CHINESE && say_reply(exchange);
    show_unseen(exchange);
    exchange_header(exchange, "Content-Language", is_chinese ? "zh" : "en");
    exchange_header(exchange, "Vary", exchange->status == 406 ? "Accept, Accept-Language" : "Accept-Language");
}
