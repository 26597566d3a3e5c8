/*
 * The sequencer against an executor of our own that counts, refuses, loses blocks and fails commits when told: every command is
 * answered exactly once, and only after what decides its answer.
 */
#include "server/store/sequencer.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "db/db.h"
#include "rules/block.h"

enum { THREADS = 8, COMMANDS = 200, QUEUE = 64 };

/* What the executor saw; the writer thread's, read after the sequencer has stopped. */
struct executor {
    unsigned blocks;
    unsigned commits, abandoned;
    unsigned in_block;
    unsigned largest;
    unsigned delivered;
    atomic_uint checkpoints;
    unsigned truncated;
    bool erases; /* texts, in the next block */
    uint64_t committed; /* commands in committed blocks */
    bool is_open;       /* a block is begun */
    bool is_guarded;    /* and a command can be taken back alone */
    unsigned guarded;   /* blocks begun so */
    atomic_bool is_held;   /* the first delivery waits */
    atomic_bool is_entered;
    atomic_bool commit_fails;
    atomic_bool key_fails; /* nothing is signed any more */
    atomic_int checkpoint_status; /* enum status */
    atomic_int moved;             /* the same, of what a commit moved by itself */
    atomic_bool is_full_and_failed; /* a commit finds the disk full, and nothing can be read afterwards */
    char note[64];
    const char *last; /* target delivered last */
};

static struct executor fake;
static char directory[64];

enum status block_begin(struct executor *executor, int64_t time_ms)
{
    assert_true(time_ms > 0);
    assert_false(executor->is_open);
    executor->is_open = true;
    executor->is_guarded = true;
    executor->in_block = 0;
    executor->blocks++;
    executor->guarded++;
    return STATUS_OK;
}

enum status block_begin_unguarded(struct executor *executor, int64_t time_ms)
{
    enum status status = block_begin(executor, time_ms);
    executor->is_guarded = false;
    executor->guarded--;
    return status;
}

enum status block_deliver(struct executor *executor, const struct command *command, struct answer *answer,
                          bool *is_lost)
{
    assert_true(executor->is_open);
    atomic_store(&executor->is_entered, true);
    while (atomic_load(&executor->is_held)) {
        usleep(1000);
    }
    if (strcmp(command->target, "fault") == 0) {
        return STATUS_EXHAUSTED;
    }
    if (strcmp(command->target, "lost") == 0) {
        *is_lost = true;
        return STATUS_IO;
    }
    if (strcmp(command->target, "regret") == 0) { /* it has written something when it fails */
        *is_lost = !executor->is_guarded;
        return STATUS_EXHAUSTED;
    }
    executor->last = command->target;
    executor->in_block++;
    executor->delivered++;
    answer->status = 201;
    answer->seq = executor->delivered;
    buffer_text(&answer->body, command->id);
    return STATUS_OK;
}

enum status block_end(struct executor *executor, uint8_t app_hash[DIGEST_BYTES])
{
    assert_true(executor->is_open);
    memset(app_hash, 0, DIGEST_BYTES);
    return executor_is_failed(executor) ? STATUS_IO : STATUS_OK;
}

bool executor_is_failed(const struct executor *executor)
{
    return atomic_load(&executor->key_fails) || atomic_load(&executor->is_full_and_failed);
}

enum status block_commit(struct executor *executor)
{
    assert_true(executor->is_open);
    executor->is_open = false;
    if (atomic_load(&executor->commit_fails)) {
        return STATUS_IO;
    }
    if (strcmp(executor->last, "full") == 0) {
        atomic_store(&executor->is_full_and_failed, true);
        return STATUS_EXHAUSTED;
    }
    usleep(200); /* as a disk would, so that groups form */
    executor->commits++;
    executor->committed += executor->in_block;
    executor->largest = executor->in_block > executor->largest ? executor->in_block : executor->largest;
    snprintf(executor->note, sizeof executor->note, "o\n%u\nr\n\ns\n", executor->commits);
    return STATUS_OK;
}

void block_abandon(struct executor *executor)
{
    assert_true(executor->is_open);
    executor->is_open = false;
    executor->abandoned++;
}

bool executor_take_erased(struct executor *executor)
{
    bool erases = executor->erases;
    executor->erases = false;
    return erases;
}

const char *executor_checkpoint(const struct executor *executor)
{
    return executor->note;
}

enum status db_checkpoint(struct db *db)
{
    assert_null(db);
    assert_false(fake.is_open);
    enum status status = (enum status)atomic_load(&fake.checkpoint_status);
    fake.checkpoints++; /* the last that is done here: whoever has waited for it may give the next one its status */
    return status;
}

enum status db_take_moved(struct db *db)
{
    assert_null(db);
    return (enum status)atomic_exchange(&fake.moved, STATUS_OK);
}

bool db_has_log(struct db *db)
{
    return db != NULL;
}

enum status db_checkpoint_truncate(struct db *db)
{
    assert_null(db);
    assert_false(fake.is_open);
    fake.truncated++;
    return STATUS_OK;
}

/* A command in flight. */
struct flight {
    struct pending pending;
    struct command command;
    struct answer answer;
    char id[32];
    atomic_uint done;
};

static void count_done(struct pending *pending)
{
    struct flight *flight = pending->context;
    atomic_fetch_add(&flight->done, 1);
}

static enum status submit(struct sequencer *sequencer, struct flight *flight, const char *target, int number)
{
    memset(flight, 0, sizeof *flight);
    answer_init(&flight->answer);
    snprintf(flight->id, sizeof flight->id, "k%d", number);
    flight->command = (struct command){.kind = COMMAND_ITEM_PUT, .target = target, .id = flight->id, .new_id = "", .body = ""};
    flight->pending = (struct pending){.command = &flight->command, .answer = &flight->answer, .done = count_done, .context = flight};
    return sequencer_submit(sequencer, &flight->pending);
}

static void wait_past(atomic_uint *count, unsigned before)
{
    for (int i = 0; atomic_load(count) <= before; i++) {
        assert_true(i < 20000);
        usleep(500);
    }
}

static void wait_done(struct flight *flight)
{
    wait_past(&flight->done, 0);
    assert_int_equal(atomic_load(&flight->done), 1);
}

static void wait_answered(struct flight *flight)
{
    wait_done(flight);
    answer_fini(&flight->answer);
}

static struct anchor *anchor;
static struct sequencer *sequencer;

static int set_up(void **state)
{
    (void)state;
    memset(&fake, 0, sizeof fake);
    snprintf(directory, sizeof directory, "/tmp/sequencer.XXXXXX");
    return mkdtemp(directory) == NULL || anchor_open(directory, &anchor) != STATUS_OK ||
           sequencer_open(&fake, NULL, anchor, NULL, QUEUE, &sequencer) != STATUS_OK;
}

static int tear_down(void **state)
{
    char path[80];
    (void)state;
    snprintf(path, sizeof path, "%s/anchor", directory);
    anchor_close(anchor);
    unlink(path);
    rmdir(directory);
    return 0;
}

static void stop(void)
{
    sequencer_close(sequencer);
    assert_false(fake.is_open);
}

/* Waits until the writer is in the middle of its first delivery, and keeps it there. */
static void hold_writer(struct flight *flight)
{
    atomic_store(&fake.is_held, true);
    assert_int_equal(submit(sequencer, flight, "", 0), STATUS_OK);
    while (!atomic_load(&fake.is_entered)) {
        usleep(500);
    }
}

static void *client_main(void *context)
{
    int first = *(int *)context * COMMANDS;
    uint64_t last_seq = 0;
    for (int i = 0; i < COMMANDS; i++) {
        struct flight flight;
        while (submit(sequencer, &flight, "", first + i) == STATUS_BUSY) {
            usleep(100);
        }
        wait_done(&flight);
        if (flight.pending.delivery != DELIVERY_ANSWERED || flight.answer.status != 201 ||
            strcmp(flight.answer.body.bytes, flight.id) != 0 || flight.answer.seq <= last_seq) {
            return context; /* anything but NULL: a fault */
        }
        last_seq = flight.answer.seq;
        answer_fini(&flight.answer);
    }
    return NULL;
}

static void test_many_clients(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    int numbers[THREADS];
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, client_main, &numbers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *fault = NULL;
        pthread_join(threads[i], &fault);
        assert_null(fault);
    }
    sequencer_stop(sequencer); /* a group is counted out behind its answers */
    assert_int_equal(sequencer_depth(sequencer), 0);
    sequencer_free(sequencer);
    assert_int_equal(fake.delivered, THREADS * COMMANDS);
    assert_int_equal(fake.committed, THREADS * COMMANDS);
    assert_int_equal(fake.blocks, fake.commits);
    assert_true(fake.largest > 1); /* groups formed */
}

static void test_full_queue(void **state)
{
    (void)state;
    static struct flight held, flights[QUEUE], over;
    hold_writer(&held);
    for (int i = 0; i < QUEUE; i++) {
        assert_int_equal(submit(sequencer, &flights[i], "", i + 1), STATUS_OK);
    }
    assert_int_equal(sequencer_depth(sequencer), QUEUE + 1);
    assert_int_equal(submit(sequencer, &over, "", 999), STATUS_BUSY);
    atomic_store(&fake.is_held, false);
    wait_answered(&held);
    for (int i = 0; i < QUEUE; i++) {
        wait_done(&flights[i]);
        assert_int_equal(flights[i].answer.seq, i + 2); /* in the order in which they came */
        answer_fini(&flights[i].answer);
    }
    assert_int_equal(atomic_load(&over.done), 0);
    stop();
    assert_int_equal(fake.blocks, 2);
    assert_int_equal(fake.largest, QUEUE);
}

/* Queues the targets behind a held writer, so that they make one group. */
static void run_group_of(struct flight *flights, const char *const *targets, int count)
{
    static struct flight held;
    hold_writer(&held);
    for (int i = 0; i < count; i++) {
        assert_int_equal(submit(sequencer, &flights[i], targets[i], i + 1), STATUS_OK);
    }
    atomic_store(&fake.is_held, false);
    wait_done(&held);
    assert_int_equal(held.pending.delivery, DELIVERY_ANSWERED);
    answer_fini(&held.answer);
    for (int i = 0; i < count; i++) {
        wait_answered(&flights[i]);
    }
}

static void test_one_fault(void **state)
{
    (void)state;
    static const char *const targets[] = {"", "fault", ""};
    static struct flight flights[3];
    run_group_of(flights, targets, 3);
    assert_int_equal(flights[0].pending.delivery, DELIVERY_ANSWERED);
    assert_int_equal(flights[1].pending.delivery, DELIVERY_FAULT);
    assert_int_equal(flights[1].pending.status, STATUS_EXHAUSTED);
    assert_int_equal(flights[2].pending.delivery, DELIVERY_ANSWERED);
    stop();
    assert_int_equal(fake.committed, 3);
    assert_int_equal(fake.abandoned, 0);
}

/* What has to be taken back takes the others with it where there are no guards: they are carried out again, and do not notice. */
static void test_what_a_guard_would_have_saved(void **state)
{
    (void)state;
    static const char *const targets[] = {"", "regret", ""};
    static struct flight flights[3], later;
    static struct flight held;
    hold_writer(&held);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(submit(sequencer, &flights[i], targets[i], i + 1), STATUS_OK);
    }
    atomic_store(&fake.is_held, false);
    for (int i = 0; i < 3; i++) {
        wait_done(&flights[i]);
        assert_int_equal(flights[i].pending.delivery, i == 1 ? DELIVERY_FAULT : DELIVERY_ANSWERED);
        assert_int_equal(flights[i].pending.status, i == 1 ? STATUS_EXHAUSTED : STATUS_OK);
        assert_string_equal(flights[i].answer.body.length > 0 ? flights[i].answer.body.bytes : "", i == 1 ? "" : flights[i].id);
        answer_fini(&flights[i].answer);
    }
    answer_fini(&held.answer);
    assert_int_equal(fake.abandoned, 1);
    assert_int_equal(fake.guarded, 1);
    assert_int_equal(fake.committed, 3); /* the held one, and two of the three */
    for (int i = 0; i < 40; i++) { /* the blocks that follow are guarded, and after some there are none again */
        assert_int_equal(submit(sequencer, &later, "", 10 + i), STATUS_OK);
        wait_done(&later);
        assert_int_equal(later.pending.delivery, DELIVERY_ANSWERED);
        answer_fini(&later.answer);
    }
    stop();
    assert_int_equal(fake.guarded, 17);
    assert_int_equal(fake.committed, 43);
}

static void test_lost_block(void **state)
{
    (void)state;
    static const char *const targets[] = {"", "lost", ""};
    static struct flight flights[3], later;
    run_group_of(flights, targets, 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(flights[i].pending.delivery, DELIVERY_FAULT);
        assert_int_equal(flights[i].pending.status, STATUS_IO);
    }
    assert_false(sequencer_is_failed(sequencer));
    assert_int_equal(submit(sequencer, &later, "", 9), STATUS_OK);
    wait_answered(&later);
    assert_int_equal(later.pending.delivery, DELIVERY_ANSWERED);
    stop();
    assert_int_equal(fake.abandoned, 2); /* without guards, and once more with them */
    assert_int_equal(fake.guarded, 2);
    assert_int_equal(fake.committed, 2); /* the held one and the later one */
}

static void test_failed_commit(void **state)
{
    (void)state;
    static struct flight first, later;
    static struct anchor_notes notes;
    assert_int_equal(submit(sequencer, &first, "", 1), STATUS_OK);
    wait_answered(&first);
    atomic_store(&fake.commit_fails, true);
    assert_int_equal(submit(sequencer, &first, "", 2), STATUS_OK);
    wait_answered(&first);
    assert_int_equal(first.pending.delivery, DELIVERY_UNKNOWN);
    assert_true(sequencer_is_failed(sequencer));
    assert_int_equal(submit(sequencer, &later, "", 3), STATUS_IO);
    unsigned checkpoints = atomic_load(&fake.checkpoints);
    stop();
    assert_int_equal(fake.checkpoints, checkpoints); /* the WAL is left alone */
    assert_int_equal(anchor_read(directory, &notes), STATUS_OK);
    assert_string_equal(notes.notes[0], "o\n1\nr\n\ns\n"); /* what was not committed is not anchored */
    assert_string_equal(notes.notes[1], "");
}

/* A disk that is full has nothing of the block, as far as that can be looked up; where it cannot, nobody knows. */
static void test_full_disk_that_cannot_be_read(void **state)
{
    (void)state;
    static struct flight first, later;
    assert_int_equal(submit(sequencer, &first, "full", 1), STATUS_OK);
    wait_answered(&first);
    assert_int_equal(first.pending.delivery, DELIVERY_UNKNOWN);
    assert_true(sequencer_is_failed(sequencer));
    assert_int_equal(submit(sequencer, &later, "", 2), STATUS_IO);
    stop();
    assert_int_equal(fake.blocks, 1);
    assert_int_equal(fake.checkpoints, 0);
}

/* A commit that is done, and could not move the log that it found long: it is answered, and none comes after it where the disk failed. */
static void test_commit_that_cannot_move_the_log(void **state)
{
    (void)state;
    static const enum status statuses[] = { STATUS_EXHAUSTED, STATUS_IO };
    static struct flight flight, later;
    for (int i = 0; i < 2; i++) {
        atomic_store(&fake.moved, (int)statuses[i]);
        assert_int_equal(submit(sequencer, &flight, "", i), STATUS_OK);
        wait_answered(&flight);
        assert_int_equal(flight.pending.delivery, DELIVERY_ANSWERED);
        assert_int_equal(sequencer_is_failed(sequencer), i == 1);
        assert_int_equal(sequencer_has_lost_disk(sequencer), i == 1);
    }
    assert_int_equal(submit(sequencer, &later, "", 9), STATUS_IO);
    stop();
    assert_int_equal(fake.commits, 2);
}

/* What met a key that signs no more was not done, and nothing is tried any more. */
static void test_failed_key(void **state)
{
    (void)state;
    static struct flight first, later;
    assert_int_equal(submit(sequencer, &first, "", 1), STATUS_OK);
    wait_answered(&first);
    atomic_store(&fake.key_fails, true);
    assert_int_equal(submit(sequencer, &first, "", 2), STATUS_OK);
    wait_answered(&first);
    assert_int_equal(first.pending.delivery, DELIVERY_FAULT);
    assert_int_equal(first.pending.status, STATUS_IO);
    assert_true(sequencer_is_failed(sequencer));
    assert_int_equal(submit(sequencer, &later, "", 3), STATUS_IO);
    stop();
    assert_int_equal(fake.commits, 1);
    assert_int_equal(fake.abandoned, 1);
}

static void test_stop_finishes_what_waits(void **state)
{
    (void)state;
    static struct flight held, flights[10], late;
    hold_writer(&held);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(submit(sequencer, &flights[i], "", i), STATUS_OK);
    }
    atomic_store(&fake.is_held, false);
    sequencer_stop(sequencer);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(atomic_load(&flights[i].done), 1);
        assert_int_equal(flights[i].pending.delivery, DELIVERY_ANSWERED);
        answer_fini(&flights[i].answer);
    }
    answer_fini(&held.answer);
    assert_int_equal(submit(sequencer, &late, "", 99), STATUS_BUSY);
    assert_int_equal(fake.committed, 11);
    sequencer_free(sequencer);
}

static void test_idle_checkpoint(void **state)
{
    (void)state;
    static struct flight flight;
    assert_int_equal(submit(sequencer, &flight, "", 1), STATUS_OK);
    wait_answered(&flight);
    wait_past(&fake.checkpoints, 0);
    usleep(500000);
    stop();
    assert_int_equal(fake.checkpoints, 1); /* once for a pause, not again and again */
}

static void test_erased_texts_leave_the_log_at_once(void **state)
{
    static struct flight flight;
    (void)state;
    fake.erases = true;
    assert_int_equal(submit(sequencer, &flight, "", 1), STATUS_OK);
    wait_answered(&flight);
    stop(); /* without a pause */
    assert_int_equal(fake.truncated, 1);
    assert_int_equal(fake.checkpoints, 0);
}

/* The log cannot be moved: where the disk is full, that waits; where it fails, nothing is written any more. */
static void test_failed_checkpoint(void **state)
{
    (void)state;
    static const struct {
        enum status status;
        bool is_over;
    } rows[] = { { STATUS_EXHAUSTED, false }, { STATUS_BUSY, false }, { STATUS_IO, true } };
    static struct flight flight, later;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        atomic_store(&fake.checkpoint_status, (int)rows[i].status);
        assert_int_equal(submit(sequencer, &flight, "", (int)i), STATUS_OK);
        wait_answered(&flight);
        assert_int_equal(flight.pending.delivery, DELIVERY_ANSWERED);
        wait_past(&fake.checkpoints, (unsigned)i);
        for (int tries = 0; tries < 20000 && sequencer_is_failed(sequencer) != rows[i].is_over; tries++) {
            usleep(500); /* what came of it is noted behind it */
        }
        assert_int_equal(sequencer_is_failed(sequencer), rows[i].is_over);
        assert_int_equal(sequencer_has_lost_disk(sequencer), rows[i].is_over);
    }
    assert_int_equal(submit(sequencer, &later, "", 9), STATUS_IO);
    stop();
    assert_int_equal(fake.commits, 3);
}

/* An anchor that cannot be written is said, and forgotten once it can. */
static void test_failed_anchor(void **state)
{
    (void)state;
    static struct flight flight;
    struct rlimit before, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    small = (struct rlimit){ 1, before.rlim_max };
    for (int i = 0; i < 3; i++) {
        assert_int_equal(setrlimit(RLIMIT_FSIZE, i == 1 ? &small : &before), 0);
        assert_int_equal(submit(sequencer, &flight, "", i), STATUS_OK);
        wait_answered(&flight);
        assert_int_equal(flight.pending.delivery, DELIVERY_ANSWERED);
        assert_int_equal(sequencer_anchor_is_behind(sequencer), i == 1);
    }
    stop();
}

int main(void)
{
    log_set_level(LOG_LEVEL_OFF);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_many_clients, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_full_queue, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_one_fault, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_a_guard_would_have_saved, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lost_block, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_failed_commit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_full_disk_that_cannot_be_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_commit_that_cannot_move_the_log, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_failed_key, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stop_finishes_what_waits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_idle_checkpoint, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_erased_texts_leave_the_log_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_failed_checkpoint, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_failed_anchor, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
