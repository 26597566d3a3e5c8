#ifndef SERVER_REPLY_H
#define SERVER_REPLY_H

#include <stdbool.h>
#include <stdint.h>

struct request;

/*
 * From the reply half of an exchange to bytes on the wire: the headers that every reply
 * carries, 304, the reply cache. On the loop's thread, while the request is not suspended.
 * False: there was no memory; the connection is to be closed.
 */
bool reply_send(struct request *request);

/* Sends request->hit. */
bool reply_send_hit(struct request *request);

/* Writes the reply to the socket past libmicrohttpd, which cannot reply while a body
 * comes. Best effort; the connection is to be closed afterwards. */
void reply_send_raw(struct request *request);

/* Whether the reply is for one web page alone (server/cors.h), and so not for the reply cache. */
bool reply_is_for_a_page(const struct request *request);

/* What else than target, Accept and host makes a reply another one in the cache. */
uint64_t reply_variant(const struct request *request);

/* If-None-Match: weak comparison with each member of the list; "*" matches any. */
bool reply_etag_matches(const char *if_none_match, const char *etag);

#endif
