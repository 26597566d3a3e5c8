#ifndef HANDLERS_EVENTS_H
#define HANDLERS_EVENTS_H

#include <stdbool.h>
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

/* Last-Event-ID of whoever comes back to a stream, at most max; *seen stays where there is none. False: a problem is the reply. */
bool events_last_seen(struct exchange *exchange, int64_t max, int64_t *seen);

/* Appends up to EVENTS_BATCH events behind *after as the text of a stream; *after becomes the last one's number, and stays
 * where there is none. Inside a read transaction; arena is for the rows. */
enum status events_text(struct db *db, struct arena *arena, uint64_t *after, struct buffer *out) NODISCARD;

#endif
