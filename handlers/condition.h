#ifndef HANDLERS_CONDITION_H
#define HANDLERS_CONDITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "handlers/exchange.h"

/*
 * Conditions of a request on what is there (RFC 9110, 13.1.1 and 13.1.2): the fields If-Match and If-None-Match, which are "*" or
 * a list of entity tags. Any thread.
 */

enum { CONDITION_TAGS_MAX = 8 };

struct condition_tag {
    const char *at; /* the opaque part, quotes included; borrowed from the field */
    size_t length;
    bool is_weak;
};

struct condition {
    bool is_any; /* "*"; count is 0 then, and at least 1 otherwise */
    size_t count;
    struct condition_tag tags[CONDITION_TAGS_MAX];
};

/* Reads the field of that name. False: 400 under that code is the reply, which says what is wrong and where. */
bool condition_read(struct exchange *exchange, const char *name, const char *code, const char *value, struct condition *condition);

/* The version in a tag of ours ("3", or "3.9f86d081884c7d65", where what follows the point is not looked at: tag.h); 0 for one
 * that is none of ours. */
int64_t condition_version(const struct condition_tag *tag);

/* If-Match for a read, whose answer has that entity tag (NULL: none): by strong comparison with the tag itself, or with its VERSION
 * alone, as for a change. True where it is met or not sent. False: 412 version_mismatch or 400 invalid_if_match is the reply. */
bool condition_is_met(struct exchange *exchange, const char *if_match, const char *etag);

/* Whether If-Match (wanted) and If-None-Match (unwanted), each NULL where it was not sent, let go on what changes something that is
 * there and whose answer to a GET has that entity tag, in whatever coding; "": it has none. By strong comparison the one, by weak the
 * other. */
bool condition_allows(const struct condition *wanted, const struct condition *unwanted, const char *etag);

#endif
