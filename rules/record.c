/*
 * The bridge between a command and the ledger's rows. Canonical bytes: ledger/entry.h.
 */
#include "rules/record.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "db/answer.h"
#include "db/entry.h"
#include "db/privacy.h"
#include "db/signing.h"
#include "ledger/submitter.h"
#include "ledger/tree.h"
#include "rules/answer_keys.h"

enum status record_check_rules(const struct entry_head *head)
{
    if (head->rules_version > ENTRY_RULES_VERSION) {
        log_error("ledger", "seq=%" PRIu64 " rules_version=%" PRIu64 " the last entry was made by a newer version of the program, which knows other "
                  "rules: start that one", head->seq, (uint64_t)head->rules_version);
        return STATUS_CORRUPT;
    }
    return STATUS_OK;
}

static void fill_row(const struct record *record, struct entry_row *row)
{
    const struct command *command = record->command;
    *row = (struct entry_row){
        .seq = record->seq, .height = record->height, .time_ms = record->time_ms,
        .rules_version = ENTRY_RULES_VERSION, .kind = command_kind_name(command->kind), .target = command->target,
        .command_id = command->id, .new_id = command->new_id, .organisation = command->actor.organisation,
        .role = role_name(command->actor.role), .subject = command->actor.subject, .submitter_key = "",
        .submitter_alg = "", .body_length = command->body_length, .body = command->body, .submitter_sig = "",
    };
    const struct command_signature *signature = command->signature;
    if (signature != NULL) {
        row->submitter_key = signature->key;
        row->submitter_alg = SUBMITTER_ALGORITHM;
        row->submitter_sig = signature->bytes;
        row->submitter_sig_length = sizeof signature->bytes;
        row->body = signature->input;
        row->body_length = signature->input_length;
    }
    row->body_stored_length = row->body_length;
    memcpy(row->previous_hash, record->previous_hash, DIGEST_BYTES);
    memcpy(row->effects, record->effects, DIGEST_BYTES);
    digest_bytes(row->body_digest, row->body, row->body_length);
}

void record_entry_of(const struct entry_row *row, struct entry *entry)
{
    *entry = (struct entry){
        .seq = row->seq, .height = row->height, .time_ms = row->time_ms, .rules_version = row->rules_version,
        .kind = row->kind, .target = row->target, .command_id = row->command_id, .new_id = row->new_id,
        .organisation = row->organisation, .role = row->role, .subject = row->subject,
        .submitter_key = row->submitter_key, .submitter_alg = row->submitter_alg, .body_length = row->body_length,
        .body = row->body, .submitter_sig = row->submitter_sig, .submitter_sig_length = row->submitter_sig_length,
    };
    memcpy(entry->previous_hash, row->previous_hash, DIGEST_BYTES);
    memcpy(entry->body_digest, row->body_digest, DIGEST_BYTES);
    memcpy(entry->effects, row->effects, DIGEST_BYTES);
}

static enum status write_personal(struct db *db, const struct command *command, uint64_t seq)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < command->personal_count; i++) {
        const struct command_personal *personal = &command->personal[i];
        char hex[COMMITMENT_HEX_BYTES];
        text_to_hex(hex, personal->commitment, DIGEST_BYTES);
        assert(memcmp(command->body + personal->hex_offset, hex, sizeof hex - 1) == 0);
        struct personal_row row = { hex, (int64_t)seq, personal->pointer, personal->salt, personal->text };
        status = db_personal_insert(db, &row);
    }
    return status;
}

enum status record_write(struct db *db, const struct record *record, uint8_t hash[DIGEST_BYTES], uint8_t leaf[DIGEST_BYTES])
{
    struct entry_row row;
    struct entry entry;
    struct buffer bytes;
    uint8_t leaf_hash[DIGEST_BYTES];
    buffer_init(&bytes);
    fill_row(record, &row);
    record_entry_of(&row, &entry);
    entry_encode(&entry, &bytes);
    if (bytes.failed) {
        buffer_fini(&bytes);
        return STATUS_EXHAUSTED;
    }
    digest_bytes(row.hash, bytes.bytes, bytes.length);
    tree_leaf_hash(leaf_hash, bytes.bytes, bytes.length);
    buffer_fini(&bytes);
    enum status status = db_entry_insert(db, &row, LIMIT_BODY_INLINE);
    if (status == STATUS_OK) {
        status = write_personal(db, record->command, record->seq);
    }
    if (status == STATUS_OK) {
        memcpy(hash, row.hash, DIGEST_BYTES);
        memcpy(leaf, leaf_hash, DIGEST_BYTES);
    }
    return status;
}

/* What tells a retry from another request: a salted digest, since the request's texts may be personal. owner: the command's, of which what
 * an earlier version of the program kept knows nothing. */
static void fingerprint(const struct command *command, const char *owner, const uint8_t *salt, uint8_t out[DIGEST_BYTES])
{
    struct digest digest;
    digest_init(&digest);
    digest_update(&digest, salt, DB_ANSWER_SALT_BYTES);
    if (owner != NULL) {
        digest_update(&digest, owner, strlen(owner) + 1);
    }
    digest_update(&digest, command->submitted, command->submitted_length);
    digest_final(&digest, out);
}

static enum status fill_answer(const struct answer_row *row, struct answer *answer)
{
    if (strlen(row->location) >= sizeof answer->location || strlen(row->etag) >= sizeof answer->etag) {
        return STATUS_CORRUPT;
    }
    answer->status = (int)row->status;
    answer->seq = (uint64_t)row->seq;
    answer->is_replayed = true;
    answer->is_problem = row->status >= 400;
    memcpy(answer->location, row->location, strlen(row->location) + 1);
    memcpy(answer->etag, row->etag, strlen(row->etag) + 1);
    buffer_reset(&answer->body);
    buffer_append(&answer->body, row->body, row->body_length);
    return answer->body.failed ? STATUS_EXHAUSTED : STATUS_OK;
}

static bool has_print(const struct command *command, const struct answer_row *row)
{
    uint8_t print[DIGEST_BYTES];
    fingerprint(command, command->owner, row->salt, print);
    if (memcmp(print, row->fingerprint, sizeof print) == 0) {
        return true;
    }
    fingerprint(command, NULL, row->salt, print);
    return memcmp(print, row->fingerprint, sizeof print) == 0;
}

/* Whether an accepted body says what this one says: all but the commitments' digits byte for byte, and each text that is still there. */
static enum status compare_bodies(struct db *db, struct arena *arena, const struct command *command, const struct entry_row *entry, bool *is_same)
{
    enum { DIGITS = COMMITMENT_HEX_BYTES - 1 };
    const char *body = entry->body;
    size_t from = 0;
    enum status status = STATUS_OK;
    *is_same = body != NULL && command->body_length == entry->body_stored_length;
    for (size_t i = 0; status == STATUS_OK && *is_same && i < command->personal_count; i++) {
        const struct command_personal *personal = &command->personal[i];
        const char *digits = body + personal->hex_offset;
        assert(personal->hex_offset >= from && personal->hex_offset + DIGITS <= command->body_length);
        *is_same = memcmp(command->body + from, body + from, personal->hex_offset - from) == 0;
        from = personal->hex_offset + DIGITS;
        if (*is_same) {
            struct personal_row kept;
            const char *commitment = arena_format(arena, "%.*s", (int)DIGITS, digits);
            status = commitment == NULL ? STATUS_EXHAUSTED : db_personal_find_in(db, arena, entry->seq, commitment, &kept);
            *is_same = status == STATUS_OK && (kept.text == NULL || strcmp(kept.text, personal->text) == 0);
            status = status == STATUS_ABSENT ? STATUS_OK : status;
        }
    }
    if (status == STATUS_OK && *is_same) {
        *is_same = memcmp(command->body + from, body + from, command->body_length - from) == 0;
    }
    return status;
}

/* Whether a key is the organisation's that the path names, which no entry tells, as the fingerprint would. */
static enum status compare_owner(struct db *db, struct arena *arena, const struct command *command, bool *is_same)
{
    struct organisation_key key;
    enum status status = db_organisation_key_find(db, arena, command->target, &key);
    *is_same = status == STATUS_OK && strcmp(key.organisation, command->owner) == 0;
    return status == STATUS_ABSENT ? STATUS_OK : status;
}

/*
 * The same of an answer whose fingerprint was taken away with a text of its request (scrub.c): what the entry still has of the request is
 * compared, so that whoever knows the key alone is not told the other texts.
 */
static enum status compare_entry(struct db *db, struct arena *arena, const struct command *command, const struct answer_row *row, bool *is_same)
{
    struct entry_row *entries = NULL;
    size_t count = 0;
    uint64_t broken = 0;
    const struct command_signature *signature = command->signature;
    enum status status = db_entry_list(db, arena, (uint64_t)row->seq - 1, 1, &entries, &count, &broken);
    if (status != STATUS_OK) {
        return status;
    }
    *is_same = true;
    if (command->owner != NULL) {
        status = compare_owner(db, arena, command, is_same);
    }
    if (status != STATUS_OK || !*is_same) {
        return status;
    }
    *is_same = false;
    if (count != 1 || entries[0].seq != (uint64_t)row->seq || (signature != NULL) != (entries[0].submitter_alg[0] != 0)) {
        return STATUS_OK;
    }
    if (signature != NULL) {
        *is_same = signature->input_length == entries[0].body_stored_length &&
                   memcmp(signature->input, entries[0].body, signature->input_length) == 0;
        return STATUS_OK;
    }
    return compare_bodies(db, arena, command, &entries[0], is_same);
}

static bool is_forgotten(const struct answer_row *row)
{
    static const uint8_t forgotten[DIGEST_BYTES];
    return memcmp(row->fingerprint, forgotten, sizeof forgotten) == 0;
}

/* Whether a refusal is none any more: it has lapsed, or an earlier version of the program took its fingerprint (it is dropped with it now). */
static bool is_void(const struct answer_row *row, int64_t lapsed_ms)
{
    return row->seq == 0 && (row->time_ms < lapsed_ms || is_forgotten(row));
}

static enum status compare_request(struct db *db, struct arena *arena, const struct command *command, const struct answer_row *row, bool *is_same)
{
    if (is_forgotten(row)) {
        return compare_entry(db, arena, command, row, is_same);
    }
    *is_same = has_print(command, row);
    return STATUS_OK;
}

/* Whether the entry that an accepted answer names tells of its command: else it could name one of before there were MACs. One that is not there
 * yet is none of those. What names none is a refusal. */
static enum status names_its_entry(struct db *db, struct arena *arena, const struct answer_row *row, bool *does)
{
    struct entry_command entry;
    *does = row->seq > 0 || (row->seq == 0 && row->status >= 400);
    enum status status = row->seq > 0 ? db_entry_command(db, arena, row->seq, &entry) : STATUS_ABSENT;
    if (status == STATUS_OK) {
        const struct actor actor = { .organisation = entry.organisation, .subject = entry.subject };
        *does = strcmp(entry.id, row->key) == 0 && strcmp(entry.kind, row->kind) == 0 && strcmp(entry.target, row->target) == 0 &&
                strcmp(actor_scope(&actor), row->scope) == 0;
    }
    return status == STATUS_ABSENT ? STATUS_OK : status;
}

/* Nobody is told what somebody wrote into the file in the place of an answer. */
static enum status check_unaltered(struct db *db, struct arena *arena, const struct answer_keys *keys, const struct answer_row *row)
{
    enum answer_fit fit = ANSWER_UNKNOWN;
    bool does = false;
    enum status status = names_its_entry(db, arena, row, &does);
    if (status == STATUS_OK) {
        status = answer_keys_check(keys, db, row, &fit);
    }
    if (status == STATUS_OK && (fit == ANSWER_ALTERED || !does)) {
        log_error("answer", "seq=%" PRId64 " the answer kept for a retry was altered: run verify", row->seq);
        status = STATUS_CORRUPT;
    }
    return status;
}

enum status record_find_answer(struct db *db, struct arena *arena, const struct answer_keys *keys, const struct command *command,
                               int64_t lapsed_ms, enum record_match *match, struct answer *answer)
{
    struct answer_row row;
    *match = RECORD_NEW;
    enum status status = db_answer_find(db, arena, actor_scope(&command->actor), command->id, &row);
    if (status == STATUS_ABSENT || (status == STATUS_OK && is_void(&row, lapsed_ms))) {
        return STATUS_OK;
    }
    if (status != STATUS_OK) {
        return status;
    }
    status = check_unaltered(db, arena, keys, &row);
    if (status != STATUS_OK) {
        return status;
    }
    bool is_same = strcmp(row.kind, command_kind_name(command->kind)) == 0 && strcmp(row.target, command->target) == 0;
    if (is_same) {
        status = compare_request(db, arena, command, &row, &is_same);
    }
    if (status != STATUS_OK) {
        return status;
    }
    if (!is_same) {
        *match = RECORD_OTHER;
        return STATUS_OK;
    }
    status = fill_answer(&row, answer);
    if (status == STATUS_OK) {
        *match = RECORD_SAME;
    }
    return status;
}

enum status record_answer(struct db *db, const struct answer_keys *keys, const struct command *command, const struct answer *answer,
                          int64_t time_ms)
{
    struct answer_row row = {
        .scope = actor_scope(&command->actor), .key = command->id, .kind = command_kind_name(command->kind),
        .target = command->target, .time_ms = time_ms, .seq = (int64_t)answer->seq, .status = answer->status,
        .location = answer->location, .etag = answer->etag, .body = answer->body.bytes,
        .body_length = answer->body.length,
    };
    enum status status = random_bytes(row.salt, sizeof row.salt);
    if (status != STATUS_OK) {
        return status;
    }
    fingerprint(command, command->owner, row.salt, row.fingerprint);
    answer_keys_seal(keys, &row);
    return db_answer_insert(db, &row);
}
