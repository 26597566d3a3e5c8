#ifndef DB_ANSWER_H
#define DB_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "db/db.h"

/* Answers by idempotency key, and the personal texts that commitments stand for. */

enum { DB_ANSWER_SALT_BYTES = 16, DB_FINGERPRINT_BYTES = 32, DB_SALT_BYTES = 32, DB_ANSWER_MAC_BYTES = 32 };

struct answer_row {
    const char *scope, *key, *kind, *target;
    uint8_t salt[DB_ANSWER_SALT_BYTES];
    uint8_t fingerprint[DB_FINGERPRINT_BYTES]; /* SHA-256 of salt and the request's body as it came */
    int64_t time_ms;
    int64_t seq; /* 0 for a refusal */
    int64_t status;
    const char *location, *etag;
    const void *body;
    size_t body_length;
    bool has_mac; /* a refusal has none, nor what was accepted before there were any */
    uint8_t mac[DB_ANSWER_MAC_BYTES]; /* rules/answer_keys.h */
};

struct personal_row {
    const char *commitment; /* 64 hexadecimal digits */
    int64_t seq;
    const char *pointer;
    const uint8_t *salt; /* DB_SALT_BYTES; NULL once erased */
    const char *text;    /* NULL once erased */
};

/* Reads which keys there are, which db_answer_find does at its first call else: some 0.2 s for a million. The connection must be the one that
 * writes the answers, so that it knows those that come. STATUS_CORRUPT where answers are kept to entries far from any that there are. */
enum status db_answer_prepare(struct db *db) NODISCARD;

/* The answer that was accepted under the key, or else the refusal; STATUS_ABSENT where the key is new. scope and key of the row are the
 * caller's. */
enum status db_answer_find(struct db *db, struct arena *arena, const char *scope, const char *key,
                           struct answer_row *out) NODISCARD;
/* Whether the index by which answers are found is there; without it each look goes through all of them. */
enum status db_answer_has_index(struct db *db, bool *has_index) NODISCARD;
/* The answer to entry seq, whose key this is; on any connection. It may be one that names another entry near it. */
enum status db_answer_of_entry(struct db *db, struct arena *arena, uint64_t seq, const char *scope, const char *key,
                               struct answer_row *out) NODISCARD;
/* The number that another answer under the key names, far from seq; near it the index lets no second one be. STATUS_ABSENT: there is none. */
enum status db_answer_elsewhere(struct db *db, uint64_t seq, const char *scope, const char *key, int64_t *elsewhere) NODISCARD;
/* The first answer whose key one before it has, of all; STATUS_ABSENT: each has a key of its own. Sorts them, in files where they are many. */
enum status db_answer_again(struct db *db, struct arena *arena, uint64_t *seq, const char **key) NODISCARD;
enum status db_answer_insert(struct db *db, const struct answer_row *row) NODISCARD;

/* How many answers tell of accepted commands. */
enum status db_answer_accepted_count(struct db *db, uint64_t *count) NODISCARD;

/* Drops a few refusals older than before_ms. */
enum status db_answer_expire(struct db *db, int64_t before_ms) NODISCARD;

enum status db_personal_insert(struct db *db, const struct personal_row *row) NODISCARD;

/* STATUS_ABSENT where the commitment is unknown. One look for each 65,536 entries of the ledger: who knows the entry asks for it there. */
enum status db_personal_find(struct db *db, struct arena *arena, const char *commitment, struct personal_row *out) NODISCARD;

/* STATUS_ABSENT where the entry does not have it. */
enum status db_personal_find_in(struct db *db, struct arena *arena, uint64_t seq, const char *commitment, struct personal_row *out) NODISCARD;

/* The texts of one entry, by pointer. */
enum status db_personal_of(struct db *db, struct arena *arena, uint64_t seq, struct personal_row **out, size_t *count) NODISCARD;

/* In a scratch database: remembers that a text is not there; and one of which no entry says so (STATUS_ABSENT: there is none). */
enum status db_personal_note_erased(struct db *db, const char *commitment, uint64_t seq, const char *pointer) NODISCARD;
enum status db_personal_unerased(struct db *db, struct arena *arena, struct personal_row *out) NODISCARD;

/* Calls visit for every personal text whose seq is at least first, in that order; INT64_MIN: all. */
enum status db_personal_each(struct db *db, int64_t first, enum status (*visit)(void *context, const struct personal_row *row),
                             void *context) NODISCARD;

#endif
