#ifndef RULES_KEYRING_H
#define RULES_KEYRING_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "db/entry.h"
#include "ledger/checkpoint.h"

/*
 * The node's public keys, each with the entries that it may seal and the sizes whose checkpoints it may sign: a key is valid
 * by sequence, not by clock. At any number there is one node key, and at most one Ed25519 key beside it.
 */
struct keyring {
    struct node_key_row *node;
    size_t node_count;
    struct checkpoint_key_row *checkpoint;
    size_t checkpoint_count;
};

struct db;

/* All keys that a ledger has had, in the arena. */
enum status keyring_load(struct keyring *keyring, struct db *db, struct arena *arena) NODISCARD;

/* The node key with this id that may seal seq; NULL where there is none, id NULL included. */
const uint8_t *keyring_seal_key(const struct keyring *keyring, const char *id, uint64_t seq);

/* The keys that may sign the checkpoint of so many entries. */
struct checkpoint_keys keyring_at(const struct keyring *keyring, uint64_t size);

/* Reads a note and checks its lines by the keys that are valid at its size (checkpoint_read). */
enum status keyring_read_note(const struct keyring *keyring, const char *note, size_t length, enum checkpoint_demand demand,
                              struct checkpoint *checkpoint) NODISCARD;

#endif
