#ifndef DB_NODE_H
#define DB_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "db/answer_key.h"

/*
 * node.db: access tokens and the secrets of this node. Beside the ledger and not part
 * of it. A token's text is never stored, only its SHA-256. One thread at a time for each
 * connection; several processes may have one.
 */
struct node;

enum { NODE_HASH_BYTES = 32, NODE_SECRET_BYTES = 32, NODE_COSIGNER_BYTES = 32, NODE_COSIGNATURE_BYTES = 72 };

struct token {
    const char *id; /* opaque; the actor's subject */
    uint8_t hash[NODE_HASH_BYTES];
    const char *organisation; /* "" where none */
    const char *role;
    const char *scope;         /* words between commas, handlers/access.h; "": all that the role may */
    int64_t created_at_ms;
    int64_t expires_at_ms;     /* 0: never */
    int64_t revoked_at_ms;     /* 0: not revoked */
    int64_t last_used_at_ms;   /* 0: never; a minute late, and not kept through a kill */
};

/* A writer creates the file (mode 0600) and its tables where they are absent, and moves it from a WAL, which it had
 * once, to a rollback journal. Whoever writes may wait some seconds for others who do. */
enum status node_open(const char *path, bool is_writer, struct node **node) NODISCARD;
void node_close(struct node *node);

/* Makes one transaction of several writes: readers wait while one is committed, and the disk is flushed for each.
 * STATUS_BUSY where others write for too long. A commit that fails has been rolled back. STATUS_IO without a try once a flush has
 * failed in this process: the system may have dropped what it could not write, and a later flush says nothing about that. */
enum status node_begin(struct node *node) NODISCARD;
enum status node_commit(struct node *node) NODISCARD;
void node_rollback(struct node *node); /* nothing where none is open */

/* Any thread: whether that has happened. Reading goes on. */
bool node_has_lost_disk(void);

enum status node_token_insert(struct node *node, const struct token *token) NODISCARD;

/* By hash; STATUS_ABSENT where there is none. Expiry is the caller's to check. */
enum status node_token_find(struct node *node, struct arena *arena, const uint8_t hash[NODE_HASH_BYTES],
                            struct token *out) NODISCARD;

/* All of them, oldest first, in the arena. */
enum status node_token_list(struct node *node, struct arena *arena, struct token **out, size_t *count) NODISCARD;

/* STATUS_ABSENT where there is no such token or it was revoked before. */
enum status node_token_revoke(struct node *node, const char *id, int64_t now_ms) NODISCARD;

/* Notes a use; an older one than is known, or of a token that is gone, changes nothing. */
enum status node_token_touch(struct node *node, const uint8_t hash[NODE_HASH_BYTES], int64_t used_at_ms) NODISCARD;

/* A witness's cosignature of a checkpoint (ledger/cosignature.h), verified before it is stored. */
struct cosignature_row {
    int64_t id; /* in the order in which they came */
    int64_t size;
    uint8_t root[NODE_HASH_BYTES];
    const char *witness; /* its id */
    const char *name;
    uint8_t public_key[NODE_COSIGNER_BYTES];
    int64_t time_s;
    uint8_t signature[NODE_COSIGNATURE_BYTES];
};

/* Stores some, all or none, ids aside. Of one key's for one checkpoint the newest stays. On a reader's connection, which
 * writes this once. */
enum status node_cosignature_put(struct node *node, const struct cosignature_row *rows, size_t count) NODISCARD;

/* Up to limit of them behind an id, of one size or of all (0), in the arena. */
enum status node_cosignature_list(struct node *node, struct arena *arena, int64_t size, int64_t after, int64_t limit,
                                  struct cosignature_row **out, size_t *count) NODISCARD;

/* The same by size or by time, in either direction; those that are alike in it as they came, in the same direction. */
struct cosignature_order {
    bool is_by_time, is_descending;
    int64_t after, after_id; /* size or time, and id, of the row to go on behind; after_id 0: from the start */
};
enum status node_cosignature_list_ordered(struct node *node, struct arena *arena, int64_t size, const struct cosignature_order *order, int64_t limit,
                                          struct cosignature_row **out, size_t *count) NODISCARD;

/* Those of one checkpoint, by name. */
enum status node_cosignature_of(struct node *node, struct arena *arena, int64_t size, const uint8_t root[NODE_HASH_BYTES],
                                int64_t limit, struct cosignature_row **out, size_t *count) NODISCARD;

/* Copies all of it to a new file, as it is at this moment. STATUS_CONFLICT where the file is there. */
enum status node_copy(struct node *node, const char *path) NODISCARD;

/* A named secret of this node; STATUS_ABSENT where there is none. */
enum status node_secret_find(struct node *node, const char *name, uint8_t out[NODE_SECRET_BYTES]) NODISCARD;
enum status node_secret_insert(struct node *node, const char *name, const uint8_t value[NODE_SECRET_BYTES]) NODISCARD;

/* The keys for the MACs of kept answers, the newest ones, into rows, which the caller wipes; none of a file that nobody has opened for writing since
 * there are any. Insert: ids aside. Bind: says of one which ledger it is for; once for ever. */
enum status node_answer_key_list(struct node *node, struct answer_key_row rows[ANSWER_KEY_ROWS_MAX], size_t *count) NODISCARD;
enum status node_answer_key_insert(struct node *node, const struct answer_key_row *row) NODISCARD;
enum status node_answer_key_bind(struct node *node, int64_t id, const uint8_t hash[ANSWER_KEY_HASH_BYTES]) NODISCARD;
enum status node_answer_key_drop(struct node *node) NODISCARD; /* those that are not bound */

#endif
