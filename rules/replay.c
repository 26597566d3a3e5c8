/*
 * Replays a ledger into a scratch database. The commands go through command_decode and
 * rules_apply as they did when they were first delivered; only keys, answers and
 * refusals play no part. Work is committed now and then to bound the journal.
 */
#include "rules/replay.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "db/answer.h"
#include "db/check.h"
#include "db/effects.h"
#include "db/db.h"
#include "db/reference.h"
#include "db/signing.h"
#include "db/taken.h"
#include "db/witness.h"
#include "ledger/checkpoint.h"
#include "ledger/digest.h"
#include "rules/apply.h"
#include "rules/decode.h"
#include "rules/policy.h"
#include "rules/signature.h"
#include "rules/signed_entry.h"

enum { ENTRIES_PER_TRANSACTION = 1000 };

struct replay {
    struct db *db;
    char origin[CHECKPOINT_ORIGIN_BYTES]; /* "" before the genesis */
    int64_t time_zone_minutes;
    unsigned entries_open; /* since the last commit */
    bool keeps_ids;
    pthread_mutex_t lock;  /* of the connection: texts are noted while entries are replayed */
};

enum status replay_open(struct replay **out)
{
    struct replay *replay = calloc(1, sizeof *replay);
    if (replay == NULL) {
        return STATUS_EXHAUSTED;
    }
    pthread_mutex_init(&replay->lock, NULL);
    enum status status = db_open_scratch(&replay->db);
    if (status == STATUS_OK) {
        status = db_begin(replay->db);
    }
    if (status != STATUS_OK) {
        replay_close(replay);
        return status;
    }
    *out = replay;
    return STATUS_OK;
}

void replay_watch(struct replay *replay, bool (*may_go_on)(void *context), void *context)
{
    db_watch(replay->db, may_go_on, context);
}

void replay_keep_ids(struct replay *replay)
{
    replay->keeps_ids = true;
}

void replay_close(struct replay *replay)
{
    if (replay == NULL) {
        return;
    }
    if (replay->db != NULL) {
        db_rollback(replay->db);
        db_close(replay->db);
    }
    pthread_mutex_destroy(&replay->lock);
    free(replay);
}

/* What an entry says about its submitter is read before its command: *signature is filled where there is one. */
static enum status read_submitter(const char *origin, const struct entry_row *row, struct arena *arena,
                                  struct command_signature *signature, struct replay_result *result)
{
    struct signed_entry entry;
    struct signed_finding finding = { NULL, NULL };
    enum status status = signed_read_entry(row, origin, arena, &entry, &finding);
    if (status != STATUS_OK) {
        result->code = finding.code;
        result->finding = finding.text;
        return status;
    }
    result->body = entry.body;
    result->body_length = entry.body_length;
    result->is_signed = entry.key != NULL;
    if (result->is_signed) {
        *signature = (struct command_signature){ .key = entry.key, .input = row->body, .input_length = row->body_stored_length };
        memcpy(signature->bytes, row->submitter_sig, sizeof signature->bytes);
    }
    return STATUS_OK;
}

/* The command as the entry tells it; STATUS_INVALID and a finding where it tells none. */
static enum status decode(const struct entry_row *row, struct command *command, struct arena *arena,
                          struct replay_result *result)
{
    struct faults *faults = arena_alloc(arena, sizeof *faults);
    if (faults == NULL) {
        return STATUS_EXHAUSTED;
    }
    faults_init(faults, arena);
    command->target = row->target;
    command->id = row->command_id;
    command->new_id = row->new_id;
    command->if_version = COMMAND_VERSION_ANY;
    command->actor.organisation = row->organisation;
    command->actor.subject = row->subject;
    if (command_kind_from_name(row->kind, &command->kind) != STATUS_OK ||
        role_from_name(row->role, &command->actor.role) != STATUS_OK) {
        result->finding = "the entry's kind or role is unknown";
        return STATUS_INVALID;
    }
    enum status status = command_decode(command, BIND_COMMITTED, result->body, result->body_length, arena, faults);
    if (status == STATUS_INVALID) {
        result->finding = faults->count > 0 ? arena_format(arena, "the entry's body cannot be read: %s", faults->items[0].detail)
                                            : "the entry's body cannot be read";
    }
    return status;
}

/* The key must be one of the actor's organisation that was valid at this entry; the state tells that is there before it. */
static enum status check_submitter(struct db *db, const struct entry_row *row, const struct command *command,
                                   struct arena *arena, struct replay_result *result)
{
    struct organisation_key key;
    if (command->signature == NULL) {
        return STATUS_OK;
    }
    enum status status = db_organisation_key_find(db, arena, command->signature->key, &key);
    if (status != STATUS_OK && status != STATUS_ABSENT) {
        return status;
    }
    if (signature_judge(status == STATUS_OK ? &key : NULL, &command->actor, row->seq) != SIGNATURE_SOUND) {
        result->code = "submitter_key";
        result->finding = arena_format(arena, "the key %s is none of %s that was valid at this entry", command->signature->key,
                                       row->organisation[0] != 0 ? row->organisation : "no organisation");
        return result->finding == NULL ? STATUS_EXHAUSTED : STATUS_INVALID;
    }
    memcpy(result->submitter_key, key.public_key, sizeof result->submitter_key);
    return STATUS_OK;
}

/* What the stored version was when the command came is not in the entry: creation and
 * replacement are told apart by whether the object exists. */
static void settle_version(struct command *command, bool exists)
{
    command->if_version = exists ? COMMAND_VERSION_ANY : COMMAND_VERSION_NONE;
}

static enum status target_exists(struct replay *replay, const struct command *command, struct arena *arena, bool *exists)
{
    union {
        struct province province;
        struct organisation organisation;
        struct site site;
        struct item item;
        struct indicator indicator;
        struct policy policy;
        struct witness witness;
    } row;
    enum status status = STATUS_OK;
    if (command->kind == COMMAND_PROVINCE_PUT) {
        status = db_province_find(replay->db, arena, command->target, &row.province);
        if (status == STATUS_OK && strcmp(row.province.code, command->target) != 0) {
            status = STATUS_ABSENT; /* found by its other code: the command creates another province */
        }
    } else if (command->kind == COMMAND_ORGANISATION_PUT) {
        status = db_organisation_find(replay->db, arena, command->target, &row.organisation);
    } else if (command->kind == COMMAND_SITE_PUT) {
        status = db_site_find(replay->db, arena, command->target, &row.site);
    } else if (command->kind == COMMAND_ITEM_PUT) {
        status = db_item_find(replay->db, arena, command->target, &row.item);
    } else if (command->kind == COMMAND_INDICATOR_PUT) {
        status = db_indicator_find(replay->db, arena, command->target, &row.indicator);
    } else if (command->kind == COMMAND_POLICY_PUT) {
        bool is_default = strcmp(command->target, POLICY_DEFAULT) == 0;
        status = db_policy_find(replay->db, arena, is_default ? "" : command->target, &row.policy);
    } else if (command->kind == COMMAND_WITNESS_PUT) {
        status = db_witness_find(replay->db, arena, command->target, &row.witness);
    } else {
        status = STATUS_ABSENT;
    }
    *exists = status == STATUS_OK;
    return status == STATUS_ABSENT ? STATUS_OK : status;
}

static enum status apply(struct replay *replay, const struct entry_row *row, struct command *command,
                         struct arena *arena, struct replay_result *result)
{
    uint8_t effects[DIGEST_BYTES];
    bool exists = false;
    struct outcome *outcome = arena_alloc(arena, sizeof *outcome);
    if (outcome == NULL) {
        return STATUS_EXHAUSTED;
    }
    enum status status = target_exists(replay, command, arena, &exists);
    if (status != STATUS_OK) {
        return status;
    }
    settle_version(command, exists);
    refusal_init(&outcome->refusal, arena);
    struct context context = {
        .db = replay->db, .arena = arena, .command = command, .time_ms = (int64_t)row->time_ms, .seq = row->seq,
        .rules_version = row->rules_version, .time_zone_minutes = replay->time_zone_minutes, .outcome = outcome,
    };
    status = rules_apply(&context);
    if (status == STATUS_INVALID) {
        result->finding = "the rules cannot carry out the entry's command";
        return STATUS_OK;
    }
    if (status != STATUS_OK) {
        return status;
    }
    if (outcome->kind != OUTCOME_CREATED && outcome->kind != OUTCOME_CHANGED) {
        result->finding = outcome->kind == OUTCOME_REFUSED
            ? arena_format(arena, "the rules refuse the entry's command: %s", outcome->refusal.detail)
            : "the entry's command changes nothing";
        return STATUS_OK;
    }
    status = rules_effects_digest(replay->db, effects);
    if (status == STATUS_OK && memcmp(effects, row->effects, sizeof effects) != 0) {
        result->finding = "the entry's command has other effects than the entry says";
    }
    return status;
}

/* The command, and whose it may be: all that can be told before it is applied. command_fini is due in every case. */
static enum status look(struct db *db, const char *origin, const struct entry_row *row, struct arena *arena,
                        struct command *command, struct command_signature *signature, struct replay_result *result)
{
    *result = (struct replay_result){ .code = "replay" };
    enum status status = read_submitter(origin, row, arena, signature, result);
    if (status == STATUS_OK) {
        command->signature = result->is_signed ? signature : NULL;
        status = decode(row, command, arena, result);
    }
    return status == STATUS_OK ? check_submitter(db, row, command, arena, result) : status;
}

enum status replay_look(struct db *db, const char *origin, const struct entry_row *row, struct arena *arena,
                        struct replay_result *result)
{
    struct command_signature signature;
    struct command command = { .document = NULL };
    enum status status = look(db, origin, row, arena, &command, &signature, result);
    command_fini(&command);
    return status == STATUS_INVALID ? STATUS_OK : status;
}

/* What the genesis fixed. */
static enum status read_parameters(struct replay *replay, struct arena *arena)
{
    const char *minutes = NULL, *origin = NULL;
    enum status status = db_parameter_find(replay->db, arena, "time_zone_minutes", &minutes);
    if (status == STATUS_OK) {
        status = text_to_integer(minutes, &replay->time_zone_minutes);
    }
    if (status == STATUS_OK) {
        status = db_parameter_find(replay->db, arena, "origin", &origin);
    }
    if (status == STATUS_OK && checkpoint_origin_is_valid(origin)) {
        memcpy(replay->origin, origin, strlen(origin) + 1);
    }
    return status;
}

/* The entry's id is taken from now on. */
static enum status take_id(struct replay *replay, const struct entry_row *row, struct arena *arena, struct replay_result *result)
{
    const struct actor actor = { .organisation = row->organisation, .subject = row->subject };
    bool is_new = true;
    enum status status = db_taken_note(replay->db, row->seq, actor_scope(&actor), row->command_id, &is_new);
    if (status == STATUS_OK && !is_new) {
        result->code = "command_id";
        result->finding = arena_format(arena, REPLAY_AGAIN, row->command_id);
        status = result->finding == NULL ? STATUS_EXHAUSTED : STATUS_OK;
    }
    return status;
}

static enum status replay_one(struct replay *replay, const struct entry_row *row, struct arena *arena, struct replay_result *result)
{
    struct command_signature signature;
    struct command command = { .document = NULL };
    const char *origin = replay->origin[0] != 0 ? replay->origin : NULL;
    enum status status = look(replay->db, origin, row, arena, &command, &signature, result);
    if (status == STATUS_OK) {
        status = effects_begin(replay->db);
        if (status == STATUS_OK) {
            status = apply(replay, row, &command, arena, result);
        }
        effects_end(replay->db);
    } else if (status == STATUS_INVALID) {
        status = STATUS_OK;
    }
    command_fini(&command);
    if (status == STATUS_OK && result->finding == NULL && row->seq == 1) {
        status = read_parameters(replay, arena);
    }
    if (status == STATUS_OK && result->finding == NULL && replay->keeps_ids) {
        status = take_id(replay, row, arena, result);
    }
    if (status == STATUS_OK && ++replay->entries_open >= ENTRIES_PER_TRANSACTION) {
        replay->entries_open = 0;
        status = db_commit(replay->db);
        status = status == STATUS_OK ? db_begin(replay->db) : status;
    }
    return status;
}

enum status replay_entry(struct replay *replay, const struct entry_row *row, struct arena *arena, struct replay_result *result)
{
    pthread_mutex_lock(&replay->lock);
    enum status status = replay_one(replay, row, arena, result);
    pthread_mutex_unlock(&replay->lock);
    return status;
}

enum status replay_note_erased(struct replay *replay, const char *commitment, uint64_t seq, const char *pointer)
{
    pthread_mutex_lock(&replay->lock);
    enum status status = db_personal_note_erased(replay->db, commitment, seq, pointer);
    pthread_mutex_unlock(&replay->lock);
    return status;
}

enum status replay_find_unerased(struct replay *replay, struct arena *arena, uint64_t *seq, const char **pointer)
{
    struct personal_row row;
    enum status status = db_personal_unerased(replay->db, arena, &row);
    if (status == STATUS_OK) {
        *seq = (uint64_t)row.seq;
        *pointer = row.pointer;
    }
    return status;
}

enum status replay_find_again(struct replay *replay, struct arena *arena, uint64_t *seq, const char **id)
{
    return db_answer_again(replay->db, arena, seq, id);
}

/* A running digest of a table's rows: rows stream from two connections one after the
 * other, so the tables are compared by digest. */
static enum status add_row(void *context, const void *row, size_t length)
{
    struct digest *digest = context;
    digest_update(digest, row, length);
    return STATUS_OK;
}

static enum status table_digest(struct db *db, size_t table, uint8_t out[DIGEST_BYTES])
{
    struct digest digest;
    digest_init(&digest);
    enum status status = effects_table_rows(db, table, add_row, &digest);
    if (status == STATUS_OK) {
        digest_final(&digest, out);
    }
    return status;
}

enum status replay_compare_schema(struct replay *replay, struct db *db, struct arena *arena, const char **finding)
{
    struct db_finding found = { NULL, 0 };
    enum status status = db_check_schema(db, replay->db, arena, &found);
    *finding = found.text;
    return status;
}

enum status replay_compare(struct replay *replay, struct db *db, struct arena *arena, const char **finding)
{
    *finding = NULL;
    for (size_t i = 0; effects_table_at(i) != NULL; i++) {
        uint8_t ours[DIGEST_BYTES], theirs[DIGEST_BYTES];
        enum status status = table_digest(replay->db, i, ours);
        if (status == STATUS_OK) {
            status = table_digest(db, i, theirs);
        }
        if (status != STATUS_OK) {
            return status;
        }
        if (memcmp(ours, theirs, sizeof ours) != 0) {
            *finding = arena_format(arena, "the table %s does not hold what the ledger says", effects_table_at(i));
            return *finding == NULL ? STATUS_EXHAUSTED : STATUS_OK;
        }
    }
    return STATUS_OK;
}
