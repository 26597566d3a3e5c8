#ifndef HANDLERS_OBJECT_H
#define HANDLERS_OBJECT_H

#include "handlers/exchange.h"
#include "handlers/tag.h"
#include "json/write.h"

/*
 * One stored object as a reply to GET. The same members, with the same tag, are the answer to a command that changed it (present.h).
 *
 * Each noun has one function of this kind, noun_present: it writes the members of the object, without its braces, and says its
 * version. STATUS_ABSENT where there is no such object (nothing was written then). viewer decides what of it may be seen.
 */
typedef enum status (*object_present)(struct db *db, struct arena *arena, const struct actor *viewer, const char *id,
                                      struct json_writer *w, int64_t *version);

/* 200 with ETag, or 404 that says which noun ("site") is not there and names its collection ("/sites"). Refuses every query
 * parameter. */
enum handled object_reply(struct exchange *exchange, const char *id, const char *noun, const char *collection, object_present present);

/* The tag of an object whose members stand in out behind the first start bytes: of its version and those members (tag.h), so that
 * an answer's is the one that the same viewer's GET has until something else changes. Empty where out has failed. */
void object_tag(char tag[TAG_BYTES], int64_t version, const struct buffer *out, size_t start);

#endif
