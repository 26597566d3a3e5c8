/*
 * Bodies of requests to measure with:
 *   sign jwk                         the public key with which the others are signed
 *   sign lines LOG PREFIX COUNT      so many signed intakes, a JWS a line
 *   sign plain PREFIX COUNT          the same intakes unsigned, a body a line
 */
#include <inttypes.h>
#include <stdint.h>

#include "bench/signing.h"

static _Noreturn void fail(const char *what, const char *why)
{
    fprintf(stderr, "sign: %s: %s\n", what, why);
    exit(2);
}

int main(int argument_count, char **words)
{
    char id[SIGNING_ID_BYTES], body[SIGNING_BODY_BYTES], jws[SIGNING_TEXT_BYTES];
    int64_t count = 0;
    bool is_jwk = argument_count == 2 && strcmp(words[1], "jwk") == 0;
    bool is_signed = argument_count == 5 && strcmp(words[1], "lines") == 0;
    bool is_plain = argument_count == 4 && strcmp(words[1], "plain") == 0;
    if ((!is_jwk && !is_signed && !is_plain) || (!is_jwk && text_to_integer(words[argument_count - 1], &count) != STATUS_OK)) {
        fail("usage", "sign jwk | sign lines LOG PREFIX COUNT | sign plain PREFIX COUNT");
    }
    struct key *key = signing_key();
    if (is_jwk) {
        signing_jwk(key, body);
        puts(body);
    }
    for (int64_t i = 0; i < count; i++) {
        signing_intake(words[argument_count - 2], i, id, body);
        if (is_signed) {
            signing_jws(key, words[2], id, body, jws);
        }
        puts(is_signed ? jws : body);
    }
    key_free(key);
    return 0;
}
