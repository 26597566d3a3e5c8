#ifndef HANDLERS_PROBLEM_H
#define HANDLERS_PROBLEM_H

#include "base/status.h"
#include "handlers/exchange.h"
#include "json/faults.h"
#include "rules/refusal.h"

/*
 * Problem documents (RFC 9457). Every refusal, wherever it arises, becomes one here:
 * one table maps each code to its status and title.
 */

/* Replaces the exchange's reply by a problem. code must be in the table (asserted).
 * detail is a sentence for people: what was wrong and what would have worked. */
void problem_reply(struct exchange *exchange, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with all faults of the input named. */
void problem_faults(struct exchange *exchange, const char *code, const struct faults *faults, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* A local fault as a problem: 503 busy, 507 disk_full, 500 internal, ... */
void problem_status(struct exchange *exchange, enum status status);

/* A refusal of the rules as the body of an answer; instance is the path. */
void problem_refusal(const struct refusal *refusal, const char *instance, struct answer *answer);

/* The HTTP status of a code; asserts that it is in the table. */
int problem_code_status(const char *code);

/* Walks the table, for the test against the contract: NULL behind the last. */
const char *problem_code_at(size_t index);

#endif
