/*
 * Verifying a data directory's ledger, streaming. chain.h checks entries, replay.h the
 * state they lead to, db/check.h the sums; here they are brought together.
 */
#include "rules/verify.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "db/answer.h"
#include "db/check.h"
#include "db/db.h"
#include "db/entry.h"
#include "json/scan.h"
#include "ledger/chain.h"
#include "ledger/checkpoint.h"
#include "ledger/commitment.h"
#include "rules/record.h"
#include "rules/replay.h"
#include "rules/request.h"

enum { ENTRIES_PER_STEP = 64, NOTES_MAX = 8 };

/* A checkpoint from elsewhere whose size has not been reached yet. */
struct note {
    struct checkpoint checkpoint;
    bool is_seen;
};

struct verify {
    struct db *db;
    const struct verify_options *options;
    struct verify_report *report;
    struct arena keys_arena, arena;
    struct node_key_row *keys;
    size_t key_count;
    struct chain chain;
    struct replay *replay;
    struct note notes[NOTES_MAX];
    size_t note_count;
    uint64_t size; /* the last entry when the check began */
    uint64_t commitments; /* in the entries' bodies so far */
    uint64_t texts;       /* personal texts, erased ones included */
};

__attribute__((format(printf, 4, 5)))
static void find(struct verify *verify, uint64_t seq, const char *code, const char *format, ...)
{
    struct verify_report *report = verify->report;
    if (!report->is_ok) {
        return; /* the first finding stands */
    }
    report->is_ok = false;
    report->first_broken = seq;
    snprintf(report->code, sizeof report->code, "%s", code);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(report->reason, sizeof report->reason, format, arguments);
    va_end(arguments);
}

/* The key with this id; NULL where there is none that may seal seq. */
static const uint8_t *key_at(const struct verify *verify, const char *id, uint64_t seq)
{
    for (size_t i = 0; id != NULL && i < verify->key_count; i++) {
        const struct node_key_row *key = &verify->keys[i];
        char derived[KEY_ID_BYTES];
        key_id_of(derived, key->public_key);
        if (strcmp(key->id, id) == 0 && strcmp(derived, id) == 0 && key->from_seq <= seq &&
            (key->to_seq == 0 || seq <= key->to_seq)) {
            return key->public_key;
        }
    }
    return NULL;
}

/* Whether text is a checkpoint signed by a key of this ledger; then it is noted. */
static bool take_note(struct verify *verify, const char *text)
{
    struct note *note = &verify->notes[verify->note_count];
    for (size_t k = 0; text[0] != 0 && verify->note_count < NOTES_MAX && k < verify->key_count; k++) {
        if (checkpoint_read(&note->checkpoint, text, strlen(text), verify->keys[k].public_key) == STATUS_OK) {
            note->is_seen = false;
            verify->note_count++;
            return true;
        }
    }
    return false;
}

static void read_notes(struct verify *verify)
{
    const struct verify_options *options = verify->options;
    bool has_anchor = false;
    for (size_t i = 0; i < options->note_count; i++) {
        has_anchor = take_note(verify, options->notes[i]) || has_anchor;
    }
    if (options->expects_anchor && !has_anchor) {
        find(verify, 0, "anchor_missing",
             "the anchor file is missing or holds no checkpoint of this ledger: a ledger that was cut short would not show");
    }
    if (options->checkpoint != NULL && !take_note(verify, options->checkpoint)) {
        find(verify, 0, "checkpoint_foreign", "the checkpoint given is not a note that a key of this ledger signed");
    }
}

static void check_notes(struct verify *verify)
{
    uint8_t root[DIGEST_BYTES];
    for (size_t i = 0; i < verify->note_count; i++) {
        struct note *note = &verify->notes[i];
        if (note->is_seen || note->checkpoint.size != verify->chain.seq) {
            continue;
        }
        note->is_seen = true;
        tree_root(&verify->chain.tree, root);
        if (memcmp(root, note->checkpoint.root, sizeof root) != 0) {
            find(verify, verify->chain.seq, "checkpoint",
                 "the entries up to %" PRIu64 " are not those of a checkpoint that this node signed: history was rewritten",
                 verify->chain.seq);
        }
    }
}

static void check_notes_reached(struct verify *verify)
{
    for (size_t i = 0; i < verify->note_count; i++) {
        const struct note *note = &verify->notes[i];
        if (!note->is_seen && note->checkpoint.size > verify->chain.seq) {
            find(verify, verify->chain.seq + 1, "truncated",
                 "a checkpoint that this node signed has %" PRIu64 " entries, the ledger only %" PRIu64
                 ": entries were cut off or an old copy was put back", note->checkpoint.size, verify->chain.seq);
        }
    }
}

/* Context of the scan for commitments in a body. */
struct commitments {
    struct verify *verify;
    const struct entry_row *row;
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
    memcpy(hex, (const char *)commitments->row->body + value->offset + 1, sizeof hex - 1);
    hex[sizeof hex - 1] = 0;
    verify->commitments++;
    enum status status = db_personal_find(verify->db, &verify->arena, hex, &personal);
    if (status == STATUS_OK && !is_at_home(&personal, commitments->row->seq, value->pointer)) {
        find(verify, commitments->row->seq, "personal",
             "the text behind %s is kept for another entry or another place", value->pointer);
        return STATUS_OK;
    }
    if (status == STATUS_ABSENT || (status == STATUS_OK && personal.text == NULL)) {
        find(verify, commitments->row->seq, "personal_missing",
             "the text behind %s is missing, and no entry says that it was erased", value->pointer);
        return STATUS_OK;
    }
    return status;
}

/* Every answer to a change ends with its receipt. */
static bool has_receipt(const struct answer_receipt *receipt, const struct entry_row *row)
{
    char hex[2 * DIGEST_BYTES + 1], wanted[2 * DIGEST_BYTES + 64];
    text_to_hex(hex, row->hash, DIGEST_BYTES);
    int length = snprintf(wanted, sizeof wanted, "\"ledger\":{\"seq\":%" PRIu64 ",\"entry_hash\":\"%s\"}}", row->seq, hex);
    return receipt->body_length >= (size_t)length &&
        memcmp((const char *)receipt->body + receipt->body_length - (size_t)length, wanted, (size_t)length) == 0;
}

/* What takes the key: without it a retry would be carried out a second time. */
static enum status check_answer(struct verify *verify, const struct entry_row *row)
{
    const struct actor actor = { .organisation = row->organisation, .subject = row->subject };
    struct answer_receipt receipt = { 0, NULL, 0 };
    enum status status = db_answer_receipt(verify->db, &verify->arena, actor_scope(&actor), row->command_id, row->kind,
                                           row->target, &receipt);
    if (status == STATUS_ABSENT || (status == STATUS_OK && receipt.seq != row->seq)) {
        find(verify, row->seq, "answer", "entry %" PRIu64 ": its key %s is not kept, a retry would be done again", row->seq,
             row->command_id);
        return STATUS_OK;
    }
    if (status == STATUS_OK && !has_receipt(&receipt, row)) {
        find(verify, row->seq, "answer", "entry %" PRIu64 ": the answer kept for a retry does not end with the entry's receipt",
             row->seq);
    }
    return status;
}

/* Whether the kind's body is bound by a table that may have personal members; the others are long. */
static bool may_be_personal(const struct entry_row *row)
{
    return strcmp(row->kind, command_kind_name(COMMAND_GENESIS)) != 0 &&
        strcmp(row->kind, command_kind_name(COMMAND_FIGURES_PUT)) != 0;
}

static enum status check_entry(struct verify *verify, const struct entry_row *row)
{
    struct entry entry;
    enum chain_fault fault = CHAIN_SOUND;
    const char *finding = NULL;
    if (row->body == NULL || row->body_stored_length != row->body_length) {
        find(verify, row->seq, chain_fault_code(CHAIN_BODY), "entry %" PRIu64 ": %s", row->seq, chain_fault_text(CHAIN_BODY));
        return STATUS_OK;
    }
    record_entry_of(row, &entry);
    enum status status = chain_check(&verify->chain, &entry, row->hash, row->seal,
                                     key_at(verify, row->seal_key, row->seq), &fault);
    if (status != STATUS_OK) {
        return status;
    }
    if (fault == CHAIN_KEY && row->seal_key == NULL) {
        find(verify, row->seq, chain_fault_code(CHAIN_SEAL), "entry %" PRIu64 ": its seal is missing", row->seq);
        return STATUS_OK;
    }
    if (fault != CHAIN_SOUND) {
        uint64_t expected = verify->chain.seq + 1;
        uint64_t broken = fault == CHAIN_SEQ ? expected : row->seq;
        find(verify, broken, chain_fault_code(fault), "entry %" PRIu64 ": %s", broken, chain_fault_text(fault));
        return STATUS_OK;
    }
    check_notes(verify);
    status = replay_entry(verify->replay, row, &verify->arena, &finding);
    if (status == STATUS_OK && finding != NULL) {
        find(verify, row->seq, "replay", "entry %" PRIu64 ": %s", row->seq, finding);
    }
    struct commitments commitments = { verify, row };
    if (status == STATUS_OK && may_be_personal(row)) {
        status = json_scan(row->body, row->body_length, check_commitment, &commitments);
        status = status == STATUS_INVALID ? STATUS_OK : status; /* replay has found it already */
    }
    return status == STATUS_OK ? check_answer(verify, row) : status;
}

/* The checkpoints of the blocks that end with the entry just checked. */
static enum status check_checkpoint(struct verify *verify, uint64_t height)
{
    struct checkpoint_row *rows = NULL;
    struct checkpoint checkpoint;
    size_t count = 0;
    uint8_t root[DIGEST_BYTES];
    enum status status = db_checkpoint_list(verify->db, &verify->arena, height - 1, 1, &rows, &count);
    if (status != STATUS_OK) {
        return status;
    }
    tree_root(&verify->chain.tree, root);
    bool is_sound = count == 1 && rows[0].height == height && rows[0].size == verify->chain.seq &&
        memcmp(rows[0].root, root, sizeof root) == 0;
    bool is_signed = false;
    for (size_t k = 0; is_sound && k < verify->key_count; k++) {
        is_signed = is_signed || (checkpoint_read(&checkpoint, rows[0].note, strlen(rows[0].note),
                                                  verify->keys[k].public_key) == STATUS_OK &&
                                  checkpoint.size == rows[0].size && memcmp(checkpoint.root, root, sizeof root) == 0);
    }
    if (!is_sound || !is_signed) {
        find(verify, verify->chain.seq, "checkpoint", "the checkpoint of block %" PRIu64 " is missing, altered or not signed",
             height);
    }
    return STATUS_OK;
}

/* One step of entries; *is_last where there are no more. */
static enum status check_step(struct verify *verify, bool *is_last)
{
    struct entry_row *rows = NULL;
    size_t count = 0;
    uint64_t broken = verify->chain.seq + 1;
    arena_reset(&verify->arena);
    /* one more than is checked, to see where a block ends */
    enum status status = db_entry_list(verify->db, &verify->arena, verify->chain.seq, ENTRIES_PER_STEP + 1, &rows, &count,
                                       &broken);
    if (status == STATUS_CORRUPT) {
        find(verify, broken, "column", "entry %" PRIu64 ": a column has a length or a content that no entry has", broken);
        return STATUS_OK;
    }
    if (status != STATUS_OK) {
        return status;
    }
    size_t checked = count > ENTRIES_PER_STEP ? ENTRIES_PER_STEP : count;
    for (size_t i = 0; status == STATUS_OK && verify->report->is_ok && i < checked; i++) {
        status = check_entry(verify, &rows[i]);
        bool ends_block = i + 1 >= count || rows[i + 1].height != rows[i].height;
        if (status == STATUS_OK && verify->report->is_ok && ends_block) {
            status = check_checkpoint(verify, rows[i].height);
        }
    }
    *is_last = count <= ENTRIES_PER_STEP;
    return status;
}

static enum status check_entries(struct verify *verify)
{
    bool is_last = false;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && verify->report->is_ok && !is_last) {
        status = check_step(verify, &is_last);
        if (status == STATUS_OK && verify->options->progress != NULL &&
            !verify->options->progress(verify->options->context, verify->chain.seq, verify->size)) {
            return STATUS_BUSY;
        }
    }
    verify->report->entries = verify->chain.seq;
    memcpy(verify->report->head, verify->chain.head, DIGEST_BYTES);
    tree_root(&verify->chain.tree, verify->report->root);
    if (status == STATUS_OK && verify->chain.seq == 0) {
        find(verify, 1, "seq", "there is no entry, not even the genesis");
    }
    return status;
}

static enum status check_frontier(struct verify *verify)
{
    const void *state = NULL;
    size_t length = 0;
    uint8_t expected[TREE_STATE_BYTES_MAX];
    struct checkpoint_row last;
    enum status status = db_frontier_find(verify->db, &verify->arena, &state, &length);
    if (status != STATUS_OK && status != STATUS_ABSENT) {
        return status;
    }
    size_t expected_length = tree_encode(&verify->chain.tree, expected);
    if (status == STATUS_ABSENT || length != expected_length || memcmp(state, expected, length) != 0) {
        find(verify, 0, "frontier", "the stored frontier of the tree is not that of the entries");
        return STATUS_OK;
    }
    status = db_checkpoint_last(verify->db, &verify->arena, &last);
    if (status == STATUS_OK && (last.size != verify->chain.seq || last.height != verify->chain.height)) {
        find(verify, 0, "checkpoint", "the last checkpoint is not that of the last entry");
    }
    return status == STATUS_ABSENT ? STATUS_OK : status;
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
        find(verify, (uint64_t)row->seq, "personal", "entry %" PRId64 ": the personal text at %s is not the one committed to",
             row->seq, row->pointer);
    }
    return STATUS_OK;
}

/* Personal texts and answers: none altered, none that no entry knows of. */
static enum status check_beside(struct verify *verify)
{
    uint64_t answers = 0;
    enum status status = db_personal_each(verify->db, check_personal, verify);
    if (status == STATUS_OK && verify->texts != verify->commitments) {
        find(verify, 0, "personal", "%" PRIu64 " personal texts are kept, the entries name %" PRIu64, verify->texts,
             verify->commitments);
    }
    if (status == STATUS_OK) {
        status = db_answer_accepted_count(verify->db, &answers);
    }
    if (status == STATUS_OK && answers != verify->chain.seq) {
        find(verify, 0, "answer", "%" PRIu64 " keys are kept as those of accepted commands, there are %" PRIu64 " entries",
             answers, verify->chain.seq);
    }
    return status;
}

static enum status check_state(struct verify *verify)
{
    struct db_finding sums = { NULL, 0 };
    const char *finding = NULL;
    arena_reset(&verify->arena);
    enum status status = check_frontier(verify);
    if (status == STATUS_OK) {
        status = check_beside(verify);
    }
    if (status == STATUS_OK && verify->report->is_ok) {
        status = db_check(verify->db, &verify->arena, &sums);
    }
    if (status == STATUS_OK && sums.text != NULL) {
        find(verify, (uint64_t)sums.seq, "balance", "%s", sums.text);
    }
    if (status == STATUS_OK && verify->report->is_ok) {
        status = replay_compare(verify->replay, verify->db, &verify->arena, &finding);
    }
    if (status == STATUS_OK && finding != NULL) {
        find(verify, 0, "state", "%s", finding);
    }
    if (status == STATUS_OK && verify->report->is_ok) {
        status = replay_compare_schema(verify->replay, verify->db, &verify->arena, &finding);
        if (status == STATUS_OK && finding != NULL) {
            find(verify, 0, "schema", "%s", finding);
        }
    }
    return status;
}

static bool may_go_on(void *context)
{
    const struct verify *verify = context;
    return verify->options->progress(verify->options->context, verify->chain.seq, verify->size);
}

static void watch(struct verify *verify, bool is_on)
{
    if (verify->options->progress != NULL) {
        db_watch(verify->db, is_on ? may_go_on : NULL, verify);
        replay_watch(verify->replay, is_on ? may_go_on : NULL, verify);
    }
}

static enum status check_all(struct verify *verify)
{
    enum status status = db_entry_last(verify->db, &verify->size);
    if (status == STATUS_OK) {
        status = db_node_key_list(verify->db, &verify->keys_arena, &verify->keys, &verify->key_count);
    }
    if (status == STATUS_OK) {
        read_notes(verify);
        status = check_entries(verify);
    }
    if (status == STATUS_OK && verify->report->is_ok) {
        check_notes_reached(verify);
    }
    return status == STATUS_OK && verify->report->is_ok ? check_state(verify) : status;
}

enum status verify_ledger(struct db *db, const struct verify_options *options, struct verify_report *report)
{
    struct verify *verify = calloc(1, sizeof *verify);
    struct verify_report found = { .is_ok = true };
    if (verify == NULL) {
        return STATUS_EXHAUSTED;
    }
    verify->db = db;
    verify->options = options;
    verify->report = &found;
    arena_init(&verify->arena);
    arena_init(&verify->keys_arena);
    chain_init(&verify->chain);
    enum status status = replay_open(&verify->replay);
    if (status == STATUS_OK) {
        status = db_read_begin(db);
    }
    if (status == STATUS_OK) {
        watch(verify, true);
        status = check_all(verify); /* first: it names the entry */
        if (status == STATUS_OK && found.is_ok) {
            status = db_check_integrity(db);
        }
        watch(verify, false);
        db_read_end(db);
    }
    if (status == STATUS_CORRUPT) {
        find(verify, verify->chain.seq + 1, "integrity", "the database file is damaged: it cannot be read any further");
        status = STATUS_OK;
    }
    replay_close(verify->replay);
    arena_fini(&verify->arena);
    arena_fini(&verify->keys_arena);
    free(verify);
    if (status == STATUS_OK) {
        *report = found;
    }
    return status;
}
