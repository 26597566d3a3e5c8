#ifndef SERVER_REPRESENT_H
#define SERVER_REPRESENT_H

#include <stdbool.h>

struct exchange;
struct request;

/*
 * Which representation of what its route gives a request gets. On the loop's thread, but for represent_rows: on any.
 */

/* A list field that came in several lines is one list (RFC 9110, 5.3). first is the first line's value, or NULL. */
const char *represent_list(struct request *request, const char *name, const char *first);

/* Sets exchange->wanted out of Accept. False: 406 not_acceptable is the reply. */
bool represent_choose(struct request *request);

/* Whether Accept takes an answer that is there as content_type only, one of what its route gives. False: 406 is the reply, which names that one. */
bool represent_kept(struct exchange *exchange, const char *content_type);

/* The handler's JSON as what was asked for, with the members that were; a tag that it has becomes that of the new text. */
void represent_rows(struct exchange *exchange);

/* The finished reply as Accept-Encoding asks for it: compressed where that is worth it, with a tag of its own. */
void represent_coded(struct request *request);

#endif
