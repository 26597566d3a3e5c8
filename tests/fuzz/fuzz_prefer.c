/*
 * Prefer: whatever is sent, a proof is found only where the word stands, and what was ignored in front changes nothing.
 */
#include <stdbool.h>
#include <string.h>

#include "handlers/prefer.h"
#include "tests/fuzz/fuzz.h"

static bool is_same(const struct prefer *a, const struct prefer *b)
{
    return a->has_representation == b->has_representation && a->has_proof_there == b->has_proof_there && a->has_proof == b->has_proof;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static const char front[] = "respond-async, foo=\"a, proof\"; b=c;;, @ ,";
    struct prefer prefer, again;
    char *text = calloc(1, sizeof front + length + 1);
    CHECK(text != NULL);
    memcpy(text, front, sizeof front - 1);
    memcpy(text + sizeof front - 1, bytes, length);
    const char *own = text + sizeof front - 1;
    prefer_read(own, &prefer);
    prefer_read(text, &again);
    CHECK(is_same(&prefer, &again));
    bool has_word = strcasestr(own, "proof") != NULL;
    CHECK(has_word || (!prefer.has_proof && !prefer.has_proof_there));
    CHECK(!prefer.has_representation || (strcasestr(own, "return") != NULL && strcasestr(own, "representation") != NULL));
    CHECK(!prefer.has_proof_there || prefer.has_representation);
    const char *applied = prefer_applied(&prefer, true), *unproved = prefer_applied(&prefer, false);
    CHECK((applied != NULL) == (prefer.has_representation || prefer.has_proof));
    CHECK((unproved != NULL) == prefer.has_representation);
    free(text);
    return 0;
}
