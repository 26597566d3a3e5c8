#ifndef HANDLERS_ANALYSIS_REPLY_H
#define HANDLERS_ANALYSIS_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/status.h"
#include "handlers/exchange.h"
#include "json/faults.h"

/*
 * How answers of the analytics leave, and how the bodies of computing POSTs come in, for driver.h.
 */

/* What an answer to key is kept under. Pictures say names of provinces and indicators, which change without the figures. NULL: no memory. */
const char *analysis_reply_key(const struct exchange *exchange, const char *key);

/* True: the cache had the answer to key, and it is the reply (or a problem is, without memory). */
bool analysis_reply_cached(struct exchange *exchange, const char *key);

/* What stands in exchange->reply, JSON or (exchange->wanted GIVES_SVG) a picture, is the answer: 200. With a key it gets an ETag (strong, the
 * first 16 hexadecimal digits of its SHA-256) and is kept; NULL for answers to a POST. A
 * reply that failed for lack of memory becomes a problem. */
void analysis_reply_finish(struct exchange *exchange, const char *key);

/* The problem of a computation that did not come to its end; STATUS_BUSY: is_cancelled said so. work says what was
 * asked for ("3,000 units with 40 numbers each"), less what would take less time ("fewer units"). */
void analysis_reply_failed(struct exchange *exchange, enum status status, const char *work, const char *less);

/* Parses the body; the query may choose a table and say nothing else. False: the problem (400, 413) is the reply. faults is initialised; numbers
 * too large to be read are in it, and json_is_unfit (json/unfit.h) knows them in the document. */
bool analysis_body_parse(struct exchange *exchange, json_t **document, struct faults *faults);

/* Frees the document. A large one's memory goes back to the system: threads of the pool live
 * long, and each would keep what its largest body took. */
void analysis_body_free(const struct exchange *exchange, json_t *document);

/* The problem out of the faults of a body: a single one gives its code, several are
 * invalid_request. faults has at least one. */
void analysis_body_refuse(struct exchange *exchange, const struct faults *faults);

#endif
