#ifndef DB_ENTRY_H
#define DB_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "db/db.h"

/*
 * The ledger's tables: entries, seals, long bodies, checkpoints, frontier, node keys. db knows
 * neither hashes nor signatures; rules/ fills these rows from ledger/.
 */

enum { DB_HASH_BYTES = 32, DB_SEAL_BYTES = 64, DB_PUBLIC_KEY_BYTES = 33, DB_CHECKPOINT_KEY_BYTES = 32 };

struct entry_row {
    uint64_t seq, height, time_ms;
    uint8_t previous_hash[DB_HASH_BYTES];
    uint32_t rules_version;
    const char *kind, *target, *command_id, *new_id, *organisation, *role, *subject;
    const char *submitter_key, *submitter_alg;
    uint64_t body_length;
    uint8_t body_digest[DB_HASH_BYTES];
    const void *body; /* in full when read, also where it is long; NULL where it is missing */
    size_t body_stored_length; /* of body, when read */
    const void *submitter_sig;
    size_t submitter_sig_length;
    uint8_t effects[DB_HASH_BYTES];
    uint8_t hash[DB_HASH_BYTES];
    uint8_t seal[DB_SEAL_BYTES];
    const char *seal_key; /* NULL where there is no seal */
};

struct entry_head {
    uint64_t seq, height, time_ms; /* 0 for the empty ledger */
    uint32_t rules_version;        /* here too */
    uint8_t hash[DB_HASH_BYTES];
};

/* What an entry tells of, without its body and its proofs. */
struct event_row {
    uint64_t seq, time_ms;
    const char *kind, *target, *new_id, *command_id, *organisation, *role;
};

struct checkpoint_row {
    uint64_t height, size;
    uint8_t root[DB_HASH_BYTES];
    const char *note;
};

struct node_key_row {
    const char *id;
    uint8_t public_key[DB_PUBLIC_KEY_BYTES];
    uint64_t from_seq, to_seq; /* to_seq 0: still valid */
};

/* A key that signs checkpoints beside the node's: of the sizes from_seq to to_seq. */
struct checkpoint_key_row {
    const char *id, *algorithm;
    uint8_t public_key[DB_CHECKPOINT_KEY_BYTES];
    uint64_t from_seq, to_seq;
};

/* The last sequence number; 0 for the empty ledger. */
enum status db_entry_last(struct db *db, uint64_t *seq) NODISCARD;
enum status db_entry_head(struct db *db, struct entry_head *head) NODISCARD;

/* The hash of one entry; STATUS_ABSENT where there is none. */
enum status db_entry_hash(struct db *db, uint64_t seq, uint8_t hash[DB_HASH_BYTES]) NODISCARD;

/* The number of the entry with this hash; STATUS_ABSENT where there is none. One look for each 16,384 entries, the newest first. */
enum status db_entry_of_hash(struct db *db, const uint8_t hash[DB_HASH_BYTES], uint64_t *seq) NODISCARD;

/* Inserts all but the seal; a body over inline_max bytes goes to the table of long bodies. */
enum status db_entry_insert(struct db *db, const struct entry_row *row, size_t inline_max) NODISCARD;

/* Inserts the seal of an entry that is there. */
enum status db_seal_insert(struct db *db, uint64_t seq, const char *key, const uint8_t seal[DB_SEAL_BYTES]) NODISCARD;

/* Up to limit entries behind seq, with their seals. Columns of a wrong length are STATUS_CORRUPT; the
 * entry's seq can then be read from *broken. */
enum status db_entry_list(struct db *db, struct arena *arena, uint64_t after, int64_t limit, struct entry_row **out,
                          size_t *count, uint64_t *broken) NODISCARD;

/* Up to limit entries behind `after` and before `before` (at most INT64_MAX), the newest first. */
enum status db_entry_list_down(struct db *db, struct arena *arena, uint64_t after, uint64_t before, int64_t limit,
                               struct entry_row **out, size_t *count) NODISCARD;

/* As db_entry_list for who wants what is sound before a broken entry, in bounded memory: a run ends behind the entry with which the texts
 * and bodies have taken more than bytes_max, but has two entries where there are two. */
struct entry_run {
    struct entry_row *rows;
    size_t count;
    enum { ENTRY_RUN_MORE, ENTRY_RUN_LAST, ENTRY_RUN_BROKEN } ending; /* more may follow; none follows; what follows is no entry */
    uint64_t broken; /* ENTRY_RUN_BROKEN: its seq, as far as that can be read */
};
enum status db_entry_run(struct db *db, struct arena *arena, uint64_t after, int64_t limit, size_t bytes_max,
                         struct entry_run *run) NODISCARD;

/* Entries behind `after` up to `to` with their seals, one after the other; a long body is left out (NULL, stored length 0). The
 * row is visit's until it returns; false ends the walk. Columns of a wrong length as above. */
enum status db_entry_walk(struct db *db, uint64_t after, uint64_t to, bool (*visit)(void *context, const struct entry_row *row),
                          void *context, uint64_t *broken) NODISCARD;

/* length bytes of a long body from offset on, read from the file bit by bit and not as a whole; STATUS_CORRUPT where it
 * does not have them. */
enum status db_body_read(struct db *db, const uint8_t digest[DB_HASH_BYTES], uint64_t offset, void *out, size_t length) NODISCARD;

/* Up to limit events behind seq. */
enum status db_event_list(struct db *db, struct arena *arena, uint64_t after, int64_t limit, struct event_row **out,
                          size_t *count) NODISCARD;

/* The newest first, as db_entry_list_down. */
enum status db_event_list_down(struct db *db, struct arena *arena, uint64_t after, uint64_t before, int64_t limit,
                               struct event_row **out, size_t *count) NODISCARD;

enum status db_checkpoint_insert(struct db *db, const struct checkpoint_row *row) NODISCARD;
enum status db_checkpoint_last(struct db *db, struct arena *arena, struct checkpoint_row *out) NODISCARD;
/* The one of the block that an entry is in. */
enum status db_checkpoint_over(struct db *db, struct arena *arena, uint64_t seq, struct checkpoint_row *out) NODISCARD;
/* STATUS_ABSENT where no block ended with this entry. */
enum status db_checkpoint_of_size(struct db *db, struct arena *arena, uint64_t size, struct checkpoint_row *out) NODISCARD;
enum status db_checkpoint_list(struct db *db, struct arena *arena, uint64_t after_height, int64_t limit,
                               struct checkpoint_row **out, size_t *count) NODISCARD;
/* The highest first, as db_entry_list_down. */
enum status db_checkpoint_list_down(struct db *db, struct arena *arena, uint64_t after_height, uint64_t before_height,
                                    int64_t limit, struct checkpoint_row **out, size_t *count) NODISCARD;

enum status db_frontier_put(struct db *db, const void *state, size_t length) NODISCARD;
enum status db_frontier_find(struct db *db, struct arena *arena, const void **state, size_t *length) NODISCARD;

enum status db_node_key_insert(struct db *db, const struct node_key_row *row) NODISCARD;
enum status db_node_key_list(struct db *db, struct arena *arena, struct node_key_row **out, size_t *count) NODISCARD;

/* The key is valid up to an entry. */
enum status db_node_key_end(struct db *db, const char *id, uint64_t to_seq) NODISCARD;

enum status db_checkpoint_key_insert(struct db *db, const struct checkpoint_key_row *row) NODISCARD;
enum status db_checkpoint_key_list(struct db *db, struct arena *arena, struct checkpoint_key_row **out, size_t *count) NODISCARD;
enum status db_checkpoint_key_end(struct db *db, const char *id, uint64_t to_seq) NODISCARD;

#endif
