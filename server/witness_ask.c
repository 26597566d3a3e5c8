/*
 * One request each. What an answer means to a look: server/witness.c.
 */
#include "server/witness_ask.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#include "ledger/proof.h"
#include "rules/witness_answer.h"
#include "server/fetch.h"
#include "server/tell.h"

enum { PATH_BYTES = 96 };

/* *http: the status that was answered; 0: none came. */
static enum status ask(struct fetch *fetch, const char *path, const char *accept, const struct buffer *body, struct buffer *out, long *http)
{
    char message[FETCH_MESSAGE_BYTES], said[WITNESS_PROBLEM_BYTES];
    *http = 0;
    enum status status = fetch_run(fetch, path, accept, body, out, http, message);
    if (status != STATUS_OK) {
        tell("no answer from the log: %s", message);
        *http = 0;
    } else if (*http != 200) {
        witness_answer_problem(out->length > 0 ? out->bytes : "", out->length, said);
        tell("the log answers %ld to %s: %s", *http, path, said);
        status = STATUS_IO;
    }
    return status;
}

enum status witness_ask(struct fetch *fetch, const char *path, const char *accept, const struct buffer *body, struct buffer *out)
{
    long http = 0;
    return ask(fetch, path, accept, body, out, &http);
}

enum status witness_ask_proof(struct fetch *fetch, const struct checkpoint *old, const struct checkpoint *shown, struct buffer *answer)
{
    struct proof proof;
    char path[PATH_BYTES];
    long http = 0;
    snprintf(path, sizeof path, "/ledger/consistency?from=%" PRIu64 "&to=%" PRIu64, old->size, shown->size);
    if (ask(fetch, path, "application/json", NULL, answer, &http) != STATUS_OK) {
        bool is_refused = http != 0 && http < 500 && http != 408 && http != 429;
        return is_refused ? STATUS_ABSENT : STATUS_IO;
    }
    enum status status = witness_answer_proof(answer->bytes, answer->length, &proof);
    if (status != STATUS_OK) {
        tell("what the log gives is no proof");
        return status == STATUS_EXHAUSTED ? STATUS_IO : STATUS_ABSENT;
    }
    return proof_consistency_check(old->size, shown->size, old->root, shown->root, (const uint8_t(*)[DIGEST_BYTES])proof.hashes, proof.count);
}
