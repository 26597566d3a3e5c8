#ifndef HANDLERS_ANALYSIS_CACHE_H
#define HANDLERS_ANALYSIS_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/status.h"
#include "handlers/tag.h"

/*
 * Finished answers of the analytics, shared by all loops and jobs. A key says everything
 * that an answer depends on: the revision of the figures, the last change of a province,
 * and the query with its defaults filled in. So an answer never becomes wrong; what
 * nobody asks for any more falls out when room is needed, the one unused for longest first.
 * Any thread. Answers larger than a quarter of bytes_max are not kept.
 */
struct analysis_cache;

enum { ANALYSIS_CACHE_ENTRIES = 256 };
#define ANALYSIS_CACHE_BYTES ((size_t)32 * 1024 * 1024)

/* At least one entry; bytes_max counts keys and answers. NULL without memory. */
struct analysis_cache *analysis_cache_create(size_t entries_max, size_t bytes_max);

/* Nobody may use it any more. NULL is nothing. */
void analysis_cache_free(struct analysis_cache *cache);

/* Appends the answer to *body and writes its ETag. STATUS_ABSENT where there is none;
 * STATUS_EXHAUSTED where *body has no memory for it. */
enum status analysis_cache_find(struct analysis_cache *cache, const char *key, struct buffer *body,
                                char etag[TAG_BYTES]) NODISCARD;

/* Keeps a copy. Where there is no memory nothing is kept; that is no failure. A key that is
 * there already keeps its first answer: both are the same. */
void analysis_cache_keep(struct analysis_cache *cache, const char *key, const char *body, size_t length,
                         const char *etag);

/* How often analysis_cache_find had the answer, and how many were worked out and brought to analysis_cache_keep. */
void analysis_cache_count(struct analysis_cache *cache, uint64_t *hits, uint64_t *misses);

/* How many answers there are, and their bytes. */
void analysis_cache_measure(struct analysis_cache *cache, size_t *entries, size_t *bytes);

#endif
