#ifndef RULES_RECORD_H
#define RULES_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "ledger/digest.h"
#include "ledger/entry.h"
#include "rules/answer.h"
#include "rules/command.h"

/* Writing down what a command did: its entry, its personal texts, its answer. */

struct answer_keys;
struct db;
struct entry_head;
struct entry_row;

struct record {
    const struct command *command;
    uint64_t seq, height, time_ms;
    uint8_t previous_hash[DIGEST_BYTES];
    uint8_t effects[DIGEST_BYTES];
};

/* Whether new entries, which have the newest rules, may follow head: versions of rules never go back in a ledger. STATUS_CORRUPT, logged, where
 * head is of newer rules than this program knows. */
enum status record_check_rules(const struct entry_head *head) NODISCARD;

/* Makes the canonical bytes, writes the entry and the personal texts. hash is the entry's, yet to be sealed; leaf is its
 * leaf hash in the tree. */
enum status record_write(struct db *db, const struct record *record, uint8_t hash[DIGEST_BYTES],
                         uint8_t leaf[DIGEST_BYTES]) NODISCARD;

enum record_match { RECORD_NEW, RECORD_SAME, RECORD_OTHER };

/* Looks the command's key up. RECORD_SAME: answer is filled with the first answer and marked
 * replayed; RECORD_OTHER: the key belongs to another command. Refusals from before
 * lapsed_ms count as new. STATUS_CORRUPT, logged, where the answer was altered since it was made, as far as keys can tell. */
enum status record_find_answer(struct db *db, struct arena *arena, const struct answer_keys *keys, const struct command *command,
                               int64_t lapsed_ms, enum record_match *match, struct answer *answer) NODISCARD;

/* Keeps an answer under the command's key, with a MAC where it was accepted and there is a key for that (answer_keys.h). */
enum status record_answer(struct db *db, const struct answer_keys *keys, const struct command *command, const struct answer *answer,
                          int64_t time_ms) NODISCARD;

/* An entry as stored, as ledger/ wants it. Texts and bytes are borrowed from row. */
void record_entry_of(const struct entry_row *row, struct entry *entry);

#endif
