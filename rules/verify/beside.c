/*
 * What a database keeps beside the entries: the texts behind their commitments, and the answers that take their keys.
 */
#include "rules/verify/beside.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "db/answer.h"
#include "db/privacy.h"
#include "json/scan.h"
#include "ledger/commitment.h"
#include "rules/command.h"
#include "rules/verify/parts.h"

/* Context of the scan for commitments in a body. */
struct commitments {
    struct verify *verify;
    const struct entry_row *row;
    const char *body; /* the command's */
};

/* Whether the row says where in the entry its commitment stands: at its pointer, with the member's name behind it. */
static bool is_at_home(const struct personal_row *personal, uint64_t seq, const char *pointer)
{
    size_t length = strlen(personal->pointer);
    return personal->seq == (int64_t)seq && strncmp(pointer, personal->pointer, length) == 0 &&
        strcmp(pointer + length, "/commitment") == 0;
}

/* Whether a JSON Pointer ends in the commitment of a personal member. */
static enum status check_commitment(void *context, const struct scan_value *value)
{
    struct commitments *commitments = context;
    struct verify *verify = commitments->verify;
    char hex[COMMITMENT_HEX_BYTES];
    struct personal_row personal = { NULL, 0, NULL, NULL, NULL };
    if (value->kind != '"' || strcmp(value->member, "commitment") != 0 || value->length != sizeof hex + 1) {
        return STATUS_OK;
    }
    memcpy(hex, commitments->body + value->offset + 1, sizeof hex - 1);
    hex[sizeof hex - 1] = 0;
    verify->commitments++;
    enum status status = db_personal_find_in(verify->db, &verify->arena, commitments->row->seq, hex, &personal);
    if (status == STATUS_ABSENT) { /* then it is kept for another entry, or not at all */
        status = db_personal_find(verify->db, &verify->arena, hex, &personal);
    }
    if (status == STATUS_OK && !is_at_home(&personal, commitments->row->seq, value->pointer)) {
        verify_find(verify, commitments->row->seq, "personal",
                    "the text behind %s is kept for another entry or another place", value->pointer);
        return STATUS_OK;
    }
    if (status != STATUS_OK && status != STATUS_ABSENT) {
        return status;
    }
    const bool has_text = status == STATUS_OK && personal.text != NULL;
    const bool has_row = status == STATUS_OK;
    int64_t erased_by = 0;
    status = db_erasure_find(verify->db, &verify->arena, hex, &erased_by);
    if (status == STATUS_OK) {
        if (has_text || !has_row) {
            verify_find(verify, commitments->row->seq, "personal",
                        has_text ? "the text behind %s was erased by entry %" PRId64 ", and is still there"
                                 : "the row behind %s, whose text entry %" PRId64 " erased, is missing", value->pointer, erased_by);
        }
        return STATUS_OK;
    }
    if (status == STATUS_ABSENT && !has_text) {
        verify_find(verify, commitments->row->seq, "personal_missing",
                    "the text behind %s is missing, and no entry says that it was erased", value->pointer);
    }
    return status == STATUS_ABSENT ? STATUS_OK : status;
}

/* Every answer to a change ends with its receipt. */
static bool has_receipt(const struct answer_row *answer, const struct entry_row *row)
{
    char hex[2 * DIGEST_BYTES + 1], wanted[2 * DIGEST_BYTES + 64];
    text_to_hex(hex, row->hash, DIGEST_BYTES);
    int length = snprintf(wanted, sizeof wanted, "\"ledger\":{\"seq\":%" PRIu64 ",\"entry_hash\":\"%s\"}}", row->seq, hex);
    return answer->body_length >= (size_t)length &&
        memcmp((const char *)answer->body + answer->body_length - (size_t)length, wanted, (size_t)length) == 0;
}

/* Whether the key remembers the command of the entry, and that it was accepted. */
static bool takes_key(const struct answer_row *answer, const struct entry_row *row)
{
    return answer->seq == (int64_t)row->seq && strcmp(answer->kind, row->kind) == 0 && strcmp(answer->target, row->target) == 0 &&
        answer->status >= 200 && answer->status <= 299;
}

/* Whether it is as the service made it. */
static enum status check_unaltered(struct verify *verify, const struct answer_row *answer, uint64_t seq)
{
    enum answer_fit fit = ANSWER_UNKNOWN;
    enum status status = answer_keys_check(verify->answer_keys, verify->db, answer, &fit);
    if (status == STATUS_OK && fit == ANSWER_ALTERED) {
        verify_find(verify, seq, "answer", "entry %" PRIu64 ": the answer kept for a retry was altered, or put back from before an erasure, or "
                    "node.db is an older one than the ledger", seq);
    }
    verify->report->unchecked_answers += status == STATUS_OK && fit == ANSWER_UNKNOWN;
    return status;
}

static void find_again(struct verify *verify, uint64_t seq, const char *key)
{
    verify_find(verify, seq, "command_id", "entry %" PRIu64 ": " REPLAY_AGAIN, seq, key);
}

/* Whether the entry is one of the same sender's with the same key. */
static enum status is_such(struct verify *verify, int64_t seq, const struct entry_row *row, bool *is)
{
    struct entry_command other;
    const struct actor actor = { .organisation = row->organisation, .subject = row->subject };
    enum status status = db_entry_command(verify->db, &verify->arena, seq, &other);
    *is = false;
    if (status == STATUS_OK) {
        const struct actor its = { .organisation = other.organisation, .subject = other.subject };
        *is = strcmp(other.id, row->command_id) == 0 && strcmp(actor_scope(&its), actor_scope(&actor)) == 0;
    }
    return status == STATUS_ABSENT ? STATUS_OK : status;
}

static enum status check_once(struct verify *verify, const struct entry_row *row)
{
    int64_t elsewhere = 0;
    bool is_again = false;
    const struct actor actor = { .organisation = row->organisation, .subject = row->subject };
    enum status status = db_answer_elsewhere(verify->db, row->seq, actor_scope(&actor), row->command_id, &elsewhere);
    if (status == STATUS_ABSENT) {
        return STATUS_OK;
    }
    if (status == STATUS_CORRUPT) {
        verify_find(verify, 0, "answer", "kept answers name entries that there cannot be");
        return STATUS_OK;
    }
    if (status == STATUS_OK) {
        status = is_such(verify, elsewhere, row, &is_again);
    }
    if (status == STATUS_OK && is_again) {
        find_again(verify, (uint64_t)elsewhere > row->seq ? (uint64_t)elsewhere : row->seq, row->command_id);
    } else if (status == STATUS_OK) {
        verify_find(verify, row->seq, "answer", "entry %" PRIu64 ": a second answer is kept under its key %s", row->seq, row->command_id);
    }
    return status;
}

/* What takes the key: without it a retry would be carried out a second time. */
static enum status check_answer(struct verify *verify, const struct entry_row *row)
{
    const struct actor actor = { .organisation = row->organisation, .subject = row->subject };
    struct answer_row answer;
    if (!verify->has_answer_index) {
        return STATUS_OK; /* which is told in the end: without it each look would go through all answers */
    }
    enum status status = db_answer_of_entry(verify->db, &verify->arena, row->seq, actor_scope(&actor), row->command_id, &answer);
    if (status == STATUS_ABSENT || (status == STATUS_OK && !takes_key(&answer, row))) {
        verify_find(verify, row->seq, "answer", "entry %" PRIu64 ": its key %s is not kept, a retry would be done again", row->seq,
                    row->command_id);
        return STATUS_OK;
    }
    if (status == STATUS_OK && !has_receipt(&answer, row)) {
        verify_find(verify, row->seq, "answer", "entry %" PRIu64 ": the answer kept for a retry does not end with the entry's receipt",
                    row->seq);
        return STATUS_OK;
    }
    if (status == STATUS_OK && verify->replay == NULL) {
        status = check_once(verify, row); /* of all together at the end, else */
    }
    return status == STATUS_OK ? check_unaltered(verify, &answer, row->seq) : status;
}

/* Whether the kind's body is bound by a table that may have personal members; the others are long. */
static bool may_be_personal(const struct entry_row *row)
{
    return strcmp(row->kind, command_kind_name(COMMAND_GENESIS)) != 0 &&
        strcmp(row->kind, command_kind_name(COMMAND_FIGURES_PUT)) != 0;
}

enum status verify_entry_beside(struct verify *verify, const struct entry_row *row, const char *body, size_t body_length)
{
    enum status status = STATUS_OK;
    struct commitments commitments = { verify, row, body };
    if (may_be_personal(row) && body != NULL) { /* replay has found it where there is none */
        status = json_scan(body, body_length, check_commitment, &commitments);
        status = status == STATUS_INVALID ? STATUS_OK : status; /* replay has found it already */
    }
    return status == STATUS_OK ? check_answer(verify, row) : status;
}

static enum status check_personal(void *context, const struct personal_row *row)
{
    struct verify *verify = context;
    uint8_t commitment[DIGEST_BYTES];
    char hex[COMMITMENT_HEX_BYTES];
    verify->texts++;
    if (row->text == NULL) {
        return STATUS_OK; /* reported with the entry that commits to it */
    }
    commitment_make(commitment, row->salt, row->text, strlen(row->text));
    text_to_hex(hex, commitment, sizeof commitment);
    if (strcmp(hex, row->commitment) != 0) {
        verify_find(verify, (uint64_t)row->seq, "personal", "entry %" PRId64 ": the personal text at %s is not the one committed to",
                    row->seq, row->pointer);
    }
    return STATUS_OK;
}

/* Each entry has an answer under its key, so that two of one key are two answers. */
static enum status check_all_once(struct verify *verify)
{
    uint64_t seq = 0;
    const char *key = "";
    enum status status = db_answer_again(verify->db, &verify->arena, &seq, &key);
    if (status == STATUS_OK) {
        find_again(verify, seq, key);
    }
    return status == STATUS_ABSENT ? STATUS_OK : status;
}

enum status verify_beside(struct verify *verify)
{
    uint64_t answers = 0;
    enum status status = db_personal_each(verify->db, verify->replay != NULL ? INT64_MIN : (int64_t)verify->report->first, check_personal, verify);
    if (status == STATUS_OK && verify->texts != verify->commitments) {
        verify_find(verify, 0, "personal", "%" PRIu64 " personal texts are kept, the entries name %" PRIu64, verify->texts,
                    verify->commitments);
    }
    if (status != STATUS_OK || verify->replay == NULL) {
        return status; /* counting them would take as long as reading them */
    }
    status = db_answer_accepted_count(verify->db, &answers);
    if (status == STATUS_OK && answers != verify->chain.seq) {
        verify_find(verify, 0, "answer", "%" PRIu64 " keys are kept as those of accepted commands, there are %" PRIu64 " entries",
                    answers, verify->chain.seq);
    }
    return status == STATUS_OK && verify->report->is_ok ? check_all_once(verify) : status;
}
