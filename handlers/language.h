#ifndef HANDLERS_LANGUAGE_H
#define HANDLERS_LANGUAGE_H

#include "handlers/exchange.h"

/* The languages that problems are told in. Codes, pointers and names are the same in all. */
enum language { LANGUAGE_ENGLISH, LANGUAGE_CHINESE };

/* What Accept-Language (RFC 9110, 12.5.4; NULL where absent) asks for: the range of the highest weight that names a
 * language of ours, the first of equal ones; "*" is English unless that is refused. English where nothing fits. */
enum language language_wanted(const char *accept_language);

/* Where the reply is a problem: says its titles and details in the caller's language, and in which one it is told
 * (Content-Language, Vary). A document that cannot be told in Chinese as a whole stays English. What terminals obey instead of
 * showing it (json/unseen.h) is escaped. */
void language_localise(struct exchange *exchange);

#endif
