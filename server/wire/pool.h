#ifndef SERVER_WIRE_POOL_H
#define SERVER_WIRE_POOL_H

#include <stdint.h>

/*
 * The memory that libmicrohttpd has for a connection as long as that lives. It holds one request with its reply's header,
 * and the library writes zeros over it behind each (wipe.h). So a connection that is idle needs none of it: it is given back
 * to the system, which hands out zeros in its place when the next request comes.
 */

struct client;

/* Of one connection: the largest target and header that the guard lets through (24.2 KiB), 100 fields in the library's list
 * (5.5 KiB) and a reply's header. Above 32 KiB the library maps the memory page by page. */
enum { POOL_BYTES = 36 * 1024 };

/* A request's header has come; method is where the library keeps it: at the pool's beginning. */
void pool_find(struct client *client, const char *method);

/* Gives back what an idle connection does not need, if it is idle for long enough. On its loop's thread. */
void pool_give_back(struct client *client, int64_t now_us);

#endif
