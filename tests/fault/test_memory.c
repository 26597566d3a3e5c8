/*
 * Memory that is not there: the n-th allocation fails, for every n until none fails any more. Commands are refused by 507 or done, and
 * nothing in between; a check that could not be made is no finding; nothing crashes, and where the sanitizer looks, nothing is lost.
 *
 * The linker turns each call of malloc, calloc, realloc and strdup in our archives into one of those below (--wrap), those that we
 * make for jansson too; SQLite is told to take them. TALLYSTICK_CASES=0: every n, but in verifying, where it is every eighth; else
 * about every so-manieth where there are many.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "base/arena.h"
#include "db/db.h"
#include "rules/block.h"
#include "rules/command.h"
#include "rules/decode.h"
#include "tests/fault/chance.h"
#include "tests/fault/disk.h"
#include "tests/fault/story.h"

enum { OPEN_STRIDE = 40, VERIFY_STRIDE = 120, VERIFY_STRIDE_THOROUGH = 8 };

static atomic_size_t left; /* allocations until the one that fails; 0: none does */
static atomic_bool has_failed;

static bool is_out(void)
{
    size_t now = atomic_load(&left);
    while (now > 0 && !atomic_compare_exchange_weak(&left, &now, now - 1)) {
    }
    if (now == 1) {
        atomic_store(&has_failed, true);
    }
    return now == 1;
}

static void lack(size_t at)
{
    atomic_store(&has_failed, false);
    atomic_store(&left, at);
}

static bool has_lacked(void)
{
    atomic_store(&left, 0);
    return atomic_load(&has_failed);
}

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *old, size_t bytes);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *old, size_t bytes);
char *__wrap_strdup(const char *text);

void *__wrap_malloc(size_t bytes)
{
    return is_out() ? NULL : __real_malloc(bytes);
}

void *__wrap_calloc(size_t count, size_t bytes)
{
    return is_out() ? NULL : __real_calloc(count, bytes);
}

void *__wrap_realloc(void *old, size_t bytes)
{
    return is_out() ? NULL : __real_realloc(old, bytes);
}

char *__wrap_strdup(const char *text)
{
    return is_out() ? NULL : __real_strdup(text);
}

static sqlite3_mem_methods sqlite_memory;

static void *sqlite_malloc(int bytes)
{
    return is_out() ? NULL : sqlite_memory.xMalloc(bytes);
}

static void *sqlite_realloc(void *old, int bytes)
{
    return is_out() ? NULL : sqlite_memory.xRealloc(old, bytes);
}

static struct story story;
static struct story_reference reference;
static struct chance chance;
static bool is_thorough;

static int set_up(void **state)
{
    (void)state;
    int code = sqlite3_config(SQLITE_CONFIG_GETMALLOC, &sqlite_memory);
    sqlite3_mem_methods ours = sqlite_memory;
    ours.xMalloc = sqlite_malloc;
    ours.xRealloc = sqlite_realloc;
    code = code == SQLITE_OK ? sqlite3_config(SQLITE_CONFIG_MALLOC, &ours) : code;
    assert_int_equal(code, SQLITE_OK);
    disk_begin();
    story_begin(&story);
    story_learn(&story, &reference);
    chance.state = chance_seed();
    is_thorough = chance_cases(1) == 0;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    story_forget(&reference);
    story_end(&story);
    return 0;
}

/* The next n. */
static size_t further(size_t stride)
{
    return is_thorough || stride == 1 ? 1 : 1 + chance_below(&chance, 2 * stride - 1);
}

static const char *note_before(size_t block)
{
    return block > 0 ? reference.note[block - 1] : "";
}

/* Delivering the block's commands, with each of its allocations failing once; what fails is delivered again at once. The block is
 * given up each time, so that the next one finds what this one found. */
static size_t lack_in_commands(size_t block)
{
    bool failed = true;
    size_t n = 0;
    while (failed) {
        n += further(CHANCE_SLOWER);
        story.faults = 0;
        lack(n);
        bool is_open = story_deliver(&story, block, NULL);
        failed = has_lacked();
        if (story.faults > 0) {
            assert_int_equal(story.last_fault, STATUS_EXHAUSTED);
        }
        assert_true(failed || story.faults == 0); /* a fault that SQLite or jansson could do without is none */
        assert_true(is_open || story.faults > 0);
        if (is_open) {
            story_abandon(&story);
        }
        assert_string_equal(executor_checkpoint(story.executor), note_before(block));
    }
    return n - 1;
}

/* Ending the block and committing it. What is undone is delivered again; where the outcome is unknown, a new start tells it. */
static size_t lack_in_commit(size_t block)
{
    size_t n = 0;
    struct disk_image before;
    story_close(&story);
    disk_save(&before);
    for (bool failed = true; failed;) {
        n++;
        disk_restore(&before);
        assert_int_equal(story_open(&story), STATUS_OK);
        assert_true(story_deliver(&story, block, NULL));
        lack(n);
        enum story_end end = story_commit(&story, block, NULL);
        failed = has_lacked();
        if (end == STORY_NOTHING) {
            assert_true(failed);
            assert_int_equal(story.last_fault, STATUS_EXHAUSTED);
            assert_int_equal(story_tell(&story, block, NULL), STORY_DONE);
        } else if (end == STORY_UNKNOWN) {
            story_close(&story);
            assert_int_equal(story_open(&story), STATUS_OK);
            if (strcmp(executor_checkpoint(story.executor), reference.note[block]) != 0) {
                assert_string_equal(executor_checkpoint(story.executor), note_before(block));
                assert_int_equal(story_tell(&story, block, NULL), STORY_DONE);
            }
        }
        assert_string_equal(executor_checkpoint(story.executor), reference.note[block]);
        if (failed) {
            story_close(&story);
        }
    }
    disk_image_free(&before);
    return n - 1;
}

static void test_commands_without_memory(void **state)
{
    (void)state;
    const struct disk_image nothing = { NULL, 0 };
    size_t commands = 0, commits = 0;
    disk_restore(&nothing);
    assert_int_equal(story_open(&story), STATUS_OK);
    for (size_t block = 0; block < STORY_BLOCKS; block++) {
        for (size_t way = is_thorough ? 0 : chance_below(&chance, STORY_WAYS); way < STORY_WAYS; way += is_thorough ? 1 : STORY_WAYS) {
            story.way = (enum story_way)way;
            commands += lack_in_commands(block);
        }
        commits += lack_in_commit(block); /* the last time it is done */
    }
    story_close(&story);
    story_expect_whole(&story, reference.note[STORY_BLOCKS - 1]);
    printf("# allocations that failed in commands: %zu, in commits: %zu\n", commands, commits);
    assert_true(commands > 1000 && commits > STORY_BLOCKS);
}

static void test_a_start_without_memory(void **state)
{
    (void)state;
    size_t n = 0, failures = 0;
    for (bool failed = true; failed;) {
        n += further(OPEN_STRIDE * CHANCE_SLOWER);
        lack(n);
        enum status status = story_open(&story);
        failed = has_lacked();
        failures += failed;
        assert_true(status == STATUS_OK || (failed && status == STATUS_EXHAUSTED));
        if (status == STATUS_OK) {
            assert_string_equal(executor_checkpoint(story.executor), reference.note[STORY_BLOCKS - 1]);
            lack(1 + chance_below(&chance, 20)); /* the end does not need any */
            story_close(&story);
            has_lacked();
        }
    }
    story_expect_whole(&story, reference.note[STORY_BLOCKS - 1]);
    printf("# %zu of %zu allocations of a start failed\n", failures, n - 1);
}

static void test_verifying_without_memory(void **state)
{
    (void)state;
    size_t n = 0, failures = 0;
    for (bool failed = true; failed;) {
        struct verify_report report = { .is_ok = false };
        n += is_thorough ? VERIFY_STRIDE_THOROUGH : further(VERIFY_STRIDE * CHANCE_SLOWER);
        lack(n);
        enum status status = story_verify(&story, reference.note[STORY_BLOCKS - 1], &report);
        failed = has_lacked();
        failures += failed;
        if (status == STATUS_OK && !report.is_ok) {
            fail_msg("allocation %zu failed, and the ledger is said to be broken: %s, %s", n, report.code, report.reason);
        }
        assert_true(status == STATUS_OK || (failed && status == STATUS_EXHAUSTED));
    }
    printf("# %zu of %zu allocations of a verification failed\n", failures, n - 1);
}

/* Bodies with faults, which are many things to tell. */
static void test_bodies_without_memory(void **state)
{
    (void)state;
    static const struct {
        enum command_kind kind;
        const char *body;
    } rows[] = {
        { COMMAND_SUPPLY_INTAKE, "{\"site\":5,\"item\":\"\",\"quantity\":-1,\"source\":\"x\",\"more\":1,\"note\":\"a\",\"note\":\"b\"}" },
        { COMMAND_TRANSFER_CREATE, "{\"lines\":[{\"supply\":\"a\"},{\"quantity\":1.5},7],\"note\":{\"commitment\":\"no\"}}" },
        { COMMAND_FIGURES_PUT, "{\"figures\":[{\"indicator\":\"a b\",\"year\":1,\"province\":\"\",\"value\":\"x\"}]}" },
        { COMMAND_ITEM_PUT, "{\"name\":{\"en\":\"\",\"zh\":3},\"unit\":\"\",\"identifiers\":[{}]" },
        { COMMAND_ORGANISATION_PUT, "[" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum status status = STATUS_OK;
        for (size_t n = 1; status != STATUS_INVALID; n++) {
            struct arena arena;
            struct faults faults;
            struct command command = { .kind = rows[i].kind, .target = "", .id = "k", .new_id = "", .actor = { "", ROLE_ADMIN, "t" } };
            arena_init(&arena);
            faults_init(&faults, &arena);
            lack(n);
            status = command_decode(&command, BIND_CLEAR, rows[i].body, strlen(rows[i].body), &arena, &faults);
            bool failed = has_lacked();
            assert_true(status == STATUS_INVALID ? faults.total > 0 : failed && status == STATUS_EXHAUSTED);
            status = failed ? STATUS_EXHAUSTED : status; /* until none fails */
            command_fini(&command);
            arena_fini(&arena);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commands_without_memory), cmocka_unit_test(test_a_start_without_memory),
        cmocka_unit_test(test_verifying_without_memory), cmocka_unit_test(test_bodies_without_memory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
