#ifndef HANDLERS_EVENTS_H
#define HANDLERS_EVENTS_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/status.h"
#include "db/db.h"
#include "handlers/exchange.h"

/*
 * What happened, in the ledger's order: one event for each entry, by who and on what,
 * without bodies and proofs. As a list, or followed live as Server-Sent Events (HTML
 * standard, section 9.2), where the id of an event is its entry's number.
 */

enum { EVENTS_BATCH = 64 /* of one piece of a stream */ };

/* GET /events. Where Accept chose GIVES_EVENTS: HANDLED_STREAM, and the server sends
 * events_text behind exchange->follow_after for as long as the client stays. */
enum handled events_list(struct exchange *exchange);

extern const char events_columns[];

/* Appends up to EVENTS_BATCH events behind *after as the text of a stream; *after becomes the last one's number, and stays
 * where there is none. Inside a read transaction; arena is for the rows. */
enum status events_text(struct db *db, struct arena *arena, uint64_t *after, struct buffer *out) NODISCARD;

#endif
