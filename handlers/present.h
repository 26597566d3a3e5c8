#ifndef HANDLERS_PRESENT_H
#define HANDLERS_PRESENT_H

#include "handlers/exchange.h"
#include "json/write.h"
#include "rules/block.h"

/*
 * From outcomes to answers, for the sequencer (rules/block.h), and from stored objects to
 * replies, for GET: the same bodies in both, but for the member ledger.
 *
 * Each noun has one function, noun_present: it writes the members of the object, without
 * its braces, and says its version. STATUS_ABSENT where there is no such object (nothing
 * was written then). viewer decides what of it may be seen. The ETag is made here, of the
 * version and those members (tag.h), so that an answer's is the one that the same viewer's
 * GET has until something else changes.
 */

/* The presenter for all kinds of commands; it needs no context. */
extern const struct presenter present_answers;

/* Replies to GET of one object: 200 with ETag, or 404 that says which noun ("site") is
 * not there and names its collection ("/sites"). Refuses every query parameter. */
enum handled present_object(struct exchange *exchange, const char *id, const char *noun, const char *collection,
                            enum status (*present)(struct db *db, struct arena *arena, const struct actor *viewer,
                                                   const char *id, struct json_writer *w, int64_t *version));

#endif
