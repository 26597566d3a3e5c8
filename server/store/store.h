#ifndef SERVER_STORE_STORE_H
#define SERVER_STORE_STORE_H

#include "base/arena.h"
#include "base/status.h"
#include "handlers/exchange.h"
#include "server/store/anchor.h"

/*
 * A data directory in use: the lock on it, the writing connection, the node's key, the
 * executor and the anchor. What is absent is created: directory, database with the
 * genesis, key, administrator's token.
 *
 *   lock            held while a process serves or initialises
 *   tallystick.db   state and ledger
 *   node.db         tokens and secrets of this node
 *   node.key        the node's secret key, mode 0600, unless it lies elsewhere (node_key.h)
 *   admin.token     the first administrator's token, mode 0600
 *   anchor          the newest checkpoints (anchor.h)
 *   verified        where the last verification that found nothing ended (verified.h)
 */
struct db;
struct executor;
struct node_key_place;
struct signer;
struct store;

struct store_options {
    const char *origin; /* of a new ledger; NULL: one is made up */
    bool begins_anchor; /* a ledger whose anchor has gone is opened all the same */
    const char *node_key; /* where the node's key lies (node_key.h); NULL: in node.key */
};

/* STATUS_BUSY where another process has the directory; STATUS_CORRUPT where its parts do
 * not fit each other. What is wrong is told (tell.h) where it is not a library's to log. */
enum status store_open(const char *data_dir, const struct store_options *options, struct store **store) NODISCARD;
void store_close(struct store *store); /* NULL does nothing */

/* Behind every commit of the executor's, by whoever made it: what node.db is to know of the entry that then is there. */
void store_note_commit(struct store *store);

struct executor *store_executor(struct store *store);
struct db *store_db(struct store *store);
struct anchor *store_anchor(struct store *store);
struct signer *store_signer(struct store *store);
const struct node_key_place *store_key_place(const struct store *store);
const char *store_db_path(const struct store *store);
const char *store_node_path(const struct store *store);

/* What a file of the directory is called ("the anchor") that is not the one that is open any more (moved, removed, replaced); NULL where all are
 * in place. Any thread. */
const char *store_lost_file(const struct store *store);

/* Whether store_open created the ledger. */
bool store_is_new(const struct store *store);

/* Whether there is a ledger in the directory to be read; told where there is none (STATUS_ABSENT): a slip of the pen in its
 * name is no finding about a ledger. */
enum status store_find_ledger(const char *data_dir) NODISCARD;

/* The secrets that the service needs: cursor_secret. */
enum status store_fill_service(struct store *store, struct service *service) NODISCARD;

#endif
