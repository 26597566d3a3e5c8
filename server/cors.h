#ifndef SERVER_CORS_H
#define SERVER_CORS_H

#include <stdbool.h>

/*
 * Which web pages of other origins may call the service from a browser (Fetch standard, CORS protocol). Origins are
 * "*" (every page), or origins between commas as browsers send them: https://dashboard.example.org,http://localhost:3000.
 * Credentials that a browser adds by itself (cookies) are never allowed: a page names its token.
 */

/* Whether text can be such origins. */
bool cors_is_sound(const char *origins);

/* What Access-Control-Allow-Origin says to a page of origin: "*", origin itself, or NULL where it may not. */
const char *cors_allowed(const char *origins, const char *origin);

/* Whether the reply differs by Origin. */
bool cors_varies(const char *origins);

/* What a page may read beside the plain headers: every one that the contract has. And what it may send: all that the service reads. */
#define CORS_EXPOSED                                                                                                                   \
    "ETag, Link, Location, Retry-After, RateLimit, RateLimit-Policy, Content-Digest, Request-Id, "                                     \
    "Idempotency-Replayed, Preference-Applied, Tallystick-Seq, Content-Language, Allow, WWW-Authenticate, "                            \
    "Accept, Accept-Encoding, Vary, X-Accel-Buffering, Server-Timing, traceresponse"
#define CORS_ACCEPTED                                                                                                                  \
    "Authorization, Content-Type, Content-Digest, Idempotency-Key, If-Match, If-None-Match, Prefer, Accept, Accept-Language, "         \
    "Last-Event-ID, traceparent"
/* The methods that a page may try. What a path has is not asked here: a page is to see the 405 or the 404, and a browser that is
 * refused shows it an error of the network instead. GET, HEAD and POST need not be told (Fetch standard, CORS-safelisted method). */
#define CORS_METHODS "GET, HEAD, POST, PUT, PATCH, DELETE"
#define CORS_MAX_AGE "600" /* seconds for which a browser need not ask again */

#endif
