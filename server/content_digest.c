/*
 * Content-Digest of requests and replies. The field is a dictionary of structured fields (RFC 9651): members are algorithms,
 * values byte sequences between colons.
 */
#include "server/content_digest.h"

#include <string.h>

#include "base/text.h"
#include "handlers/problem.h"
#include "ledger/digest.h"

static const char algorithm[] = "sha-256";

enum { ENCODED_BYTES = TEXT_BASE64_BYTES(DIGEST_BYTES) };

#define DIGITS "0123456789"
#define SMALL "abcdefghijklmnopqrstuvwxyz"
#define LETTERS SMALL "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define BASE64 LETTERS DIGITS "+/="

/* Behind a key (RFC 9651, 3.1.2), which is a member's name or a parameter's; NULL: none stands here. */
static const char *skip_key(const char *at)
{
    return *at != 0 && strchr(SMALL "*", *at) != NULL ? at + strspn(at, SMALL DIGITS "_-.*") : NULL;
}

/* Behind what stands between two of the mark. */
static const char *skip_between(const char *at, const char *inside)
{
    const char mark = *at;
    at += 1 + strspn(at + 1, inside);
    return *at == mark ? at + 1 : NULL;
}

static const char *skip_string(const char *at)
{
    for (at++; *at != 0 && *at != '"'; at++) {
        if (*at == '\\' && (at[1] == '\\' || at[1] == '"')) {
            at++;
        } else if (*at == '\\' || (unsigned char)*at < ' ' || (unsigned char)*at > '~') {
            return NULL;
        }
    }
    return *at == '"' ? at + 1 : NULL;
}

/* Digits, for a number with a point and more. */
static const char *skip_number(const char *at, bool may_have_point)
{
    at += *at == '-';
    const size_t whole = strspn(at, DIGITS), part = may_have_point && at[whole] == '.' ? strspn(at + whole + 1, DIGITS) : 0;
    at += whole;
    if (whole == 0 || (may_have_point && *at == '.' && part == 0)) {
        return NULL;
    }
    return part > 0 ? at + 1 + part : at;
}

/* Behind a bare item (3.3): string, byte sequence, boolean, date, display string, token or number. */
static const char *skip_item(const char *at)
{
    switch (*at) {
    case '"':
        return skip_string(at);
    case ':':
        return skip_between(at, BASE64);
    case '?':
        return at[1] == '0' || at[1] == '1' ? at + 2 : NULL;
    case '@':
        return skip_number(at + 1, false);
    case '%':
        return at[1] == '"' ? skip_string(at + 1) : NULL;
    default:
        return *at != 0 && strchr(LETTERS "*", *at) != NULL ? at + strspn(at, LETTERS DIGITS "!#$%&'*+-.^_`|~:/") : skip_number(at, true);
    }
}

/* Behind the parameters of a member (3.1.2), of which none means anything here. */
static const char *skip_parameters(const char *at)
{
    while (at != NULL && *at == ';') {
        at++;
        at = skip_key(at + strspn(at, " "));
        if (at != NULL && *at == '=') {
            at = skip_item(at + 1);
        }
    }
    return at;
}

struct member {
    const char *name, *value; /* the value without its colons */
    size_t name_bytes, value_bytes;
};

/* Goes over one member, name=:base64: with parameters, and what parts it from the next. NULL: it is none. */
static const char *read_member(const char *at, struct member *member)
{
    const char *end = skip_key(at);
    if (end == NULL || end[0] != '=' || end[1] != ':') {
        return NULL;
    }
    *member = (struct member){.name = at, .name_bytes = (size_t)(end - at), .value = end + 2};
    end = skip_between(end + 1, BASE64);
    if (end == NULL) {
        return NULL;
    }
    member->value_bytes = (size_t)(end - 1 - member->value);
    end = skip_parameters(end);
    if (end == NULL) {
        return NULL;
    }
    end += strspn(end, " \t");
    if (*end == 0) {
        return end;
    }
    if (*end != ',') {
        return NULL;
    }
    end++;
    end += strspn(end, " \t");
    return *end != 0 ? end : NULL; /* a list does not end in a comma */
}

static void digest_text(char out[ENCODED_BYTES], const void *bytes, size_t length)
{
    uint8_t digest[DIGEST_BYTES];
    digest_bytes(digest, bytes, length);
    text_to_base64(out, digest, sizeof digest);
}

/* Whether the text is that of the digest; its padding may be missing (4.2.7). */
static bool is_same(const struct member *member, const char *wanted)
{
    const size_t bare = strcspn(wanted, "=");
    return (member->value_bytes == strlen(wanted) || member->value_bytes == bare) && memcmp(member->value, wanted, member->value_bytes) == 0;
}

bool content_digest_check(struct exchange *exchange)
{
    const char *at = exchange->header(exchange, "Content-Digest");
    struct member member, ours = {.value = NULL};
    char wanted[ENCODED_BYTES];
    while (at != NULL && at[0] != 0) {
        at = read_member(at, &member);
        if (at == NULL) {
            problem_reply(exchange, "malformed_request", "Content-Digest cannot be read. It is: sha-256=:BASE64:, with the SHA-256 of "
                                                         "the body's bytes.");
            return false;
        }
        if (member.name_bytes == sizeof algorithm - 1 && memcmp(member.name, algorithm, member.name_bytes) == 0) {
            ours = member; /* of several of one name the last one counts (4.2.2) */
        }
    }
    if (ours.value == NULL) {
        return true;
    }
    digest_text(wanted, exchange->body, exchange->body_length);
    if (!is_same(&ours, wanted)) {
        problem_reply(exchange, "digest_mismatch", "The body that arrived has the digest sha-256=:%s:, Content-Digest says another "
                                                   "one: it was damaged on the way, or digested before it was encoded.", wanted);
        return false;
    }
    return true;
}

void content_digest_add(struct exchange *exchange)
{
    char encoded[ENCODED_BYTES];
    if (exchange->reply.length == 0 || exchange->reply.failed) {
        return;
    }
    digest_text(encoded, exchange->reply.bytes, exchange->reply.length);
    exchange_header(exchange, "Content-Digest", arena_format(exchange->arena, "%s=:%s:", algorithm, encoded));
}
