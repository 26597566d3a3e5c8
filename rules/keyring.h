#ifndef RULES_KEYRING_H
#define RULES_KEYRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "db/entry.h"
#include "ledger/checkpoint.h"

/*
 * The node's public keys, each with the entries that it may seal and the sizes whose checkpoints it may sign: a key is valid
 * by sequence, not by clock. At any number there is one node key, and at most one Ed25519 key beside it.
 *
 * The keys stand in lists that grow at their front and never change otherwise: a copy of struct keyring is what was known when
 * it was made, and other threads may read it while more is added to the original.
 */
struct keyring_node {
    struct node_key_row row;
    struct key_verifier verifier;
    bool is_named_right; /* its id is that of its bytes; else somebody altered it */
    const struct keyring_node *next;
};

struct keyring_ed25519 {
    struct checkpoint_key_row row;
    bool is_named_right; /* and its algorithm is Ed25519 */
    const struct keyring_ed25519 *next;
};

struct keyring {
    const struct keyring_node *nodes;
    const struct keyring_ed25519 *ed25519;
};

struct db;

void keyring_init(struct keyring *keyring);

/* The row's texts are borrowed for as long as the arena lives. */
enum status keyring_add_node(struct keyring *keyring, struct arena *arena, const struct node_key_row *row) NODISCARD;
enum status keyring_add_ed25519(struct keyring *keyring, struct arena *arena, const struct checkpoint_key_row *row) NODISCARD;

/* Adds all keys that a ledger has had. */
enum status keyring_load(struct keyring *keyring, struct db *db, struct arena *arena) NODISCARD;

/* The node key with this id that may seal seq; NULL where there is none, id NULL included. */
const struct keyring_node *keyring_seal_key(const struct keyring *keyring, const char *id, uint64_t seq);

/* The keys that may sign the checkpoint of so many entries. */
struct checkpoint_keys keyring_at(const struct keyring *keyring, uint64_t size);

/* Reads a note and checks its lines by the keys that are valid at its size (checkpoint_read). Any thread. */
enum status keyring_read_note(const struct keyring *keyring, const char *note, size_t length, enum checkpoint_demand demand,
                              struct checkpoint *checkpoint) NODISCARD;

#endif
