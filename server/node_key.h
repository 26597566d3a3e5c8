#ifndef SERVER_NODE_KEY_H
#define SERVER_NODE_KEY_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/status.h"
#include "ledger/key_source.h"

/*
 * The node's key in a data directory: where it lies (--node-key; node.key where nothing is said), whether it is the one
 * that the ledger wants now, and what a change of it that was cut short left behind. What is wrong is told (tell.h).
 *
 *   node.key        the key, mode 0600
 *   node.key.ID     while the key is changed: the new one before it is in place, the old one until the new one is
 */
struct db;

struct node_key_place {
    struct key_source source;
    const char *given; /* as --node-key had it; NULL: nothing was said */
};

/* given: what --node-key said, or NULL. Texts are in the arena. */
enum status node_key_place(struct arena *arena, const char *data_dir, const char *given, struct node_key_place *place) NODISCARD;

/* The name beside a key's file for the key with an id; NULL without memory. */
const char *node_key_file_of(struct arena *arena, const char *path, const char *id);

/* Which file has the key with which a ledger's next entry is sealed: path, or, while a change of keys is under way, the one beside
 * it. STATUS_ABSENT: neither has. */
enum status node_key_find(struct arena *arena, const char *path, struct db *db, const char **file) NODISCARD;

/* For an empty ledger: what lies there, or a new key where it is to lie in a file and none does. */
enum status node_key_open_new(const struct node_key_place *place, struct signer **signer) NODISCARD;

/* For a ledger: the key with which its next entry is sealed, and no other. A change that was cut short behind its commit is
 * completed first. */
enum status node_key_open(struct arena *arena, const struct node_key_place *place, struct db *db, struct signer **signer) NODISCARD;

#endif
