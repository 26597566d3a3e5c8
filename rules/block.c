/*
 * The executor: blocks of commands into state and ledger, in one transaction each. The
 * rules themselves are behind apply.h; the bytes of an entry in ledger/entry.h; the tree in
 * growth.h. The head is kept in memory twice: as committed, and as the open block has it.
 */
#include "rules/block.h"

#include <assert.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "db/answer.h"
#include "db/db.h"
#include "db/effects.h"
#include "db/entry.h"
#include "db/reference.h"
#include "ledger/checkpoint.h"
#include "ledger/entry.h"
#include "ledger/sealer.h"
#include "rules/apply.h"
#include "rules/growth.h"
#include "rules/keyring.h"
#include "rules/permit.h"
#include "rules/record.h"
#include "rules/scrub.h"

#define REFUSAL_KEPT_MS ((int64_t)LIMIT_REFUSAL_KEPT_HOURS * 3600 * 1000)

/* Where the ledger stands. */
struct head {
    struct entry_head entry;
    char note[CHECKPOINT_NOTE_BYTES_MAX];
};

/* Invariants: 1. committed is what the database holds; 2. while a block is open, working
 * is committed plus the block's entries, whose leaves are in growth; 3. once failed, always failed; 4. is_rotating: the open
 * block has a rotation of the keys and nothing else. */
struct executor {
    struct db *db;
    struct signer *signer;
    bool with_ed25519; /* checkpoints bear a second line */
    struct sealer *sealer; /* holds the hashes of the open block's entries, in their order */
    struct presenter presenter;
    const struct answer_keys *keys; /* NULL: none */
    struct arena arena; /* of the command at hand */
    struct context_shared shared; /* between the commands of the open block */
    struct head committed;
    struct head working;
    struct growth growth; /* has the leaves of the open block's entries, in their order */
    char origin[CHECKPOINT_ORIGIN_BYTES];
    int64_t time_zone_minutes;
    int64_t block_time_ms;
    uint64_t block_height;
    bool is_open;
    bool is_guarded; /* each command of the open block has a savepoint */
    bool has_savepoint; /* the command at hand has, now */
    bool lacks_guard; /* the command at hand was refused after it had written something, and there is nothing to take that back with */
    int64_t changes; /* of rows, on this connection, when the command at hand was guarded */
    bool is_rotating;
    bool has_erased; /* texts, perhaps in a block that was given up; executor_take_erased */
    atomic_bool is_failed;
    _Atomic uint64_t seq;
    _Atomic int64_t time_ms;
};

static enum status read_parameters(struct executor *executor)
{
    const char *origin = NULL, *minutes = NULL;
    enum status status = db_parameter_find(executor->db, &executor->arena, "origin", &origin);
    if (status == STATUS_OK) {
        status = db_parameter_find(executor->db, &executor->arena, "time_zone_minutes", &minutes);
    }
    if (status != STATUS_OK) {
        return status;
    }
    if (!checkpoint_origin_is_valid(origin) || text_to_integer(minutes, &executor->time_zone_minutes) != STATUS_OK) {
        log_error("ledger", "the genesis parameters are damaged: run verify");
        return STATUS_CORRUPT;
    }
    memcpy(executor->origin, origin, strlen(origin) + 1);
    return STATUS_OK;
}

/* Whether the signer has the keys that are valid for the next entry, and no line of a checkpoint would be missing. */
static enum status read_keys(struct executor *executor, uint64_t next_seq)
{
    struct keyring keyring;
    keyring_init(&keyring);
    enum status status = keyring_load(&keyring, executor->db, &executor->arena);
    if (status != STATUS_OK) {
        return status;
    }
    struct checkpoint_keys keys = keyring_at(&keyring, next_seq);
    const uint8_t *ed25519 = signer_ed25519(executor->signer);
    bool is_ours = keys.node != NULL && memcmp(keys.node, signer_public(executor->signer), KEY_PUBLIC_BYTES) == 0 &&
        (keys.ed25519 == NULL || (ed25519 != NULL && memcmp(keys.ed25519, ed25519, ED25519_PUBLIC_BYTES) == 0));
    if (!is_ours) {
        log_error("ledger", "key=%s is not the one for entry %" PRIu64, signer_id(executor->signer), next_seq);
        return STATUS_CORRUPT;
    }
    executor->with_ed25519 = keys.ed25519 != NULL;
    return STATUS_OK;
}

/* The tree, and the last checkpoint that says the same of it. */
static enum status read_tree(struct executor *executor)
{
    struct checkpoint_row last;
    uint8_t root[DIGEST_BYTES];
    struct head *head = &executor->committed;
    enum status status = growth_open(&executor->growth, executor->db, &executor->arena, head->entry.seq);
    if (status == STATUS_OK) {
        arena_reset(&executor->arena);
        status = db_checkpoint_last(executor->db, &executor->arena, &last);
    }
    if (status != STATUS_OK) {
        return status == STATUS_IO || status == STATUS_EXHAUSTED || status == STATUS_BUSY ? status : STATUS_CORRUPT;
    }
    tree_root(&executor->growth.committed.tree, root);
    if (last.size != head->entry.seq || memcmp(root, last.root, sizeof root) != 0 || strlen(last.note) >= sizeof head->note) {
        log_error("ledger", "the frontier does not fit the last entry and checkpoint: run verify");
        return STATUS_CORRUPT;
    }
    memcpy(head->note, last.note, strlen(last.note) + 1);
    return STATUS_OK;
}

enum status executor_open(struct executor **out, struct db *db, struct signer *signer, const struct presenter *presenter,
                          const struct answer_keys *keys)
{
    struct executor *executor = calloc(1, sizeof *executor);
    if (executor == NULL) {
        return STATUS_EXHAUSTED;
    }
    executor->db = db;
    executor->signer = signer;
    executor->presenter = *presenter;
    executor->keys = keys;
    arena_init(&executor->arena);
    arena_init(&executor->shared.arena);
    growth_init(&executor->growth);
    enum status status = sealer_open(signer, &executor->sealer);
    if (status == STATUS_OK) {
        status = db_entry_head(db, &executor->committed.entry);
    }
    if (status == STATUS_OK && executor->committed.entry.seq > 0) {
        status = record_check_rules(&executor->committed.entry);
        status = status == STATUS_OK ? read_parameters(executor) : status;
        status = status == STATUS_OK ? read_keys(executor, executor->committed.entry.seq + 1) : status;
        status = status == STATUS_OK ? read_tree(executor) : status;
    }
    status = status == STATUS_OK ? db_answer_prepare(db) : status;
    if (status != STATUS_OK) {
        executor_close(executor);
        return status;
    }
    atomic_store(&executor->seq, executor->committed.entry.seq);
    atomic_store(&executor->time_ms, (int64_t)executor->committed.entry.time_ms);
    *out = executor;
    return STATUS_OK;
}

void executor_close(struct executor *executor)
{
    if (executor != NULL) {
        assert(!executor->is_open);
        sealer_close(executor->sealer);
        growth_fini(&executor->growth);
        arena_fini(&executor->arena);
        arena_fini(&executor->shared.arena);
        free(executor);
    }
}

uint64_t executor_seq(const struct executor *executor)
{
    return atomic_load(&executor->seq);
}

int64_t executor_time_ms(const struct executor *executor)
{
    return atomic_load(&executor->time_ms);
}

bool executor_take_erased(struct executor *executor)
{
    bool has_erased = executor->has_erased;
    executor->has_erased = false;
    return has_erased;
}

bool executor_is_failed(const struct executor *executor)
{
    return atomic_load(&executor->is_failed) || signer_fault(executor->signer) != SIGNER_SOUND;
}

const char *executor_checkpoint(const struct executor *executor)
{
    return executor->committed.note;
}

static enum status begin(struct executor *executor, int64_t time_ms, bool is_guarded)
{
    assert(!executor->is_open);
    if (executor_is_failed(executor)) {
        return STATUS_IO;
    }
    enum status status = db_begin(executor->db);
    if (status != STATUS_OK) {
        return status;
    }
    int64_t last_ms = (int64_t)executor->committed.entry.time_ms;
    context_shared_forget(&executor->shared);
    sealer_reset(executor->sealer);
    growth_begin(&executor->growth);
    executor->working = executor->committed;
    executor->block_time_ms = time_ms > last_ms ? time_ms : last_ms;
    executor->block_height = executor->committed.entry.height + 1;
    executor->is_open = true;
    executor->is_guarded = is_guarded;
    executor->has_savepoint = false;
    executor->is_rotating = false;
    return STATUS_OK;
}

enum status block_begin(struct executor *executor, int64_t time_ms)
{
    return begin(executor, time_ms, true);
}

enum status block_begin_unguarded(struct executor *executor, int64_t time_ms)
{
    return begin(executor, time_ms, false);
}

static enum status guard(struct executor *executor)
{
    executor->changes = db_changes(executor->db);
    enum status status = executor->is_guarded ? db_savepoint(executor->db) : STATUS_OK;
    executor->has_savepoint = executor->is_guarded && status == STATUS_OK;
    return status;
}

static enum status release(struct executor *executor)
{
    enum status status = executor->has_savepoint ? db_savepoint_release(executor->db) : STATUS_OK;
    executor->has_savepoint = executor->has_savepoint && status != STATUS_OK;
    return status;
}

/* What the command at hand has written since guard is gone then. STATUS_CONFLICT: there was no savepoint, it stays, and the block is
 * lost. */
static enum status take_back(struct executor *executor)
{
    if (executor->has_savepoint) {
        executor->has_savepoint = false;
        return db_savepoint_rollback(executor->db);
    }
    executor->lacks_guard = db_changes(executor->db) != executor->changes;
    return executor->lacks_guard ? STATUS_CONFLICT : STATUS_OK;
}

/* Makes the entry of an applied command: bytes, hash, row; *next becomes the head, leaf its leaf hash. */
static enum status write_entry(struct executor *executor, const struct command *command, struct outcome *outcome,
                               struct entry_head *next, uint8_t leaf[DIGEST_BYTES])
{
    const struct entry_head *head = &executor->working.entry;
    uint8_t effects[DIGEST_BYTES];
    enum status status = rules_effects_digest(executor->db, effects);
    if (status != STATUS_OK) {
        return status;
    }
    struct record record = { .command = command, .seq = head->seq + 1, .height = executor->block_height,
                             .time_ms = (uint64_t)executor->block_time_ms };
    memcpy(record.previous_hash, head->hash, DIGEST_BYTES);
    memcpy(record.effects, effects, DIGEST_BYTES);
    status = record_write(executor->db, &record, outcome->hash, leaf);
    if (status != STATUS_OK) {
        return status;
    }
    *next = (struct entry_head){ .seq = record.seq, .height = record.height, .time_ms = record.time_ms, .rules_version = ENTRY_RULES_VERSION };
    memcpy(next->hash, outcome->hash, DIGEST_BYTES);
    outcome->seq = record.seq;
    outcome->height = record.height;
    return STATUS_OK;
}

static enum status present(struct executor *executor, const struct command *command, const struct outcome *outcome,
                           struct answer *answer)
{
    enum status status = executor->presenter.present(executor->presenter.context, executor->db, command, outcome,
                                                     &executor->arena, answer);
    answer->seq = outcome->kind == OUTCOME_REFUSED ? 0 : outcome->seq;
    return status != STATUS_OK ? status : answer->body.failed ? STATUS_EXHAUSTED : STATUS_OK;
}

/* Answers an accepted command and ends its guard. */
static enum status conclude(struct executor *executor, const struct command *command, const struct outcome *outcome,
                            struct answer *answer)
{
    enum status status = present(executor, command, outcome, answer);
    if (status == STATUS_OK) {
        status = record_answer(executor->db, executor->keys, command, answer, executor->block_time_ms);
    }
    if (status == STATUS_OK && command->kind == COMMAND_PRIVACY_ERASE) {
        status = scrub_texts(executor->db, &executor->arena, executor->keys, command, outcome->seq);
        executor->has_erased = true;
    }
    return status == STATUS_OK ? release(executor) : status;
}

/* An accepted command inside its guard: entry, seal, leaf, answer, key, all or none. */
static enum status accept(struct executor *executor, const struct command *command, struct outcome *outcome,
                          struct answer *answer)
{
    struct entry_head next;
    uint8_t leaf[DIGEST_BYTES];
    enum status status = write_entry(executor, command, outcome, &next, leaf);
    if (status == STATUS_OK) {
        status = sealer_add(executor->sealer, outcome->hash);
    }
    if (status != STATUS_OK) {
        return status;
    }
    status = growth_add(&executor->growth, leaf);
    if (status != STATUS_OK) {
        goto failed;
    }
    status = conclude(executor, command, outcome, answer);
    if (status != STATUS_OK) {
        goto failed_leaf;
    }
    executor->working.entry = next;
    executor->is_rotating = command->kind == COMMAND_NODE_KEY_ROTATE;
    return STATUS_OK;
failed_leaf:
    growth_drop(&executor->growth);
failed:
    sealer_drop(executor->sealer);
    return status;
}

/* Whether a refusal is kept for retries: what the rules decided, not what the sender may mend. */
static bool is_kept(const struct command *command, const struct answer *answer)
{
    return command->unseen == NULL && (answer->status == 404 || answer->status == 409 || answer->status == 422);
}

/* A refused or needless command: everything it wrote is taken back. */
static enum status decline(struct executor *executor, const struct command *command, struct outcome *outcome,
                           struct answer *answer)
{
    enum status status = take_back(executor);
    if (status == STATUS_OK) {
        status = guard(executor); /* of what is written about it */
    }
    if (status == STATUS_OK && outcome->kind == OUTCOME_UNCHANGED) {
        status = db_entry_hash(executor->db, outcome->seq, outcome->hash);
    }
    if (status == STATUS_OK) {
        status = present(executor, command, outcome, answer);
    }
    if (status == STATUS_OK && outcome->kind == OUTCOME_REFUSED && is_kept(command, answer)) {
        status = db_answer_expire(executor->db, executor->block_time_ms - REFUSAL_KEPT_MS);
        if (status == STATUS_OK) {
            status = record_answer(executor->db, executor->keys, command, answer, executor->block_time_ms);
        }
    }
    return status == STATUS_OK ? release(executor) : status;
}

/* Refuses in the place of the first answer, where that is not the caller's to read. */
static enum status check_permission(struct executor *executor, const struct command *command, struct outcome *outcome,
                                    struct answer *answer)
{
    struct context context = { .db = executor->db, .arena = &executor->arena, .command = command,
                               .time_ms = executor->block_time_ms, .rules_version = ENTRY_RULES_VERSION, .outcome = outcome };
    enum status status = permit_again(&context);
    if (status != STATUS_CONFLICT) {
        return status;
    }
    struct buffer body = answer->body;
    buffer_reset(&body);
    *answer = (struct answer){ .body = body };
    return present(executor, command, outcome, answer);
}

/* Where the key is known: the first answer again, or a refusal. *is_answered says so. */
static enum status find_first_answer(struct executor *executor, const struct command *command, struct answer *answer,
                                     bool *is_answered)
{
    enum record_match match = RECORD_NEW;
    enum status status = record_find_answer(executor->db, &executor->arena, executor->keys, command,
                                            executor->block_time_ms - REFUSAL_KEPT_MS, &match, answer);
    if (status != STATUS_OK || match == RECORD_NEW) {
        return status;
    }
    struct outcome *outcome = arena_alloc(&executor->arena, sizeof *outcome);
    if (outcome == NULL) {
        return STATUS_EXHAUSTED;
    }
    *is_answered = true;
    outcome->kind = OUTCOME_REFUSED;
    refusal_init(&outcome->refusal, &executor->arena);
    if (match == RECORD_SAME) {
        return check_permission(executor, command, outcome, answer);
    }
    refusal_set(&outcome->refusal, REFUSAL_KEY_REUSED, "idempotency_key_reused",
                "this Idempotency-Key came before with another method, path or body: use a new key for a new request");
    return present(executor, command, outcome, answer);
}

static enum status execute(struct executor *executor, const struct command *command, struct answer *answer)
{
    struct outcome *outcome = arena_alloc(&executor->arena, sizeof *outcome);
    if (outcome == NULL) {
        return STATUS_EXHAUSTED;
    }
    refusal_init(&outcome->refusal, &executor->arena);
    struct context context = {
        .db = executor->db, .arena = &executor->arena, .command = command, .time_ms = executor->block_time_ms,
        .seq = executor->working.entry.seq + 1, .rules_version = ENTRY_RULES_VERSION,
        .time_zone_minutes = executor->time_zone_minutes, .outcome = outcome, .shared = &executor->shared,
    };
    enum status status = rules_apply(&context);
    if (context_changes_shared(command->kind)) {
        context_shared_forget(&executor->shared);
    }
    if (status != STATUS_OK) {
        return status;
    }
    bool is_accepted = outcome->kind == OUTCOME_CREATED || outcome->kind == OUTCOME_CHANGED;
    return is_accepted ? accept(executor, command, outcome, answer) : decline(executor, command, outcome, answer);
}

enum status block_deliver(struct executor *executor, const struct command *command, struct answer *answer, bool *is_lost)
{
    assert(executor->is_open && db_is_in_transaction(executor->db));
    bool is_answered = false;
    bool has_entries = executor->working.entry.seq > executor->committed.entry.seq;
    *is_lost = executor->lacks_guard = false;
    if (executor->is_rotating || (has_entries && command->kind == COMMAND_NODE_KEY_ROTATE)) {
        return STATUS_CONFLICT;
    }
    arena_reset(&executor->arena);
    enum status status = find_first_answer(executor, command, answer, &is_answered);
    *is_lost = status != STATUS_OK && !db_is_in_transaction(executor->db); /* a read that fails can end it, too */
    if (status != STATUS_OK || is_answered) {
        return status;
    }
    status = guard(executor);
    if (status == STATUS_OK) {
        status = effects_begin(executor->db);
        if (status == STATUS_OK) {
            status = execute(executor, command, answer);
        }
        effects_end(executor->db);
    }
    if (status == STATUS_OK) {
        return STATUS_OK;
    }
    if (executor->lacks_guard) { /* no fault: the block is made again with guards */
        *is_lost = true;
        return STATUS_CONFLICT;
    }
    log_error("command", "kind=%s status=%s", command_kind_name(command->kind), status_name(status));
    *is_lost = !db_is_in_transaction(executor->db) || take_back(executor) != STATUS_OK;
    return status;
}

/* The seals of the block's entries. */
static enum status write_seals(struct executor *executor)
{
    size_t count = 0;
    const uint8_t *seals = NULL;
    uint64_t before = executor->committed.entry.seq;
    enum status status = sealer_finish(executor->sealer, &seals, &count);
    if (status != STATUS_OK) {
        return status;
    }
    assert(before + count == executor->working.entry.seq);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        status = db_seal_insert(executor->db, before + 1 + i, signer_id(executor->signer), seals + i * KEY_SIGNATURE_BYTES);
    }
    return status;
}

/* The note of the block's checkpoint with its signatures. */
static enum status write_note(struct executor *executor, const struct checkpoint *checkpoint, const char *text,
                              const uint8_t node[KEY_SIGNATURE_BYTES])
{
    struct head *head = &executor->working;
    uint8_t ed25519[ED25519_SIGNATURE_BYTES];
    struct buffer note;
    buffer_init(&note);
    enum status status = executor->with_ed25519 ? sealer_note_finish(executor->sealer, ed25519) : STATUS_OK;
    if (status == STATUS_OK) {
        checkpoint_join(checkpoint, executor->signer, text, node, executor->with_ed25519 ? ed25519 : NULL, &note);
        status = note.failed ? STATUS_EXHAUSTED : STATUS_OK;
    }
    if (status == STATUS_OK) {
        assert(note.length < sizeof head->note);
        memcpy(head->note, note.bytes, note.length + 1);
        struct checkpoint_row row = { .height = head->entry.height, .size = checkpoint->size, .note = head->note };
        memcpy(row.root, checkpoint->root, DIGEST_BYTES);
        status = db_checkpoint_insert(executor->db, &row);
    }
    buffer_fini(&note);
    return status;
}

/* Seals and signed checkpoint of the block. The sealer's thread makes the second signature of the checkpoint while the first one is
 * made here, and the seals are. */
static enum status sign_block(struct executor *executor, struct checkpoint *checkpoint)
{
    char text[CHECKPOINT_TEXT_BYTES];
    uint8_t node[KEY_SIGNATURE_BYTES];
    memcpy(checkpoint->origin, executor->origin, sizeof checkpoint->origin);
    size_t length = checkpoint_text(checkpoint, text);
    if (executor->with_ed25519) {
        sealer_note_begin(executor->sealer, text, length);
    }
    enum status status = checkpoint_sign(executor->signer, text, length, node);
    if (status == STATUS_OK) {
        status = write_seals(executor);
    }
    return status == STATUS_OK ? write_note(executor, checkpoint, text, node) : status;
}

enum status block_end(struct executor *executor, uint8_t app_hash[DIGEST_BYTES])
{
    assert(executor->is_open && db_is_in_transaction(executor->db));
    struct head *head = &executor->working;
    struct checkpoint checkpoint = { .size = 0 };
    enum status status = STATUS_OK;
    if (head->entry.seq == executor->committed.entry.seq) { /* nothing was accepted: no block, no checkpoint */
        tree_root(&executor->growth.committed.tree, app_hash);
        return STATUS_OK;
    }
    status = growth_write(&executor->growth, executor->db, checkpoint.root, &checkpoint.size);
    if (status != STATUS_OK) {
        return status;
    }
    assert(checkpoint.size == head->entry.seq);
    memcpy(app_hash, checkpoint.root, DIGEST_BYTES);
    if (executor->committed.entry.seq == 0) { /* the genesis block, also where an earlier try was given up */
        arena_reset(&executor->arena);
        status = read_parameters(executor);
        status = status == STATUS_OK ? read_keys(executor, 1) : status;
    }
    return status == STATUS_OK ? sign_block(executor, &checkpoint) : status;
}

/* After a commit that found the disk full: nothing of the block is there any more. */
static bool is_undone(struct executor *executor)
{
    uint64_t seq = 0;
    db_rollback(executor->db);
    return !db_is_in_transaction(executor->db) && db_entry_last(executor->db, &seq) == STATUS_OK &&
        seq == executor->committed.entry.seq;
}

enum status block_commit(struct executor *executor)
{
    assert(executor->is_open);
    enum status status = db_commit(executor->db);
    executor->is_open = false;
    if (status == STATUS_EXHAUSTED && is_undone(executor)) {
        return status;
    }
    if (status != STATUS_OK) {
        log_error("commit", "failed: %s; no more writes until restart", status_name(status));
        atomic_store(&executor->is_failed, true);
        db_rollback(executor->db);
        return status;
    }
    if (executor->working.entry.seq != executor->committed.entry.seq) {
        growth_commit(&executor->growth);
    }
    executor->committed = executor->working;
    if (executor->is_rotating) {
        log_info("ledger", "the node's keys were changed: this signer's have ended at entry %" PRIu64, executor->committed.entry.seq);
        atomic_store(&executor->is_failed, true);
    }
    atomic_store(&executor->seq, executor->committed.entry.seq);
    atomic_store(&executor->time_ms, (int64_t)executor->committed.entry.time_ms);
    return STATUS_OK;
}

void block_abandon(struct executor *executor)
{
    assert(executor->is_open);
    db_rollback(executor->db);
    executor->is_open = false;
}
