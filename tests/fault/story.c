/*
 * Telling the story's commands to the executor as the sequencer does. What they are: story_told.c.
 */
#include "tests/fault/story.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "base/text.h"
#include "db/db.h"
#include "db/entry.h"
#include "db/statement.h"
#include "handlers/present.h"
#include "ledger/key_file.h"
#include "ledger/signer.h"
#include "rules/answer_keys.h"
#include "rules/block.h"
#include "tests/fault/room.h"
#include "tests/fault/story_told.h"

enum { START_MS = 1700000000 };

static const uint8_t answer_key[ANSWER_KEY_BYTES] = { 0xa };

void story_begin(struct story *story)
{
    static const uint8_t secret[KEY_SECRET_BYTES] = { 0xa, 0xce, 0xd5 }, seed[ED25519_SEED_BYTES] = { 5 }, submitter[KEY_SECRET_BYTES] = { 7 };
    struct key *key = NULL;
    *story = (struct story){ .db = NULL };
    int failed = scratch_make(story->dir);
    assert(failed == 0);
    snprintf(story->path, sizeof story->path, "%s/t.db", story->dir);
    enum status status = key_library_open();
    assert(status == STATUS_OK);
    status = key_from_secret(secret, seed, &key);
    assert(status == STATUS_OK);
    status = signer_of_key(key, &story->signer);
    assert(status == STATUS_OK);
    status = key_from_secret(submitter, NULL, &story->submitter);
    assert(status == STATUS_OK);
    status = answer_keys_open(&story->answer_keys);
    assert(status == STATUS_OK);
    answer_keys_add(story->answer_keys, 1, answer_key);
}

void story_end(struct story *story)
{
    story_close(story);
    signer_close(story->signer);
    answer_keys_close(story->answer_keys);
    key_free(story->submitter);
    int failed = scratch_remove(story->dir);
    assert(failed == 0);
}

/* As ever; but that the story may have chosen a command that is out of luck: its rows are written by then. */
static enum status present(void *context, struct db *db, const struct command *command, const struct outcome *outcome,
                           struct arena *arena, struct answer *answer)
{
    struct story *story = context;
    if (story->unlucky != NULL && strcmp(command->id, story->unlucky) == 0 && outcome->kind != OUTCOME_REFUSED) {
        story->unlucky = NULL;
        story->is_out_of_luck = true;
        return STATUS_EXHAUSTED;
    }
    return present_answers.present(present_answers.context, db, command, outcome, arena, answer);
}

enum status story_open(struct story *story)
{
    assert(story->db == NULL);
    const struct presenter presenter = { present, story };
    story->faults = 0;
    enum status status = db_open_writer(story->path, &story->db);
    if (status == STATUS_OK && story->cache_pages > 0) {
        char text[64];
        snprintf(text, sizeof text, "PRAGMA cache_size=%d", story->cache_pages);
        status = sqlite3_exec(story->db->handle, text, NULL, NULL, NULL) == SQLITE_OK ? STATUS_OK : STATUS_IO;
    }
    if (status == STATUS_OK) {
        status = executor_open(&story->executor, story->db, story->signer, &presenter, story->answer_keys);
    }
    if (status != STATUS_OK) {
        story_close(story);
    }
    return status;
}

void story_close(struct story *story)
{
    executor_close(story->executor);
    db_close(story->db);
    story->executor = NULL;
    story->db = NULL;
}

/* What an answer that is due must be; keeps it in the reference where there is none yet. A refusal may be there already, from a block
 * that was not acknowledged. */
static void expect_answer(const struct told *told, const struct answer *answer, char **kept)
{
    bool is_repeated = (told->how & TOLD_AGAIN) != 0, may_be_repeated = is_repeated || told->status >= 400;
    if (answer->status != told->status || answer->is_replayed > may_be_repeated || answer->is_replayed < is_repeated) {
        fprintf(stderr, "%s of block %zu: %d%s: %.*s\n", told->id, told->block, answer->status, answer->is_replayed ? " again" : "",
                (int)answer->body.length, answer->body.bytes);
        abort();
    }
    if (kept != NULL && *kept == NULL) {
        *kept = room_copy(answer->body.bytes, answer->body.length);
    }
    assert(kept == NULL || (strlen(*kept) == answer->body.length && memcmp(*kept, answer->body.bytes, answer->body.length) == 0));
}

static bool is_fault(struct story *story, enum status status)
{
    if (status != STATUS_OK) {
        story->faults++;
        story->last_fault = status;
    }
    return status != STATUS_OK;
}

/* One command, and once more where a fault came in between. False: the block is lost, or the fault stays. */
static bool deliver_in_spite(struct story *story, const struct told *told, char **kept)
{
    bool is_done = false, is_lost = false;
    for (int attempt = 0; !is_done && !is_lost && attempt < 2; attempt++) {
        struct answer answer;
        answer_init(&answer);
        enum status status = told_deliver(story, told, &answer, &is_lost);
        is_done = status == STATUS_OK;
        assert(!is_lost || !story->is_guarded || !db_is_in_transaction(story->db)); /* else the guard has held */
        if (is_done) {
            expect_answer(told, &answer, kept);
        } else if (story->is_out_of_luck) {
            story->is_out_of_luck = false;
            assert(is_lost);
        } else {
            (void)is_fault(story, status);
        }
        answer_fini(&answer);
    }
    return is_done;
}

/* The block's commands inside an open block. */
static bool deliver_all(struct story *story, size_t block, struct story_reference *fill)
{
    size_t index = 0;
    for (size_t i = 0; i < STORY_COMMANDS; i++) {
        if (story_commands[i].block == block) {
            if (!deliver_in_spite(story, &story_commands[i], fill != NULL ? &fill->answer[block][index] : NULL)) {
                return false;
            }
            index++;
        }
    }
    return true;
}

/* The last command of the block that is accepted; NULL: none is. */
static const char *last_accepted(size_t block)
{
    const char *id = NULL;
    for (size_t i = 0; i < STORY_COMMANDS; i++) {
        const struct told *told = &story_commands[i];
        if (told->block == block && told->status < 400 && (told->how & TOLD_AGAIN) == 0) {
            id = told->id;
        }
    }
    return id;
}

static bool make(struct story *story, size_t block, struct story_reference *fill, bool is_guarded)
{
    bool was_failed = executor_is_failed(story->executor);
    enum status status = (is_guarded ? block_begin : block_begin_unguarded)(story->executor, START_MS + (int64_t)block * 1000);
    if (is_fault(story, status)) {
        assert(executor_is_failed(story->executor) == was_failed);
        return false;
    }
    assert(!was_failed);
    story->is_guarded = is_guarded;
    if (!deliver_all(story, block, fill)) {
        story_abandon(story);
        return false;
    }
    return true;
}

bool story_deliver(struct story *story, size_t block, struct story_reference *fill)
{
    story->unlucky = story->way == STORY_TWICE ? last_accepted(block) : NULL;
    bool is_open = story->way != STORY_GUARDED && make(story, block, fill, false);
    assert(!is_open || story->unlucky == NULL);
    if (!is_open && !executor_is_failed(story->executor)) {
        story->unlucky = NULL;
        is_open = make(story, block, fill, true);
    }
    return is_open;
}

void story_abandon(struct story *story)
{
    uint64_t before = executor_seq(story->executor);
    block_abandon(story->executor);
    assert(executor_seq(story->executor) == before && !executor_is_failed(story->executor));
}

enum story_end story_commit(struct story *story, size_t block, struct story_reference *fill)
{
    uint8_t root[DIGEST_BYTES];
    uint64_t before = executor_seq(story->executor);
    if (is_fault(story, block_end(story->executor, root))) {
        story_abandon(story);
        return STORY_NOTHING;
    }
    enum status status = block_commit(story->executor);
    bool is_failed = executor_is_failed(story->executor);
    assert(!is_failed || status != STATUS_OK);
    assert(is_failed || status == STATUS_OK || status == STATUS_EXHAUSTED);
    if (is_fault(story, status)) {
        assert(executor_seq(story->executor) == before);
        return is_failed ? STORY_UNKNOWN : STORY_NOTHING;
    }
    if (fill != NULL) {
        snprintf(fill->note[block], sizeof fill->note[block], "%s", executor_checkpoint(story->executor));
        fill->seq[block] = executor_seq(story->executor);
    }
    return STORY_DONE;
}

enum story_end story_tell(struct story *story, size_t block, struct story_reference *fill)
{
    if (!story_deliver(story, block, fill)) {
        return executor_is_failed(story->executor) ? STORY_UNKNOWN : STORY_NOTHING;
    }
    return story_commit(story, block, fill);
}

enum status story_move_log(struct story *story)
{
    return executor_take_erased(story->executor) ? db_checkpoint_truncate(story->db) : db_checkpoint(story->db);
}

void story_tell_from(struct story *story, size_t block, struct story_reference *fill)
{
    for (; block < STORY_BLOCKS; block++) {
        enum story_end end = story_tell(story, block, fill);
        assert(end == STORY_DONE);
        if (block % 4 == 3) {
            enum status status = story_move_log(story);
            assert(status == STATUS_OK);
        }
    }
}

void story_learn(struct story *story, struct story_reference *reference)
{
    memset(reference, 0, sizeof *reference);
    enum status status = story_open(story);
    assert(status == STATUS_OK);
    story_tell_from(story, 0, reference);
    story_close(story);
    story_expect_whole(story, reference->note[STORY_BLOCKS - 1]);
}

void story_forget(struct story_reference *reference)
{
    for (size_t block = 0; block < STORY_BLOCKS; block++) {
        for (size_t i = 0; i < STORY_COMMANDS_MAX; i++) {
            free(reference->answer[block][i]);
        }
    }
}

void story_expect_answers(struct story *story, size_t block, const struct story_reference *reference)
{
    size_t index = 0;
    enum status status = block_begin(story->executor, START_MS + (int64_t)block * 1000);
    assert(status == STATUS_OK);
    for (size_t i = 0; i < STORY_COMMANDS; i++) {
        if (story_commands[i].block == block) {
            struct answer answer;
            bool is_lost = false;
            struct told again = story_commands[i];
            again.how |= again.status == 403 ? 0 : TOLD_AGAIN; /* which is not kept */
            answer_init(&answer);
            status = told_deliver(story, &story_commands[i], &answer, &is_lost);
            assert(status == STATUS_OK);
            char *kept = reference->answer[block][index++];
            expect_answer(&again, &answer, (again.how & TOLD_FORGOTTEN) != 0 ? NULL : &kept);
            answer_fini(&answer);
        }
    }
    block_abandon(story->executor);
}

int story_block_reached(const struct story *story, const struct story_reference *reference)
{
    const char *note = executor_checkpoint(story->executor);
    for (int block = 0; block < STORY_BLOCKS; block++) {
        if (strcmp(reference->note[block], note) == 0) {
            assert(executor_seq(story->executor) == reference->seq[block]);
            return block;
        }
    }
    assert(note[0] == 0 && executor_seq(story->executor) == 0);
    return -1;
}

enum status story_verify(const struct story *story, const char *note, struct verify_report *report)
{
    struct db *db = NULL;
    struct answer_key_row row = { .first = 1, .is_bound = true };
    struct verify_options options = { .notes = &note, .note_count = 1, .expects_anchor = true, .answer_keys = &row, .answer_key_count = 1 };
    enum status status = db_open_reader(story->path, &db);
    memcpy(row.key, answer_key, sizeof row.key);
    if (status == STATUS_OK && db_entry_hash(db, 1, row.hash) == STATUS_OK) {
        status = verify_ledger(db, &options, report);
        db_close(db);
    } else if (status == STATUS_OK) { /* verify says what is wrong */
        status = verify_ledger(db, &options, report);
        db_close(db);
    }
    return status;
}

void story_expect_whole(const struct story *story, const char *note)
{
    struct verify_report report;
    enum status status = story_verify(story, note, &report);
    if (status != STATUS_OK || !report.is_ok) {
        fprintf(stderr, "verify: %s, %s %s\n", status_name(status), status == STATUS_OK ? report.code : "",
                status == STATUS_OK ? report.reason : "");
        abort();
    }
}

void story_shorten_log(struct story *story)
{
    story->db->wal_pages = 1;
}

void story_execute(struct story *story, const char *sql)
{
    int code = sqlite3_exec(story->db->handle, sql, NULL, NULL, NULL);
    assert(code == SQLITE_OK);
}
