/*
 * A disk that fails: the n-th write, the n-th sync, the n-th truncation, the n-th read, for every n until nothing fails any more. What
 * cannot be done is said, by the status that is due; what a failed sync leaves is unknown and stops the writing, not the reading;
 * whatever it was, a new start has all that was acknowledged and goes on as if nothing had been. TALLYSTICK_CASES=0 does it in
 * every block of the story; else chance chooses some.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/db.h"
#include "db/entry.h"
#include "rules/block.h"
#include "tests/fault/chance.h"
#include "tests/fault/disk.h"
#include "tests/fault/story.h"

enum { FAULTS_MAX = 100000, USUAL_CASES = 6, FEW_PAGES = 10 };

static struct story story;
static struct story_reference reference;
static struct disk_image before[STORY_BLOCKS]; /* the disk before each block, closed; 0: nothing */
static struct disk_image open_log;             /* the disk of a program that was killed: most of it in the log */
static struct chance chance;
static bool is_thorough;                       /* every case to its end */

static int set_up(void **state)
{
    (void)state;
    disk_begin();
    story_begin(&story);
    assert_int_equal(story_open(&story), STATUS_OK);
    story_tell_from(&story, 0, &reference);
    disk_save(&open_log);
    story_close(&story);
    story_expect_whole(&story, reference.note[STORY_BLOCKS - 1]);
    disk_restore(&before[0]);
    for (size_t block = 0; block + 1 < STORY_BLOCKS; block++) {
        assert_int_equal(story_open(&story), STATUS_OK);
        assert_int_equal(story_tell(&story, block, NULL), STORY_DONE);
        story_close(&story);
        disk_save(&before[block + 1]);
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t block = 0; block < STORY_BLOCKS; block++) {
        disk_image_free(&before[block]);
    }
    disk_image_free(&open_log);
    story_forget(&reference);
    story_end(&story);
    return 0;
}

static const char *note_before(size_t block)
{
    return block > 0 ? reference.note[block - 1] : "";
}

/* Reading goes on: all that was acknowledged before the block is there. */
static void expect_reads(size_t block)
{
    struct db *reader = NULL;
    uint64_t seq = 0;
    if (block == 0) {
        return;
    }
    assert_int_equal(db_open_reader(story.path, &reader), STATUS_OK);
    assert_int_equal(db_entry_last(reader, &seq), STATUS_OK);
    assert_int_equal(seq, reference.seq[block - 1]);
    db_close(reader);
}

/* What the statuses of a fault may be: a full disk is told from one that fails. */
static void expect_status(const struct disk_plan *plan)
{
    if (story.faults > 0) {
        assert_int_equal(story.last_fault, plan->trouble == DISK_EIO ? STATUS_IO : STATUS_EXHAUSTED);
    }
}

/* The block on a disk that fails. Returns whether it is done; the executor is open, and the disk well, afterwards. */
static bool tell_in_trouble(size_t block, const struct disk_plan *plan)
{
    enum story_end end = story_tell(&story, block, NULL);
    expect_status(plan);
    if (end == STORY_NOTHING) {
        assert_string_equal(executor_checkpoint(story.executor), note_before(block));
        expect_reads(plan->call == DISK_READ && plan->stays ? 0 : block);
        end = story_tell(&story, block, NULL); /* the fault may be over */
        assert_true(plan->stays || end == STORY_DONE);
    }
    if (end == STORY_NOTHING) { /* once it is, writing goes on without a new start */
        disk_plan(NULL);
        end = story_tell(&story, block, NULL);
        assert_int_equal(end, STORY_DONE);
    }
    if (end == STORY_UNKNOWN) {
        expect_reads(plan->call == DISK_READ && plan->stays ? 0 : block);
        disk_plan(NULL); /* a disk that is well again proves nothing about what it lost */
        assert_int_equal(story_tell(&story, block, NULL), STORY_UNKNOWN);
        assert_int_equal(story.last_fault, STATUS_IO);
        expect_reads(block);
    }
    return end == STORY_DONE;
}

/* A new start: all that was acknowledged is there, and the story goes on to the same end. Not always, which takes its time. */
static void expect_new_start(size_t done)
{
    bool is_followed = is_thorough || chance_below(&chance, 4) == 0;
    disk_plan(NULL);
    assert_int_equal(story_open(&story), STATUS_OK);
    int reached = story_block_reached(&story, &reference);
    assert_true(reached + 1 >= (int)done || reference.seq[reached] == reference.seq[done - 1]);
    assert_true(reached <= (int)done);
    size_t next = (size_t)(reached + 1) > done ? (size_t)(reached + 1) : done;
    if (done > 0) {
        story_expect_answers(&story, done - 1, &reference);
    }
    if (is_followed) {
        story_tell_from(&story, next, NULL);
        assert_string_equal(executor_checkpoint(story.executor), reference.note[STORY_BLOCKS - 1]);
    }
    story_close(&story);
    if (is_followed) {
        story_expect_whole(&story, reference.note[STORY_BLOCKS - 1]);
    }
}

/* One block, a look at the log, and the end, while the disk fails at one call. Returns whether anything failed. */
static bool fail_in_block(size_t block, const struct disk_plan *plan)
{
    disk_restore(&before[block]);
    if (block > 0) {
        assert_int_equal(story_open(&story), STATUS_OK);
    }
    disk_plan(plan);
    bool is_open = block > 0 || story_open(&story) == STATUS_OK; /* the first start is part of the trouble */
    bool is_done = is_open && tell_in_trouble(block, plan);
    if (is_open) {
        enum status status = story_move_log(&story); /* may fail: what it was to move stays in the log */
        assert_true(status == STATUS_OK || disk_has_failed());
        story_close(&story);
    }
    bool has_failed = disk_has_failed() || story.faults > 0;
    expect_new_start(block + (is_done ? 1 : 0));
    return has_failed || !is_done;
}

/* A start on what a killed program left: a log to take over. */
static bool fail_in_start(size_t block, const struct disk_plan *plan)
{
    (void)block;
    disk_restore(&open_log);
    disk_plan(plan);
    enum status status = story_open(&story);
    bool has_failed = disk_has_failed();
    assert_true(status == STATUS_OK || has_failed);
    assert_true(status == STATUS_OK || status == (plan->trouble == DISK_EIO ? STATUS_IO : STATUS_EXHAUSTED));
    if (status == STATUS_OK) {
        assert_string_equal(executor_checkpoint(story.executor), reference.note[STORY_BLOCKS - 1]);
        story_close(&story);
    }
    expect_new_start(STORY_BLOCKS);
    return has_failed;
}

/* Every n until nothing fails; where one is not thorough, about every stride-th. */
static size_t fail_at_each(bool (*goes_wrong)(size_t block, const struct disk_plan *plan), size_t block, struct disk_plan plan, size_t stride)
{
    size_t step = is_thorough ? 1 : 2 * stride * CHANCE_SLOWER - 1;
    for (plan.at = 1; plan.at < FAULTS_MAX; plan.at += 1 + chance_below(&chance, step)) {
        if (!goes_wrong(block, &plan)) {
            return plan.at - 1;
        }
    }
    fail_msg("it never succeeds");
    return 0;
}

static const struct {
    const char *name;
    struct disk_plan plan;
} troubles[] = {
    { "write: EIO", { DISK_WRITE, DISK_EIO, 0, false } },
    { "write: EIO from then on", { DISK_WRITE, DISK_EIO, 0, true } },
    { "write: ENOSPC", { DISK_WRITE, DISK_FULL, 0, false } },
    { "write: ENOSPC from then on", { DISK_WRITE, DISK_FULL, 0, true } },
    { "write: half of it, then ENOSPC", { DISK_WRITE, DISK_SHORT, 0, false } },
    { "write: half of each, then ENOSPC", { DISK_WRITE, DISK_SHORT, 0, true } },
    { "sync: EIO", { DISK_SYNC, DISK_EIO, 0, false } },
    { "sync: EIO from then on", { DISK_SYNC, DISK_EIO, 0, true } },
    { "truncate: EIO", { DISK_TRUNCATE, DISK_EIO, 0, false } },
    { "read: EIO", { DISK_READ, DISK_EIO, 0, false } },
    { "read: EIO from then on", { DISK_READ, DISK_EIO, 0, true } },
};

enum { TROUBLES = sizeof troubles / sizeof *troubles };

/* In one case of two with so little memory that rows are written to the disk long before their commit. */
static void trouble(size_t which, size_t block, size_t way)
{
    story.way = (enum story_way)way;
    story.cache_pages = chance_below(&chance, 2) == 0 ? FEW_PAGES : 0;
    size_t faults = fail_at_each(fail_in_block, block, troubles[which].plan, 1);
    printf("# block %zu, %s, way %zu, %d pages: %zu\n", block, troubles[which].name, way, story.cache_pages, faults);
    story.way = STORY_UNGUARDED;
    story.cache_pages = 0;
}

static void test_a_disk_that_fails_in_a_block(void **state)
{
    (void)state;
    chance.state = chance_seed();
    size_t cases = chance_cases(USUAL_CASES);
    is_thorough = cases == 0;
    const size_t all = (size_t)TROUBLES * STORY_BLOCKS * STORY_WAYS;
    for (size_t i = 0; i < (is_thorough ? all : cases); i++) {
        size_t at = is_thorough ? i : chance_below(&chance, all);
        trouble(at % TROUBLES, at / TROUBLES % STORY_BLOCKS, at / TROUBLES / STORY_BLOCKS);
    }
}

/* A read that fails while a key is looked up lets SQLite give up the whole transaction. It went unseen: what came next in the block
 * was written without one, command by command, and remained when the block did not. */
static void test_a_block_that_begins_with_a_known_key(void **state)
{
    (void)state;
    const struct disk_plan plan = { DISK_READ, DISK_EIO, 0, false };
    is_thorough = true;
    assert_true(fail_at_each(fail_in_block, 8, plan, 1) > 10);
}

/* A commit that finds the log very long moves it into the database, and is done before that. So a disk that fails then was the secret of
 * SQLite's own way to do so: the writing went on behind a failed sync. */
static void test_a_commit_that_cannot_move_the_log(void **state)
{
    static const enum disk_call calls[] = { DISK_WRITE, DISK_SYNC };
    size_t told = 0;
    (void)state;
    is_thorough = false;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        struct disk_plan plan = { calls[i], DISK_EIO, 1, false };
        for (bool has_failed = true; has_failed; plan.at++) {
            disk_restore(&before[2]);
            assert_int_equal(story_open(&story), STATUS_OK);
            story_shorten_log(&story);
            disk_plan(&plan);
            enum story_end end = story_tell(&story, 2, NULL);
            enum status moved = db_take_moved(story.db);
            has_failed = disk_has_failed();
            assert_int_equal(moved, has_failed && end == STORY_DONE ? STATUS_IO : STATUS_OK);
            assert_true(has_failed || end == STORY_DONE);
            assert_int_equal(db_take_moved(story.db), STATUS_OK);
            told += moved == STATUS_IO;
            story_close(&story);
            expect_new_start(end == STORY_DONE ? 3 : 2);
        }
    }
    assert_true(told > 3);
}

static void test_a_disk_that_fails_at_the_start(void **state)
{
    (void)state;
    is_thorough = chance_cases(1) == 0;
    for (size_t i = 0; i < TROUBLES; i++) {
        printf("# at the start, %s: %zu\n", troubles[i].name, fail_at_each(fail_in_start, 0, troubles[i].plan, 1));
    }
}

/* Verifying on a disk that cannot be read, or has no room for the copy of the state: it could not be checked, which is no finding. */
static bool fail_in_verify(size_t block, const struct disk_plan *plan)
{
    struct verify_report report = { .is_ok = false };
    (void)block;
    disk_plan(plan);
    enum status status = story_verify(&story, reference.note[STORY_BLOCKS - 1], &report);
    bool has_failed = disk_has_failed();
    disk_plan(NULL);
    if (status == STATUS_OK) {
        assert_true(report.is_ok);
    } else {
        assert_true(has_failed);
        assert_int_equal(status, plan->trouble == DISK_EIO ? STATUS_IO : STATUS_EXHAUSTED);
    }
    return has_failed;
}

static void test_a_disk_that_fails_while_it_is_verified(void **state)
{
    (void)state;
    disk_restore(&open_log);
    chance.state = chance_seed();
    is_thorough = chance_cases(1) == 0;
    for (size_t i = 0; i < TROUBLES; i++) {
        if (is_thorough || (!troubles[i].plan.stays && troubles[i].plan.trouble != DISK_SHORT)) {
            printf("# verified, %s: %zu\n", troubles[i].name, fail_at_each(fail_in_verify, 0, troubles[i].plan, 3));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_disk_that_fails_in_a_block), cmocka_unit_test(test_a_block_that_begins_with_a_known_key),
        cmocka_unit_test(test_a_commit_that_cannot_move_the_log),
        cmocka_unit_test(test_a_disk_that_fails_at_the_start), cmocka_unit_test(test_a_disk_that_fails_while_it_is_verified),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
