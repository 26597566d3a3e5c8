#ifndef SERVER_FOLLOW_H
#define SERVER_FOLLOW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/status.h"

/*
 * Replies that go on while the ledger grows (GET /events as text/event-stream). A follower
 * holds nothing but the number of the last event that it was given: whoever reads slowly
 * falls behind in the ledger, not in memory, and one that takes nothing for --idle-timeout
 * loses its connection. It comes back with Last-Event-ID and misses nothing. Followers
 * that have seen everything are suspended; a thread wakes them after commits, a group of
 * commits at once. What they are sent is read and worded once for all that stand at the same place.
 *
 * Who follows a job (GET /jobs/{id}/events) holds the number of its last event too, and is told how far the job is now (track.h):
 * what a slow reader or one that comes back has not seen of the way there, the newest event says too. Followers of jobs count among
 * the others and are woken when their computation tells of itself, several steps at once; the stream ends with the job.
 */

struct MHD_Response;
struct executor;
struct feed;
struct request;

/* followers_max may follow at once. The thread runs when this returns. */
enum status feed_open(struct executor *executor, size_t followers_max, struct feed **feed) NODISCARD;

/* Any thread: something was committed. feed is a struct feed; the type is that of sequencer_watch. Costs next to
 * nothing where nobody follows. */
void feed_notify(void *feed);

/* Any thread, which holds no lock of the feed: a job that somebody follows is further. */
void feed_tell(struct feed *feed);

/* Every stream ends where its event ends, and no new one begins. Before the loops are closed. */
void feed_stop(struct feed *feed);

/* No follower may be left. NULL does nothing. */
void feed_close(struct feed *feed);

size_t feed_followers(struct feed *feed);

/* The endless body for the request, on its loop's thread, behind exchange->follow_after; of the ledger, or of exchange->followed. *is_full
 * where as many follow as may. NULL then, and where memory lacks. */
struct MHD_Response *follow_response(struct request *request, bool *is_full);

/* For HTTP/1.0, whose bodies end with their connection: what there is behind exchange->follow_after now, into the
 * reply. The client comes again for more. */
enum status follow_once(struct request *request) NODISCARD;

#endif
