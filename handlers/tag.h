#ifndef HANDLERS_TAG_H
#define HANDLERS_TAG_H

#include <stddef.h>
#include <stdint.h>

#include "handlers/exchange.h"

/*
 * Entity tags (RFC 9110, 8.8.3), all of them strong: "VERSION.DIGEST", or "DIGEST" of what
 * has no version, as a list. DIGEST is of the bytes that this caller gets, so two callers
 * who read different texts of one version never hold the same tag, and neither does who
 * read it before something else that it shows has changed (the organisation of a
 * transfer's site). VERSION is what If-Match is compared with (submit.h).
 */
enum { TAG_BYTES = 40, TAG_NO_VERSION = 0 };

/* The quoted tag of those bytes. */
void tag_make(char out[TAG_BYTES], int64_t version, const void *bytes, size_t length);

/* Adds the tag of the reply as it stands, in the place of one of its former text. Without memory the reply goes without. */
void tag_reply(struct exchange *exchange, int64_t version);

#endif
