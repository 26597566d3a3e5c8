/*
 * Verifying a data directory's ledger, streaming: the order of things. What is looked at in which order stands in
 * parts.h, with the other parts.
 */
#include "rules/verify/verify.h"

#include <stdlib.h>
#include <string.h>

#include "db/answer.h"
#include "db/check.h"
#include "db/db.h"
#include "rules/verify/beside.h"
#include "rules/verify/checkpoints.h"
#include "rules/verify/database.h"
#include "rules/verify/entries.h"
#include "rules/verify/keys.h"
#include "rules/verify/mark.h"
#include "rules/verify/parts.h"
#include "rules/verify/tiles.h"

/* What rests on all entries: the sums, the state that they make, and the schema that it stands in. */
static enum status check_state(struct verify *verify)
{
    struct db_finding sums = { NULL, 0 };
    const char *finding = NULL;
    enum status status = db_check(verify->db, &verify->arena, &sums);
    if (status == STATUS_OK && sums.text != NULL) {
        verify_find(verify, (uint64_t)sums.seq, "balance", "%s", sums.text);
    }
    if (status == STATUS_OK && verify->report->is_ok) {
        status = replay_compare(verify->replay, verify->db, &verify->arena, &finding);
    }
    if (status == STATUS_OK && finding != NULL) {
        verify_find(verify, 0, "state", "%s", finding);
    }
    if (status == STATUS_OK && verify->report->is_ok) {
        status = replay_compare_schema(verify->replay, verify->db, &verify->arena, &finding);
        if (status == STATUS_OK && finding != NULL) {
            verify_find(verify, 0, "schema", "%s", finding);
        }
    }
    if (status == STATUS_OK && verify->report->is_ok) {
        status = db_check_integrity(verify->db);
    }
    return status;
}

/* What the entries' end must be like. */
static enum status check_end(struct verify *verify)
{
    arena_reset(&verify->arena);
    verify_notes_reached(verify);
    enum status status = verify->report->is_ok ? verify_frontier(verify) : STATUS_OK;
    if (status == STATUS_OK && verify->report->is_ok) {
        status = verify_tiles_end(verify);
    }
    if (status == STATUS_OK && verify->report->is_ok) {
        status = verify_beside(verify);
    }
    if (status == STATUS_OK && verify->report->is_ok && verify->replay != NULL) {
        status = check_state(verify);
    }
    if (status == STATUS_OK && verify->report->is_ok) {
        verify_notes_end(verify);
    }
    return status;
}

static void watch(struct verify *verify, bool is_on)
{
    if (verify->options->progress != NULL) {
        db_watch(verify->db, is_on ? verify_may_go_on : NULL, verify);
        if (verify->replay != NULL) {
            replay_watch(verify->replay, is_on ? verify_may_go_on : NULL, verify);
        }
    }
}

/* The entries from the mark on, or all of them with the state that they make. */
static enum status begin(struct verify *verify)
{
    enum status status = db_entry_last(verify->db, &verify->size);
    if (status == STATUS_OK) {
        status = verify_keys_read(verify);
    }
    if (status == STATUS_OK) {
        verify_notes_read(verify);
        status = verify_mark_begin(verify);
    }
    if (status == STATUS_OK) {
        status = db_answer_has_index(verify->db, &verify->has_answer_index);
    }
    if (status == STATUS_OK && !verify->has_answer_index && verify->chain.seq > 0) {
        verify_find(verify, 0, "schema", "the index answer_by_key is missing"); /* of all, the state's comparison tells it */
    }
    if (status == STATUS_OK && verify->options->answer_key_count > 0) {
        status = answer_keys_open(&verify->answer_keys);
        status = status != STATUS_OK ? status : answer_keys_take(verify->answer_keys, verify->db, verify->options->answer_keys,
                                                                 verify->options->answer_key_count);
    }
    return status == STATUS_OK && verify->chain.seq == 0 ? replay_open(&verify->replay) : status;
}

/* The entries first: they name what is broken. */
static enum status check_all(struct verify *verify)
{
    watch(verify, true);
    enum status status = verify_entries(verify);
    if (status == STATUS_OK && verify->report->is_ok) {
        status = check_end(verify);
    }
    watch(verify, false);
    if (status == STATUS_OK && verify->report->is_ok && verify->replay != NULL) {
        verify->report->whole = verify->chain.seq;
    }
    if (status == STATUS_OK && verify->report->is_ok && verify->options->reached != NULL) {
        status = verify_mark_take(verify, verify->options->reached);
        status = status == STATUS_ABSENT ? STATUS_OK : status;
    }
    return status;
}

enum status verify_ledger(struct db *db, const struct verify_options *options, struct verify_report *report)
{
    struct verify *verify = calloc(1, sizeof *verify);
    struct verify_report found = { .is_ok = true, .first = 1 };
    if (verify == NULL) {
        return STATUS_EXHAUSTED;
    }
    verify->db = db;
    verify->source = verify_database(db);
    verify->options = options;
    verify->report = &found;
    arena_init(&verify->arena);
    arena_init(&verify->keys_arena);
    chain_init(&verify->chain);
    enum status status = parallel_open(options->threads, options->is_quiet, &verify->parallel);
    if (status == STATUS_OK) {
        status = db_read_begin(db);
    }
    if (status == STATUS_OK) {
        status = begin(verify);
        if (status == STATUS_OK) {
            status = check_all(verify);
        }
        db_read_end(db);
    }
    if (status == STATUS_CORRUPT) {
        verify_find(verify, verify->chain.seq + 1, "integrity", "the database file is damaged: it cannot be read any further");
        status = STATUS_OK;
    }
    answer_keys_close(verify->answer_keys);
    replay_close(verify->replay);
    parallel_close(verify->parallel);
    arena_fini(&verify->arena);
    arena_fini(&verify->keys_arena);
    free(verify);
    if (status == STATUS_OK) {
        *report = found;
    }
    return status;
}
