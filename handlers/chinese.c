/*
 * Finding a sentence's line and filling it in. Of several lines that fit, the one that begins with more words of its own
 * is meant ("The query is wrong: %s" before "%s is needed"), and of these the one that has more of them in all ("%s is
 * missing; %s is wanted" before "%s is %s; %s is wanted").
 */
#include "handlers/chinese.h"

#include <string.h>

enum { CAPTURES_MAX = 9, DEPTH_MAX = 4 };

struct piece {
    const char *at;
    size_t length;
};

struct match {
    struct piece captures[CAPTURES_MAX];
    size_t count;
};

/* Where a text in double quotes that begins here ends; one step on where it is none. */
static const char *step_over(const char *at, const char *end)
{
    if (*at != '"') {
        return at + 1;
    }
    for (const char *in = at + 1; in < end; in++) {
        if (*in == '\\') {
            in++;
        } else if (*in == '"') {
            return in + 1;
        }
    }
    return at + 1;
}

static const char *behind_integer(const char *at, const char *end)
{
    const char *digits = at + (at < end && *at == '-');
    const char *behind = digits;
    while (behind < end && *behind >= '0' && *behind <= '9') {
        behind++;
    }
    return behind > digits ? behind : NULL;
}

static bool match_here(const char *pattern, struct piece text, struct match *match, size_t *steps);

static bool is_conversion(const char *at)
{
    return at[0] == '%' && (at[1] == 's' || at[1] == 'w' || at[1] == 'd');
}

/* A %s takes as little as lets the rest fit, a %w no blank. */
static bool match_text(const char *pattern, bool is_word, struct piece text, struct match *match, size_t *steps)
{
    const char *end = text.at + text.length;
    size_t mine = match->count;
    for (const char *at = text.at; at <= end; at = step_over(at, end)) {
        match->captures[mine] = (struct piece){ text.at, (size_t)(at - text.at) };
        match->count = mine + 1;
        if (match_here(pattern, (struct piece){ at, (size_t)(end - at) }, match, steps)) {
            return true;
        }
        if (at == end || (is_word && *at == ' ')) {
            break;
        }
    }
    match->count = mine;
    return false;
}

static bool match_here(const char *pattern, struct piece text, struct match *match, size_t *steps)
{
    const char *at = text.at, *end = text.at + text.length;
    for (; *pattern != 0; pattern++) {
        if (*steps == 0) {
            return false;
        }
        --*steps;
        bool is_capture = is_conversion(pattern) && match->count < CAPTURES_MAX;
        if (is_capture && pattern[1] != 'd') {
            return match_text(pattern + 2, pattern[1] == 'w', (struct piece){ at, (size_t)(end - at) }, match, steps);
        }
        if (is_capture) {
            const char *behind = behind_integer(at, end);
            if (behind == NULL) {
                return false;
            }
            match->captures[match->count++] = (struct piece){ at, (size_t)(behind - at) };
            at = behind;
            pattern++;
        } else if (at == end || *at++ != *pattern) {
            return false;
        }
    }
    return at == end;
}

static bool is_better(const struct chinese_message *line, const struct chinese_message *best)
{
    return best == NULL || line->at_start > best->at_start ||
           (line->at_start == best->at_start && line->in_all > best->in_all);
}

/* A quick look at both ends, which most lines fail. */
static bool may_match(const struct chinese_message *line, struct piece text)
{
    return line->at_start <= text.length && line->at_end <= text.length &&
           memcmp(line->english, text.at, line->at_start) == 0 &&
           memcmp(line->english + line->length - line->at_end, text.at + text.length - line->at_end, line->at_end) == 0;
}

static const struct chinese_message *find(struct piece text, struct match *best, size_t *steps)
{
    const struct chinese_message *found = NULL;
    for (size_t i = 0; i < chinese_message_count; i++) {
        const struct chinese_message *line = &chinese_messages[i];
        struct match match = { .count = 0 };
        if (is_better(line, found) && may_match(line, text) && match_here(line->english, text, &match, steps)) {
            found = line;
            *best = match;
        }
    }
    return found;
}

/* A list, "a, b and c", or a span, "1 to 3", of names and numbers that stay as they are. */
static void say_list(struct piece text, struct buffer *out)
{
    static const struct { const char *english, *chinese; } words[] = {
        { ", ", "、" }, { " and ", "、" }, { " or ", "、" }, { " to ", " 至 " },
    };
    const char *end = text.at + text.length;
    for (const char *at = text.at; at < end;) {
        size_t i = 0;
        size_t length = 0;
        for (; i < sizeof words / sizeof words[0]; i++) {
            length = strlen(words[i].english);
            if (length < (size_t)(end - at) && memcmp(at, words[i].english, length) == 0) {
                break;
            }
        }
        if (i < sizeof words / sizeof words[0]) {
            buffer_text(out, words[i].chinese);
            at += length;
        } else {
            const char *next = step_over(at, end);
            buffer_append(out, at, (size_t)(next - at));
            at = next;
        }
    }
}

static bool is_ideograph(unsigned char first_byte)
{
    return first_byte >= 0xe4 && first_byte <= 0xe9; /* U+4000 to U+9FFF; Chinese punctuation begins otherwise */
}

static bool is_plain(unsigned char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') || byte == '"';
}

/* Between Chinese and Latin letters or digits stands a space: before what begins with next. */
static void space(struct buffer *out, unsigned char next)
{
    const unsigned char *bytes = (const unsigned char *)out->bytes;
    size_t length = out->length;
    bool is_between = (length >= 3 && is_ideograph(bytes[length - 3]) && bytes[length - 1] >= 0x80 && is_plain(next)) ||
                      (length >= 1 && is_plain(bytes[length - 1]) && is_ideograph(next));
    if (is_between) {
        buffer_byte(out, ' ');
    }
}

static bool say(struct piece text, struct buffer *out, size_t *steps, int depth);

/* What one {…} of a Chinese line stands for. */
static bool say_capture(struct piece text, char how, struct buffer *out, size_t *steps, int depth)
{
    bool is_tried = how == '+' || how == '!' || (how == ',' && memchr(text.at, ' ', text.length) != NULL);
    if (is_tried && text.length > 0 && say(text, out, steps, depth + 1)) {
        return true;
    }
    if (how == '+' || how == ',') {
        say_list(text, out);
    } else if (how != '!') {
        buffer_append(out, text.at, text.length);
    }
    return how != '!';
}

static void forget(struct buffer *out, size_t length)
{
    if (out->bytes != NULL) {
        out->length = length;
        out->bytes[length] = 0;
    }
}

/* Where it fails, nothing is appended. */
static bool say(struct piece text, struct buffer *out, size_t *steps, int depth)
{
    struct match match = { .count = 0 };
    const struct chinese_message *found = depth < DEPTH_MAX ? find(text, &match, steps) : NULL;
    if (found == NULL) {
        return false;
    }
    size_t before = out->length;
    for (const char *at = found->chinese; *at != 0;) {
        bool is_place = at[0] == '{' && at[1] >= '1' && at[1] <= '9' && (at[2] == '}' || (at[2] != 0 && at[3] == '}'));
        size_t index = is_place ? (size_t)(at[1] - '1') : 0;
        if (!is_place || index >= match.count) {
            buffer_append(out, at++, 1);
            continue;
        }
        struct buffer said;
        buffer_init(&said);
        bool is_said = say_capture(match.captures[index], at[2], &said, steps, depth) && !said.failed;
        if (is_said && said.length > 0) {
            space(out, (unsigned char)said.bytes[0]);
            buffer_append(out, said.bytes, said.length);
        }
        buffer_fini(&said);
        if (!is_said) {
            forget(out, before);
            return false;
        }
        at += at[2] == '}' ? 3 : 4;
        space(out, (unsigned char)*at);
    }
    return true;
}

bool chinese_say(const char *english, struct buffer *out, size_t *steps)
{
    return say((struct piece){ english, strlen(english) }, out, steps, 0) && !out->failed && *steps > 0;
}
