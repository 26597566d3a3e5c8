#ifndef SERVER_WIRE_WIPE_H
#define SERVER_WIRE_WIPE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Behind each request libmicrohttpd writes zeros over all of its connection's pool (pool.h), "technically not needed, but safer",
 * as its source has it (memorypool.c), and before that over the part of it that it has kept for a body. Of the 36 KiB a small read
 * has used some hundreds of bytes at its two ends; so writing the rest over cost more than any function of ours, and
 * drove what was of use out of the processor's caches. Here the library's memset is cut to what came from the client: its tokens
 * and texts are gone behind each request, as ever. What the library itself
 * puts there, its list of the fields and the reply's header, stays until the next request overwrites it, or the connection is idle
 * (pool_give_back).
 *
 * memset is the whole program's: all calls but that one pass on to the C library. A sanitizer has a memset of its own, which stays.
 */

/* Of more than this from the client in one request, all of the pool is written over. */
enum { WIPE_BYTES_MAX = 4096 };

/* The library goes on with that pool on the calling thread (NULL: with none). *handed is how many bytes of the client's it was given since
 * it last reset it; they begin where the pool does. Behind the reset it is the count of those that stay: of a request that has begun
 * to come. Both stay in place until wipe_forget, or until another one is expected. */
void wipe_expect(char *pool, uint32_t *handed);

/* The thread expects nothing any more: the connection has ended. */
void wipe_forget(void);

#endif
