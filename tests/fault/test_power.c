/*
 * Loss of power: whatever was acknowledged is there afterwards, nothing is half there, and the ledger goes on as if nothing had been.
 * The story is told once on a disk that takes notes; then, for each step of the disk, what a loss in the middle of it would leave
 * is put before the program. TALLYSTICK_SEED and TALLYSTICK_CASES choose.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "db/db.h"
#include "rules/block.h"
#include "tests/fault/disk_power.h"
#include "tests/fault/story.h"

enum { USUAL_CASES = 220, FEW_PAGES = 10 };

/* The story as it was told on the disk, and how far it was acknowledged at each step. */
struct told {
    struct disk_trace trace;
    size_t steps_at[STORY_BLOCKS]; /* steps done when the block was acknowledged */
};

static struct story story;
static struct story_reference reference;

static int set_up(void **state)
{
    (void)state;
    disk_begin();
    story_begin(&story);
    story_learn(&story, &reference);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    story_forget(&reference);
    story_end(&story);
    return 0;
}

static void clear_disk(void)
{
    const struct disk_image nothing = { NULL, 0 };
    disk_restore(&nothing);
}

/* Each third block is made twice; rows are written long before their commit where there are few pages. */
static void tell(struct told *told, const char *pragma, int cache_pages)
{
    clear_disk();
    story.cache_pages = cache_pages;
    disk_record(&told->trace);
    assert_int_equal(story_open(&story), STATUS_OK);
    story.cache_pages = 0;
    story_execute(&story, pragma);
    for (size_t block = 0; block < STORY_BLOCKS; block++) {
        story.way = block % 3 == 1 ? STORY_TWICE : STORY_UNGUARDED;
        assert_int_equal(story_tell(&story, block, NULL), STORY_DONE);
        told->steps_at[block] = told->trace.count;
        if (block % 4 == 3) {
            assert_int_equal(story_move_log(&story), STATUS_OK);
        }
    }
    story_close(&story);
    story.way = STORY_UNGUARDED;
    disk_record_end();
}

/* The last block acknowledged when step was under way; -1: none. */
static int acknowledged(const struct told *told, size_t step)
{
    int block = -1;
    while (block + 1 < STORY_BLOCKS && told->steps_at[block + 1] <= step) {
        block++;
    }
    return block;
}

/* The power goes again while the program starts after the first loss, at a step of chance's. */
static void lose_again(struct chance *chance)
{
    struct disk_trace trace;
    struct disk_image left;
    disk_record(&trace);
    assert_int_equal(story_open(&story), STATUS_OK);
    story_close(&story);
    disk_record_end();
    disk_lose_power(&trace, chance_below(chance, trace.count + 1), LOSS_OF_SOME, chance, &left);
    disk_restore(&left);
    disk_image_free(&left);
    disk_trace_free(&trace);
}

/* What is left is put before the program. Returns whether all that was acknowledged is there; whatever else is due is asserted. */
static bool survives(const struct told *told, size_t step, enum disk_loss loss, bool twice, struct chance *chance)
{
    struct disk_image left;
    int known = acknowledged(told, step);
    disk_lose_power(&told->trace, step, loss, chance, &left);
    disk_restore(&left);
    disk_image_free(&left);
    if (twice) {
        lose_again(chance);
    }
    assert_int_equal(story_open(&story), STATUS_OK);
    int reached = story_block_reached(&story, &reference); /* nothing half done: it is one that there was */
    bool is_there = reached >= known || (known >= 0 && reference.seq[reached >= 0 ? reached : 0] == reference.seq[known] && reached >= 0);
    assert_true(reached <= known + 1);
    if (known >= 0 && is_there) {
        story_expect_answers(&story, (size_t)known, &reference);
    }
    if (reached >= 0) {
        story_close(&story);
        story_expect_whole(&story, reference.note[is_there && known >= 0 ? known : reached]);
        assert_int_equal(story_open(&story), STATUS_OK);
    }
    /* whatever was not acknowledged is sent again, under its key */
    story_tell_from(&story, (size_t)(is_there && known > reached ? known : reached) + 1, NULL);
    assert_string_equal(executor_checkpoint(story.executor), reference.note[STORY_BLOCKS - 1]);
    story_close(&story);
    return is_there;
}

/* Loses power at so many steps, 0: at each in each way. Returns after how many of them something acknowledged was gone. */
static size_t lose(const struct told *told, size_t cases, struct chance *chance)
{
    static const enum disk_loss losses[] = { LOSS_OF_ALL, LOSS_OF_SOME, LOSS_OF_LAST };
    size_t lost = 0, all = (told->trace.count + 1) * 3;
    for (size_t i = 0; i < (cases > 0 ? cases : all); i++) {
        size_t at = cases > 0 ? chance_below(chance, all) : i;
        enum disk_loss loss = losses[at % 3];
        if (!survives(told, at / 3, loss, cases > 0 && i % 4 == 0, chance)) {
            lost++;
        }
    }
    return lost;
}

static void test_nothing_acknowledged_is_lost(void **state)
{
    (void)state;
    struct told told = { .steps_at = { 0 } };
    struct chance chance = { chance_seed() };
    tell(&told, "PRAGMA synchronous", chance_below(&chance, 2) == 0 ? FEW_PAGES : 0);
    size_t cases = chance_cases(USUAL_CASES);
    assert_int_equal(lose(&told, cases, &chance), 0);
    printf("# %zu steps of the disk, power lost %zu times\n", told.trace.count, cases > 0 ? cases : 3 * (told.trace.count + 1));
    disk_trace_free(&told.trace);
}

/* The same on a database that does not sync its commits: were nothing lost there, the test above would prove nothing. */
static void test_without_syncing_something_is(void **state)
{
    (void)state;
    struct told told = { .steps_at = { 0 } };
    struct chance chance = { chance_seed() };
    tell(&told, "PRAGMA synchronous=NORMAL", 0);
    size_t lost = lose(&told, 40, &chance);
    printf("# with synchronous=NORMAL something acknowledged was gone after %zu of 40 losses of power\n", lost);
    assert_true(lost > 0);
    disk_trace_free(&told.trace);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_acknowledged_is_lost), cmocka_unit_test(test_without_syncing_something_is),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
