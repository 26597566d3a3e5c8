#ifndef RULES_ANSWER_KEYS_H
#define RULES_ANSWER_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "db/answer_key.h"
#include "ledger/digest.h"

/*
 * What shows that a kept answer is as the service made it. An answer is no part of the ledger, so no hash and no seal covers it; a MAC does,
 * under a key that is not where the answers are (db/answer_key.h). From the entry on where a key begins each answer has one:
 *
 *   HMAC-SHA256 of "tallystick/answer/v1\n" || bytes(scope) || bytes(key) || bytes(kind) || bytes(target) || salt || fingerprint || u64 time_ms ||
 *   u64 seq || u64 status || bytes(location) || bytes(etag) || bytes(body) || u64 erased_by
 *
 * in the notation of docs/ledger.md. erased_by (db_answer_erased_by) follows from the ledger: so an answer of before an erasure does not fit
 * any more when it is put back behind it.
 *
 * Once filled, the keys are only read: by any thread.
 */
struct answer_keys;
struct answer_row;
struct db;

/* None at first. Not in locked memory, which who verifies may have no right to: whoever can read these keys there can read them in node.db. */
enum status answer_keys_open(struct answer_keys **keys) NODISCARD;
void answer_keys_close(struct answer_keys *keys); /* wipes; NULL does nothing */

/* Whether a key is this ledger's: the entry where it begins has its hash, or, where it has none, its answer has a MAC under the key. */
enum status answer_keys_belongs(struct db *db, const struct answer_key_row *row, bool *belongs) NODISCARD;

/* Adds those of the rows that are this ledger's, at most ANSWER_KEYS_MAX in all. Of several for the same entry the one that was added first holds. */
enum status answer_keys_take(struct answer_keys *keys, struct db *db, const struct answer_key_row *rows, size_t count) NODISCARD;

/* Adds one without asking. */
void answer_keys_add(struct answer_keys *keys, uint64_t first, const uint8_t key[ANSWER_KEY_BYTES]);

/* Whether the answer of that entry must have a MAC. NULL has no keys. */
bool answer_keys_cover(const struct answer_keys *keys, uint64_t seq);

/* Makes the MAC of an answer that nothing has been erased of; none where no key covers it. */
void answer_keys_seal(const struct answer_keys *keys, struct answer_row *row);

enum answer_fit {
    ANSWER_UNKNOWN, /* no key covers it */
    ANSWER_SOUND,
    ANSWER_ALTERED  /* or has no MAC */
};

/* Whether an accepted answer, as it was read, is as the service made it. */
enum status answer_keys_check(const struct answer_keys *keys, struct db *db, const struct answer_row *row, enum answer_fit *fit) NODISCARD;

/* The same in two steps, for who takes a text out of an answer, in the entry erased_by. First: whether it was sound before, be it that this entry
 * has already taken another text out of it. Then, of the row as it is to be: makes its MAC anew, or none where it was not sound, which stays so. */
enum status answer_keys_check_erased(const struct answer_keys *keys, struct db *db, const struct answer_row *row, uint64_t erased_by,
                                     enum answer_fit *fit) NODISCARD;
void answer_keys_seal_erased(const struct answer_keys *keys, struct answer_row *row, uint64_t erased_by, enum answer_fit fit);

#endif
