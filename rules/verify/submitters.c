/*
 * Keys are found by their ids in buckets of lists that grow at their front and are never changed otherwise.
 */
#include "rules/verify/submitters.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "rules/command.h"
#include "rules/decode.h"
#include "rules/request.h"
#include "rules/signed_entry.h"

/* Ids are hexadecimal digits of hashes; what is none falls somewhere. */
static size_t bucket_of(const char *id)
{
    int high = text_hex_digit(id[0]), low = id[0] != 0 ? text_hex_digit(id[1]) : -1;
    return high < 0 || low < 0 ? 0 : (size_t)(high * 16 + low);
}

static const struct verify_submitter *find(const struct verify *verify, const char *id)
{
    const struct verify_submitter *key = verify->submitters[bucket_of(id)];
    while (key != NULL && strcmp(key->id, id) != 0) {
        key = key->next;
    }
    return key;
}

static enum status note(struct verify *verify, const struct key_add_request *request)
{
    struct verify_submitter *key = arena_alloc(&verify->keys_arena, sizeof *key);
    size_t bucket = bucket_of(request->id);
    if (key == NULL) {
        return STATUS_EXHAUSTED;
    }
    memcpy(key->id, request->id, sizeof key->id);
    memcpy(key->public_key, request->public_key, sizeof key->public_key);
    if (submitter_key_read(&key->key, key->public_key) == STATUS_OK) {
        key->next = verify->submitters[bucket];
        verify->submitters[bucket] = key;
    }
    return STATUS_OK;
}

/* What cannot be read is passed over: settling finds it. */
static enum status note_key(struct verify *verify, const struct entry_row *row)
{
    struct signed_entry entry;
    struct signed_finding finding = { NULL, NULL };
    struct command command = { .kind = COMMAND_ORGANISATION_KEY_ADD, .target = row->target, .id = row->command_id, .new_id = "" };
    struct faults *faults = arena_alloc(&verify->arena, sizeof *faults);
    if (faults == NULL) {
        return STATUS_EXHAUSTED;
    }
    faults_init(faults, &verify->arena);
    enum status status = signed_read_entry(row, NULL, &verify->arena, &entry, &finding);
    if (status == STATUS_OK) {
        status = command_decode(&command, BIND_COMMITTED, entry.body, entry.body_length, &verify->arena, faults);
    }
    if (status == STATUS_OK) {
        status = note(verify, command.request);
    }
    command_fini(&command);
    return status == STATUS_INVALID ? STATUS_OK : status;
}

enum status verify_submitter_prepare(struct verify *verify, const struct entry_row *row, struct verify_work *work)
{
    bool has_body = row->body != NULL && row->body_stored_length == row->body_length;
    work->submitter = row->submitter_alg[0] != 0 ? find(verify, row->submitter_key) : NULL;
    return has_body && strcmp(row->kind, command_kind_name(COMMAND_ORGANISATION_KEY_ADD)) == 0 ? note_key(verify, row) : STATUS_OK;
}

static bool is_good(const struct entry_row *row, const struct submitter_key *key)
{
    uint8_t digest[DIGEST_BYTES];
    if (row->submitter_sig_length != KEY_SIGNATURE_BYTES) {
        return false;
    }
    digest_bytes(digest, row->body, row->body_stored_length);
    return submitter_verify(key, digest, row->submitter_sig) == STATUS_OK;
}

enum verify_signature verify_submitter_check(const struct entry_row *row, const struct verify_work *work)
{
    if (work->submitter == NULL || !work->has_body) {
        return VERIFY_SIGNATURE_UNKNOWN;
    }
    return is_good(row, &work->submitter->key) ? VERIFY_SIGNATURE_GOOD : VERIFY_SIGNATURE_BAD;
}

/* The pool's word where it had the key that the state says; else a look of our own. */
static bool is_settled_good(const struct entry_row *row, const struct verify_work *work, const struct replay_result *result)
{
    struct submitter_key key;
    if (work->submitted != VERIFY_SIGNATURE_UNKNOWN &&
        memcmp(work->submitter->public_key, result->submitter_key, sizeof result->submitter_key) == 0) {
        return work->submitted == VERIFY_SIGNATURE_GOOD;
    }
    return submitter_key_read(&key, result->submitter_key) == STATUS_OK && is_good(row, &key);
}

void verify_submitter_settle(struct verify *verify, const struct entry_row *row, const struct verify_work *work,
                             const struct replay_result *result)
{
    if (is_settled_good(row, work, result)) {
        verify->report->signatures++;
    } else {
        verify_find(verify, row->seq, "submitter_signature",
                    "entry %" PRIu64 ": the submitter's signature is not one of the key %s over what the entry holds", row->seq,
                    row->submitter_key);
    }
}
