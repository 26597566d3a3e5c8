#ifndef DB_KEY_FILTER_H
#define DB_KEY_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/*
 * Inside db/ only: in which parts of the ledger an idempotency key can have been kept. It may name a part that has not the key (one
 * of some thousands), and never leaves one out that has: what it names is looked up, what it does not name need not be. In memory
 * alone, made again from the table by each process: nothing in a file could tell it wrong. Three MiB for each million keys.
 *
 * For each part a split block Bloom filter: 256 bits, of which a key takes eight, one in each word, are chosen by its hash (Putze,
 * Sanders, Singler: "Cache-, Hash- and Space-Efficient Bloom Filters", WEA 2007; the multipliers are those of Apache Parquet's format).
 * The blocks that one key has in sixteen parts lie side by side, so that a look through a long ledger reads a few places in a row.
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
