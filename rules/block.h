#ifndef RULES_BLOCK_H
#define RULES_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "ledger/digest.h"
#include "ledger/signer.h"
#include "rules/answer.h"
#include "rules/command.h"
#include "rules/outcome.h"

/*
 * The state machine seen from an orderer: begin block, deliver commands, end block,
 * commit. The local sequencer makes a block of each commit group; another orderer can
 * drive the same calls. One thread, which owns the writing connection.
 */

struct answer_keys;
struct db;
struct executor;

/* The consumer's side: turns outcomes into answers, inside the block's transaction. The
 * body that tells of an entry ends with its receipt, which verify looks for:
 * "ledger":{"seq":N,"entry_hash":"HEX"}} */
struct presenter {
    enum status (*present)(void *context, struct db *db, const struct command *command,
                           const struct outcome *outcome, struct arena *arena, struct answer *answer);
    void *context;
};

/* Reads head and frontier from the database. STATUS_CORRUPT where they contradict each
 * other, or the signer has not the keys with which the next entry is sealed. db, signer, presenter and keys are borrowed. An empty
 * database is allowed: the genesis must then be the first command. keys: for the MACs of kept answers (answer_keys.h); NULL: they get
 * none, and nobody will find out where one is altered. */
enum status executor_open(struct executor **executor, struct db *db, struct signer *signer, const struct presenter *presenter,
                          const struct answer_keys *keys) NODISCARD;
void executor_close(struct executor *executor);

/* Begins a block; its time is max(time of the last block, time_ms). A savepoint guards each command: what must be taken back of
 * one leaves the others alone. */
enum status block_begin(struct executor *executor, int64_t time_ms) NODISCARD;

/* The same without guards, for who can deliver the block's commands again: a savepoint copies every page that its command changes.
 * Refusals and faults that have written nothing are as above. A command that has, and must be taken back, loses the block. */
enum status block_begin_unguarded(struct executor *executor, int64_t time_ms) NODISCARD;

/* A rotation of the node's keys is alone in its block: STATUS_CONFLICT where it would not be.
 * Applies one command and fills answer (initialised by the caller), be it a success or
 * a refusal: STATUS_OK for both. Else a local fault, and nothing of this command
 * remains; where *is_lost is set, the database ended the transaction, or there were no guards,
 * and the whole block is lost: with STATUS_CONFLICT by an ordinary refusal behind writes, which needs a guard and is no fault. */
enum status block_deliver(struct executor *executor, const struct command *command, struct answer *answer,
                          bool *is_lost) NODISCARD;

/* Ends the block: frontier, checkpoint and seals are written; app_hash is the tree's root. STATUS_IO where the signer has
 * failed: the executor has, too, then. */
enum status block_end(struct executor *executor, uint8_t app_hash[DIGEST_BYTES]) NODISCARD;

/* Makes it durable. STATUS_EXHAUSTED: the disk is full, nothing of the block is left, and
 * the next block may find room. After another failure the outcome is unknown: the executor
 * refuses every further block with STATUS_IO; after a rotation of the keys too, which the signer has not. */
enum status block_commit(struct executor *executor) NODISCARD;

/* Gives the block up; the state is as before block_begin. */
void block_abandon(struct executor *executor);

/* The last committed entry. Any thread may call executor_seq. */
uint64_t executor_seq(const struct executor *executor);
int64_t executor_time_ms(const struct executor *executor); /* of that entry; any thread */
bool executor_is_failed(const struct executor *executor); /* nothing is written any more; any thread */

/* Whether texts were erased since this was asked last: what the WAL holds of them is then to go, too (db_checkpoint_truncate). */
bool executor_take_erased(struct executor *executor);

/* The newest checkpoint note (NUL-terminated), for the anchor file; "" before the first. */
const char *executor_checkpoint(const struct executor *executor);

#endif
