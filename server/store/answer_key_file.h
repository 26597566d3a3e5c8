#ifndef SERVER_STORE_ANSWER_KEY_FILE_H
#define SERVER_STORE_ANSWER_KEY_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "db/answer_key.h"

/*
 * The keys for the MACs of kept answers (rules/answer_keys.h), in node.db: found, made, and brought along by a restore. A data directory keeps
 * its key for ever; where node.db was lost, the next start makes another one, for the answers from then on.
 */
struct answer_keys;
struct db;
struct node;

/* For who verifies: those that the directory's node.db has, into rows, which the caller wipes. None where it has no node.db; where that
 * cannot be read, which is told, none either. */
enum status answer_key_file_read(const char *data_dir, struct answer_key_row rows[ANSWER_KEY_ROWS_MAX], size_t *count) NODISCARD;

/* The start of a service. Take: those of this ledger are added to keys; one that was not bound yet when the process ended is. Begin, once it is
 * known that the ledger is whole: where no key covers the next entry, one is made for it, or taken up that has waited for it since an earlier
 * start; *waits_for is that entry then, else 0. */
enum status answer_key_file_take(struct node *node, struct db *db, struct answer_keys *keys) NODISCARD;
enum status answer_key_file_begin(struct node *node, struct db *db, struct answer_keys *keys, uint64_t *waits_for) NODISCARD;

/* Once that entry is committed: writes down by its hash which ledger the key is for; *waits_for is 0 then. Nothing before, and nothing where
 * nothing is waited for. */
enum status answer_key_file_bind(struct node *node, struct db *db, uint64_t *waits_for) NODISCARD;

/* Adds those of the rows that node has not. */
enum status answer_key_file_merge(struct node *node, const struct answer_key_row *rows, size_t count) NODISCARD;

#endif
