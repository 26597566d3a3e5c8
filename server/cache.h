#ifndef SERVER_CACHE_H
#define SERVER_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "handlers/exchange.h"
#include "server/negotiate.h"

/*
 * Finished replies of one lane, kept while the ledger has not grown. One thread.
 */

struct MHD_Response;
struct cache;

enum { CACHE_ENTRIES = 64, CACHE_ETAG_BYTES = 128 };
#define CACHE_REPLY_BYTES_MAX (1 * MIB)

/* What a reply depends on besides the ledger. Texts may be NULL, which counts as "". */
struct cache_key {
    const char *target;
    const char *accept;
    const char *host;
    uint64_t variant; /* what else makes it another reply */
    enum coding coding;
};

struct cached {
    struct MHD_Response *response; /* with all headers but Request-Id */
    uint64_t seq;                  /* of the state it shows */
    int64_t true_from_ms;          /* by the wall clock, as in struct exchange; until 0: whatever the time is */
    int64_t true_until_ms;
    size_t bytes;
    const struct route *route;
    char etag[CACHE_ETAG_BYTES];   /* "" where it has none */
    bool has_own;                  /* the response has headers that are of its last use alone */
};

enum status cache_open(struct cache **cache) NODISCARD;
void cache_close(struct cache *cache); /* NULL does nothing */

/* The reply that shows seq and is true now, or NULL; borrowed until the next cache_keep, with the response and has_own the caller's to change. */
struct cached *cache_find(struct cache *cache, const struct cache_key *key, uint64_t seq);

/* How often cache_find had the reply, and how often not. Any thread. */
void cache_count(const struct cache *cache, uint64_t *hits, uint64_t *misses);

/* Keeps reply; the one unused for longest makes room. Where it returns true it owns the
 * response; false: no memory, nothing is kept. */
bool cache_keep(struct cache *cache, const struct cache_key *key, const struct cached *reply);

#endif
