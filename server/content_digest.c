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

/* The length of a member's name: what structured fields call a key. */
static size_t name_length(const char *at)
{
    return strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789_-.*");
}

/* Goes over one member, name=:base64:, and what parts it from the next. NULL: it is none. */
static const char *read_member(const char *at, const char **name, size_t *name_bytes, const char **value, size_t *value_bytes)
{
    *name = at;
    *name_bytes = name_length(at);
    at += *name_bytes;
    if (*name_bytes == 0 || at[0] != '=' || at[1] != ':') {
        return NULL;
    }
    *value = at + 2;
    *value_bytes = strspn(*value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=");
    at = *value + *value_bytes;
    if (at[0] != ':') {
        return NULL;
    }
    at++;
    at += strspn(at, " \t");
    if (at[0] == 0) {
        return at;
    }
    if (at[0] != ',') {
        return NULL;
    }
    at++;
    at += strspn(at, " \t");
    return at[0] != 0 ? at : NULL;
}

static void digest_text(char out[ENCODED_BYTES], const void *bytes, size_t length)
{
    uint8_t digest[DIGEST_BYTES];
    digest_bytes(digest, bytes, length);
    text_to_base64(out, digest, sizeof digest);
}

bool content_digest_check(struct exchange *exchange)
{
    const char *at = exchange->header(exchange, "Content-Digest");
    while (at != NULL && at[0] != 0) {
        const char *name = NULL, *value = NULL;
        size_t name_bytes = 0, value_bytes = 0;
        char wanted[ENCODED_BYTES];
        at = read_member(at, &name, &name_bytes, &value, &value_bytes);
        if (at == NULL) {
            problem_reply(exchange, "malformed_request", "Content-Digest cannot be read. It is: sha-256=:BASE64:, with the SHA-256 of "
                                                         "the body's bytes.");
            return false;
        }
        if (name_bytes != sizeof algorithm - 1 || memcmp(name, algorithm, name_bytes) != 0) {
            continue;
        }
        digest_text(wanted, exchange->body, exchange->body_length);
        if (value_bytes != strlen(wanted) || memcmp(value, wanted, value_bytes) != 0) {
            problem_reply(exchange, "digest_mismatch", "The body that arrived has the digest sha-256=:%s:, Content-Digest says another "
                                                       "one: it was damaged on the way, or digested before it was encoded.", wanted);
            return false;
        }
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
