#ifndef HANDLERS_PROBLEM_H
#define HANDLERS_PROBLEM_H

#include "base/status.h"
#include "handlers/exchange.h"
#include "json/faults.h"
#include "json/write.h"
#include "rules/refusal.h"

/*
 * Problem documents (RFC 9457). Every refusal, wherever it arises, becomes one here:
 * one table maps each code to its status and title. The type is "/errors/CODE", a stable
 * reference relative to the service, where a page tells of it (errors.h): the same problem has the same
 * type on every node.
 */

/* Replaces the exchange's reply by a problem; headers added before are dropped, those of
 * the problem (Allow, Accept) are added afterwards. WWW-Authenticate and Retry-After are
 * set here. code must be in the table (asserted). The detail is a sentence for people:
 * what was wrong and what would have worked. */
void problem_reply(struct exchange *exchange, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with all faults of the input named. */
void problem_faults(struct exchange *exchange, const char *code, const struct faults *faults, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The same with members of its own, written by members into the problem's object. */
void problem_members(struct exchange *exchange, const char *code,
                     void (*members)(struct json_writer *w, const void *context), const void *context,
                     const char *format, ...) __attribute__((format(printf, 5, 6)));

/* not_found that names what was probably meant. */
void problem_nearest(struct exchange *exchange, const char *nearest, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A local fault as a problem: BUSY is 503 busy, EXHAUSTED 507 disk_full (memory or disk),
 * ABSENT 404 not_found, IO and CORRUPT 503 disk_failed for a change (nothing of it may remain), all else 500 internal,
 * which quotes the request's id and tells nothing. STATUS_OK is asserted against. */
void problem_status(struct exchange *exchange, enum status status);

/* A refusal of the rules as an answer: status by its kind, title by its code, its members
 * and faults; instance is the path. answer is initialised; its seq stays. */
void problem_refusal(const struct refusal *refusal, const char *instance, struct answer *answer);

/* The HTTP status of a code; asserts that it is in the table. */
int problem_code_status(const char *code);

/* The same for its title. */
const char *problem_code_title(const char *code);

/* Whether the table has the code. */
bool problem_code_is_known(const char *code);

/* Walks the table, for the test against the contract: NULL behind the last. */
const char *problem_code_at(size_t index);

#endif
