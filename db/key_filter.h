#ifndef DB_KEY_FILTER_H
#define DB_KEY_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/*
 * Inside db/ only: in which parts of the ledger an idempotency key can have been kept. It names a part that has not the key some six times in
 * a million, and never leaves one out that has: what it names is looked up, what it does not name need not be. In memory
 * alone, made again from the table by each process: nothing in a file could tell it wrong. 4 MiB for each million keys, 1 at the least.
 *
 * For each part a Bloom filter of 32 bits a key, of which each key sets eight (p = (1 - exp(-8/32))^8 = 0.000006 where the part is full); sliced
 * by bits, so that a look asks 64 parts at a time.
 */
enum { KEY_FILTER_PART_BITS = 15 }; /* entries to a part: the index answer_by_key has the same (0008_answer_parts.sql) */

struct key_filter;

/* Its hashes start from random bits, so that nobody can choose keys that look alike. One thread at a time. */
enum status key_filter_open(struct key_filter **filter) NODISCARD;
void key_filter_close(struct key_filter *filter); /* NULL is none */

uint64_t key_filter_hash(const struct key_filter *filter, const char *scope, const char *key);

/* STATUS_EXHAUSTED: there is no memory for another part, and the key was not added. */
enum status key_filter_add(struct key_filter *filter, int64_t part, uint64_t hash) NODISCARD;

/* A look goes from the part that was added last to the first; *place is 0 at its begin. False at the end. */
bool key_filter_next(const struct key_filter *filter, uint64_t hash, size_t *place, int64_t *part);

#endif
