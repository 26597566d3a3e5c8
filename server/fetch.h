#ifndef SERVER_FETCH_H
#define SERVER_FETCH_H

#include <stddef.h>

#include "base/buffer.h"
#include "base/status.h"

/*
 * Requests to another service, by libcurl: http and https only, the certificate checked, redirects not followed, answers of
 * at most FETCH_BYTES_MAX bytes, each request with a deadline. One thread at a time.
 */
struct fetch;

enum { FETCH_BYTES_MAX = 1024 * 1024, FETCH_CONNECT_S = 10, FETCH_WHOLE_S = 30, FETCH_MESSAGE_BYTES = 512 };

/* base: http://HOST:PORT or https://HOST, with or without a path. token: NULL, or what goes into Authorization. Both are copied.
 * STATUS_INVALID for another scheme. */
enum status fetch_open(const char *base, const char *token, struct fetch **fetch) NODISCARD;
void fetch_close(struct fetch *fetch); /* NULL does nothing */

/* GET base + path; with a body POST, as JSON. STATUS_OK: *http is the status and out the body, whatever they are; STATUS_IO: no
 * answer, message says why. */
enum status fetch_run(struct fetch *fetch, const char *path, const char *accept, const struct buffer *body, struct buffer *out,
                      long *http, char message[FETCH_MESSAGE_BYTES]) NODISCARD;

#endif
