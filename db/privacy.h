#ifndef DB_PRIVACY_H
#define DB_PRIVACY_H

#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "db/db.h"

/* Personal texts with their fate, erasures, and the kept answers that tell of them. */

struct answer_row;

struct personal_fate {
    const char *commitment; /* 64 hexadecimal digits */
    int64_t seq;            /* the entry that commits to it */
    const char *pointer;    /* where in its body */
    const char *text;       /* NULL once erased */
    int64_t erased_by;      /* the entry that erased it; 0: none */
};

struct erasure {
    const char *commitment;
    int64_t seq;
    int64_t time_ms;
};

/* Whose command an entry tells of: its key, by which its answer is kept. */
struct entry_command {
    uint64_t seq;
    const char *kind, *target, *new_id;
    const char *organisation, *subject; /* of the actor */
    const char *id;
};

/* Texts by entry and pointer, behind after_seq and after_pointer, of the entries up to last_seq. */
enum status db_personal_list(struct db *db, struct arena *arena, int64_t after_seq, const char *after_pointer, int64_t last_seq,
                             int64_t limit, struct personal_fate **out, size_t *count) NODISCARD;

/* The other way, before before_seq and before_pointer, of the entries from first_seq on. */
enum status db_personal_list_down(struct db *db, struct arena *arena, int64_t before_seq, const char *before_pointer, int64_t first_seq,
                                  int64_t limit, struct personal_fate **out, size_t *count) NODISCARD;

/* Text and salt of an entry's commitment are gone; nothing where it has none. */
enum status db_personal_erase(struct db *db, int64_t seq, const char *commitment) NODISCARD;

enum status db_erasure_insert(struct db *db, const char *commitment, int64_t seq) NODISCARD;

/* STATUS_ABSENT where no entry erased it. */
enum status db_erasure_find(struct db *db, struct arena *arena, const char *commitment, int64_t *seq) NODISCARD;

/* By entry and commitment; the other way; and those of one entry. */
enum status db_erasure_list(struct db *db, struct arena *arena, int64_t after_seq, const char *after_commitment, int64_t limit,
                            struct erasure **out, size_t *count) NODISCARD;
enum status db_erasure_list_down(struct db *db, struct arena *arena, int64_t before_seq, const char *before_commitment, int64_t limit,
                                 struct erasure **out, size_t *count) NODISCARD;
enum status db_erasure_of(struct db *db, struct arena *arena, int64_t seq, struct erasure **out, size_t *count) NODISCARD;

/* STATUS_ABSENT where there is no such entry. */
enum status db_entry_command(struct db *db, struct arena *arena, int64_t seq, struct entry_command *out) NODISCARD;
enum status db_entry_commands_of_transfer(struct db *db, struct arena *arena, const char *transfer, struct entry_command **out,
                                          size_t *count) NODISCARD;

/* The newest entry before `before` that erased a text which the answer to entry seq can have told; 0: none. It follows from the ledger: a text of
 * its own command's or, of a step of a transfer, of any step's, that was erased after the answer was made. */
enum status db_answer_erased_by(struct db *db, int64_t seq, int64_t before, int64_t *erased_by) NODISCARD;

/* Puts salt, fingerprint, tag, body and MAC of the row in the place of those of the answer that was accepted under its seq, scope and key. */
enum status db_answer_rewrite(struct db *db, const struct answer_row *row) NODISCARD;

/* Drops all refusals that are kept. */
enum status db_refused_drop(struct db *db) NODISCARD;

#endif
