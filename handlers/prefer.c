/*
 * Reading Prefer. What comes of a wish for a proof: proof.c.
 */
#include "handlers/prefer.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

/* A token or what stands in a quoted string, as it came. */
struct word {
    const char *at;
    size_t length;
};

static bool is_token_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
        (byte != 0 && strchr("!#$%&'*+-.^_`|~", byte) != NULL);
}

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " \t");
}

static bool is_word(struct word word, const char *text)
{
    return word.length == strlen(text) && strncasecmp(word.at, text, word.length) == 0;
}

static bool read_token(const char **at, struct word *out)
{
    size_t length = 0;
    while (is_token_byte((*at)[length])) {
        length++;
    }
    *out = (struct word){ *at, length };
    *at += length;
    return length > 0;
}

static bool read_quoted(const char **at, struct word *out)
{
    const char *end = *at + 1;
    while (*end != '"' && *end != 0) {
        end += end[0] == '\\' && end[1] != 0 ? 2 : 1;
    }
    *out = (struct word){ *at + 1, (size_t)(end - *at) - 1 };
    *at = *end == 0 ? end : end + 1;
    return *end == '"';
}

/* name, or name = value; a value of no length is none. */
static bool read_pair(const char **at, struct word *name, struct word *value)
{
    *value = (struct word){ "", 0 };
    if (!read_token(at, name)) {
        return false;
    }
    const char *equals = skip_blanks(*at);
    if (*equals != '=') {
        return true;
    }
    *at = skip_blanks(equals + 1);
    if (**at == '"') {
        return read_quoted(at, value);
    }
    read_token(at, value);
    return true;
}

/* What is left of a preference, to the comma behind it. */
static const char *skip_rest(const char *at)
{
    struct word quoted;
    while (*at != 0 && *at != ',') {
        if (*at == '"') {
            read_quoted(&at, &quoted);
        } else {
            at++;
        }
    }
    return at;
}

/* The parameters behind a preference; *has_proof where one of them is proof. The first of a name counts. */
static bool read_parameters(const char **at, bool *has_proof)
{
    bool is_seen = false;
    for (*at = skip_blanks(*at); **at == ';'; *at = skip_blanks(*at)) {
        struct word name, value;
        *at = skip_blanks(*at + 1);
        if (**at == ';' || **at == ',' || **at == 0) {
            continue; /* a parameter may be missing */
        }
        if (!read_pair(at, &name, &value)) {
            return false;
        }
        if (!is_seen && is_word(name, "proof")) {
            is_seen = true;
            *has_proof = value.length == 0;
        }
    }
    return **at == ',' || **at == 0;
}

/* delta-seconds; what is more than PREFER_WAIT_MAX counts as that. */
static bool read_seconds(struct word value, int *seconds)
{
    int read = 0;
    for (size_t i = 0; i < value.length; i++) {
        if (value.at[i] < '0' || value.at[i] > '9') {
            return false;
        }
        read = read * 10 + (value.at[i] - '0');
        read = read < PREFER_WAIT_MAX ? read : PREFER_WAIT_MAX;
    }
    *seconds = read;
    return value.length > 0;
}

void prefer_read(const char *list, struct prefer *out)
{
    bool is_return_seen = false, is_proof_seen = false;
    bool is_async_seen = false, is_wait_seen = false;
    *out = (struct prefer){ .wait_s = 0 };
    for (const char *at = list != NULL ? list : ""; *at != 0; at += *at == ',') {
        struct word name, value;
        bool has_proof = false;
        at = skip_blanks(at);
        bool is_sound = read_pair(&at, &name, &value) && read_parameters(&at, &has_proof);
        at = skip_rest(at);
        if (is_sound && !is_return_seen && is_word(name, "return")) {
            is_return_seen = true;
            out->has_representation = is_word(value, "representation");
            out->has_proof_there = out->has_representation && has_proof;
        } else if (is_sound && !is_proof_seen && is_word(name, "proof")) {
            is_proof_seen = true;
            out->has_proof = value.length == 0;
        } else if (is_sound && !is_async_seen && is_word(name, "respond-async")) {
            is_async_seen = true;
            out->has_async = value.length == 0;
        } else if (is_sound && !is_wait_seen && is_word(name, "wait")) {
            is_wait_seen = true;
            out->has_wait = read_seconds(value, &out->wait_s);
        }
    }
}

const char *prefer_applied(const struct prefer *prefer, bool is_proved)
{
    if (prefer->has_proof && is_proved) {
        return prefer->has_representation ? "return=representation, proof" : "proof";
    }
    return prefer->has_representation ? "return=representation" : NULL;
}
