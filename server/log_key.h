#ifndef SERVER_LOG_KEY_H
#define SERVER_LOG_KEY_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "ledger/checkpoint.h"

/*
 * The keys of a log that a witness has pinned, as they lie in its directory as log.key. That is either the answer of GET /ledger/keys,
 * which says of each key for which sizes it signs, so that it holds before and after a rotation; or lines of vkey, at most one of each
 * kind, which may sign any size.
 */
struct log_key {
    char *text; /* NULL: none is pinned yet; owned */
    size_t length;
};

/* Those in the file of this path, which are kept in the directory; path NULL: those that lie there, if any. What is wrong with
 * them is told, with what would help: of is the log's address. The log_key is zeroed before. */
enum status log_key_load(struct log_key *keys, const char *dir, const char *path, const char *of) NODISCARD;

/* Pins what a log has shown, the answer of GET /ledger/keys. STATUS_INVALID where it is none. */
enum status log_key_pin(struct log_key *keys, const char *dir, const char *text, size_t length) NODISCARD;

/* Those that may sign a checkpoint of this size. STATUS_ABSENT: there is none; STATUS_INVALID: two of a kind are said to. */
enum status log_key_at(const struct log_key *keys, uint64_t size, struct checkpoint_signer *signer) NODISCARD;

enum { LOG_KEY_COMMAND_BYTES = 512 };

/* The command line that fetches them, for whoever is told to. */
void log_key_command(const char *of, char out[LOG_KEY_COMMAND_BYTES]);

void log_key_fini(struct log_key *keys);

#endif
