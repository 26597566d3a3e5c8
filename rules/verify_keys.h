#ifndef RULES_VERIFY_KEYS_H
#define RULES_VERIFY_KEYS_H

#include <stdint.h>

#include "base/status.h"

/* The node's keys, with the entries that each may seal.
 * Inside rules/verify*.c only; verify_parts.h says how the parts go together. */
struct node_key_row;
struct verify;
struct verify_key;

/* Adds a key, whose texts live as long as verify. Only on the thread that reads the source. */
enum status verify_key_add(struct verify *verify, const struct node_key_row *row) NODISCARD;

/* Those of the database. */
enum status verify_keys_read(struct verify *verify) NODISCARD;

/* The key with this id; NULL where there is none that may seal seq. */
const struct verify_key *verify_key_at(const struct verify *verify, const char *id, uint64_t seq);

#endif
