#ifndef SERVER_WITNESS_ASK_H
#define SERVER_WITNESS_ASK_H

#include "base/buffer.h"
#include "base/status.h"
#include "ledger/checkpoint.h"

/*
 * What a witness asks a log. No answer, and one that is not what was asked for, are told.
 */
struct fetch;

/* GET path; with a body POST, as JSON. out is what came, whatever it is. STATUS_OK: it was answered with 200; STATUS_IO: with another
 * status, or not at all. */
enum status witness_ask(struct fetch *fetch, const char *path, const char *accept, const struct buffer *body, struct buffer *out) NODISCARD;

/* Asks for the proof that one checkpoint continues another, and checks it; answer is what came. STATUS_INVALID: it leads elsewhere;
 * STATUS_ABSENT: the log answered, and not with a proof; STATUS_IO: it did not, or said that it cannot now. */
enum status witness_ask_proof(struct fetch *fetch, const struct checkpoint *old, const struct checkpoint *shown,
                              struct buffer *answer) NODISCARD;

#endif
