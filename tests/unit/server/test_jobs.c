/*
 * The pool for long computations: each kind of jobs leaves a thread to the others, fills a queue of its own, and where several
 * wait they take turns; an owner leaves places and turns to others.
 */
#include "server/jobs.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "db/db.h"
#include "db/node.h"

enum { QUEUE = 4, JOBS_MAX = 16, PATIENCE_MS = 10000 };

static char directory[] = "/tmp/jobs.XXXXXX";
static char db_path[64], node_path[64];

/* What ran, in order; a job goes on once its gate is open. */
struct trial {
    struct jobs *jobs;
    struct job items[JOBS_MAX];
    atomic_bool gates[JOBS_MAX];
    atomic_int order[JOBS_MAX]; /* indices of jobs, as they began */
    atomic_int begun;
    atomic_int ended;
};

static void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

static void run(struct job *job, struct db *db, struct node *node)
{
    struct trial *trial = job->context;
    int index = (int)(job - trial->items);
    assert_non_null(db);
    assert_non_null(node);
    atomic_store(&trial->order[atomic_fetch_add(&trial->begun, 1)], index);
    while (!atomic_load(&trial->gates[index])) {
        nap();
    }
    atomic_fetch_add(&trial->ended, 1);
}

static void expect(atomic_int *counter, int value)
{
    for (int waits = 0; atomic_load(counter) < value && waits < PATIENCE_MS; waits++) {
        nap();
    }
    assert_int_equal(atomic_load(counter), value);
}

static void start(struct trial *trial, size_t threads)
{
    memset(trial, 0, sizeof *trial);
    assert_int_equal(jobs_open(db_path, node_path, threads, QUEUE, &trial->jobs), STATUS_OK);
}

static enum status submit_of(struct trial *trial, int index, enum job_kind kind, uint64_t owner)
{
    trial->items[index] = (struct job){.run = run, .context = trial, .kind = kind, .owner = owner};
    return jobs_submit(trial->jobs, &trial->items[index]);
}

static enum status submit(struct trial *trial, int index, enum job_kind kind)
{
    return submit_of(trial, index, kind, 0);
}

/* So many have begun, and no more of those that wait. */
static void expect_rest(struct trial *trial, int begun)
{
    expect(&trial->begun, begun);
    for (int i = 0; i < 20; i++) {
        nap();
    }
    assert_int_equal(atomic_load(&trial->begun), begun);
}

static void finish(struct trial *trial)
{
    for (int i = 0; i < JOBS_MAX; i++) {
        atomic_store(&trial->gates[i], true);
    }
    jobs_close(trial->jobs);
}

static void test_bodies_leave_a_thread_free(void **state)
{
    struct trial trial;
    (void)state;
    start(&trial, 3);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(submit(&trial, i, JOB_SENT), STATUS_OK);
    }
    expect_rest(&trial, 2); /* the third thread waits */
    assert_int_equal(jobs_waiting(trial.jobs), 2);
    assert_int_equal(submit(&trial, 4, JOB_STORED), STATUS_OK);
    expect(&trial.begun, 3);
    assert_int_equal(atomic_load(&trial.order[2]), 4);
    assert_int_equal(jobs_running(trial.jobs), 3);
    atomic_store(&trial.gates[0], true); /* one ends: the next of its kind begins */
    expect(&trial.begun, 4);
    assert_int_equal(atomic_load(&trial.order[3]), 2);
    finish(&trial);
    assert_int_equal(atomic_load(&trial.ended), 5); /* what waited has run */
}

static void test_stored_figures_leave_a_thread_to_bodies(void **state)
{
    struct trial trial;
    (void)state;
    for (size_t threads = 1; threads <= 5; threads++) {
        const int most = threads < 3 ? (int)threads : (int)threads - 1;
        start(&trial, threads);
        for (int i = 0; i < 4; i++) {
            assert_int_equal(submit(&trial, i, JOB_STORED), STATUS_OK);
            expect(&trial.begun, i < most ? i + 1 : most);
        }
        expect_rest(&trial, most);
        assert_int_equal(submit(&trial, 4, JOB_SENT), STATUS_OK);
        expect_rest(&trial, threads < 3 ? most : most + 1);
        finish(&trial);
    }
}

/* Whatever long ones run, both other kinds have a thread; with fewer threads as jobs.h says. */
static void test_long_ones_leave_threads_to_both_others(void **state)
{
    static const struct {
        size_t threads;
        int longs, sent, all;
    } wanted[] = {{1, 1, 1, 1}, {2, 1, 1, 2}, {3, 1, 2, 3}, {4, 1, 3, 4}, {5, 2, 4, 5}, {6, 3, 5, 6}};
    struct trial trial;
    (void)state;
    for (size_t n = 0; n < sizeof wanted / sizeof wanted[0]; n++) {
        start(&trial, wanted[n].threads);
        for (int i = 0; i < 4; i++) {
            assert_int_equal(submit(&trial, i, JOB_LONG), STATUS_OK);
            expect(&trial.begun, i < wanted[n].longs ? i + 1 : wanted[n].longs);
        }
        expect_rest(&trial, wanted[n].longs);
        for (int i = 4; i < 8; i++) {
            assert_int_equal(submit(&trial, i, JOB_SENT), STATUS_OK);
        }
        expect_rest(&trial, wanted[n].sent);
        for (int i = 8; i < 12; i++) {
            assert_int_equal(submit(&trial, i, JOB_STORED), STATUS_OK);
        }
        expect_rest(&trial, wanted[n].all);
        finish(&trial);
        assert_int_equal(atomic_load(&trial.ended), 12);
    }
}

static void test_a_job_that_becomes_long(void **state)
{
    struct trial trial;
    (void)state;
    start(&trial, 4);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(submit(&trial, i, JOB_SENT), STATUS_OK);
    }
    expect(&trial.begun, 2);
    assert_true(jobs_lengthen(trial.jobs, &trial.items[0]));
    assert_false(jobs_lengthen(trial.jobs, &trial.items[0])); /* it is one */
    assert_false(jobs_lengthen(trial.jobs, &trial.items[1])); /* the one place is taken */
    assert_int_equal(submit(&trial, 2, JOB_LONG), STATUS_OK);
    expect_rest(&trial, 2);
    atomic_store(&trial.gates[0], true);
    expect(&trial.begun, 3);
    assert_false(jobs_lengthen(trial.jobs, &trial.items[1])); /* the one that waited has it now */
    atomic_store(&trial.gates[2], true);
    expect(&trial.ended, 2);
    bool is_long = false;
    for (int waits = 0; !is_long && waits < PATIENCE_MS; waits++) {
        is_long = jobs_lengthen(trial.jobs, &trial.items[1]); /* once its thread has said so */
        nap();
    }
    assert_true(is_long);
    assert_int_equal(jobs_running(trial.jobs), 1);
    for (int i = 3; i < 6; i++) {
        assert_int_equal(submit(&trial, i, JOB_SENT), STATUS_OK);
    }
    expect_rest(&trial, 5); /* two beside it */
    finish(&trial);
}

static void test_a_job_on_stored_figures_becomes_long_where_bodies_keep_a_thread(void **state)
{
    struct trial trial;
    (void)state;
    start(&trial, 4);
    assert_int_equal(submit(&trial, 0, JOB_STORED), STATUS_OK);
    for (int i = 1; i < 4; i++) {
        assert_int_equal(submit(&trial, i, JOB_SENT), STATUS_OK);
    }
    expect(&trial.begun, 4);
    assert_false(jobs_lengthen(trial.jobs, &trial.items[0])); /* long ones and bodies would have all four */
    finish(&trial);
}

static void test_an_owner_leaves_the_last_place_to_others(void **state)
{
    struct trial trial;
    (void)state;
    for (int kind = JOB_STORED; kind <= JOB_LONG; kind++) {
        start(&trial, 6); /* five for each short kind, three for long ones */
        const int most = kind == JOB_LONG ? 2 : 4;
        for (int i = 0; i <= most; i++) {
            assert_int_equal(submit_of(&trial, i, (enum job_kind)kind, 7), STATUS_OK);
            expect(&trial.begun, i < most ? i + 1 : most);
        }
        expect_rest(&trial, most);
        assert_int_equal(submit_of(&trial, most + 1, (enum job_kind)kind, 8), STATUS_OK);
        expect_rest(&trial, most + 1);
        assert_int_equal(atomic_load(&trial.order[most]), most + 1);
        finish(&trial);
        assert_int_equal(atomic_load(&trial.ended), most + 2);
    }
}

static void test_owners_take_turns_and_have_shares(void **state)
{
    struct trial trial;
    (void)state;
    start(&trial, 1);
    assert_int_equal(submit_of(&trial, 0, JOB_SENT, 1), STATUS_OK);
    expect(&trial.begun, 1);
    for (int i = 1; i < QUEUE; i++) {
        assert_int_equal(submit_of(&trial, i, JOB_SENT, 1), STATUS_OK);
    }
    assert_int_equal(submit_of(&trial, 9, JOB_SENT, 1), STATUS_BUSY); /* the last one is another's */
    assert_int_equal(submit_of(&trial, QUEUE, JOB_SENT, 2), STATUS_OK);
    assert_int_equal(submit_of(&trial, 9, JOB_SENT, 3), STATUS_BUSY);
    finish(&trial);
    static const int wanted[] = {0, QUEUE, 1, 2, 3};
    for (int i = 0; i < 5; i++) {
        assert_int_equal(atomic_load(&trial.order[i]), wanted[i]);
    }
}

static void test_shares(void **state)
{
    (void)state;
    size_t own = 0;
    while (jobs_has_share(64, own, own)) {
        own++;
    }
    assert_int_equal(own, 48);
    assert_true(jobs_has_share(64, own, 0));
    assert_true(jobs_has_share(1, 0, 0));
    assert_false(jobs_has_share(1, 1, 0));
    assert_false(jobs_has_share(0, 0, 0));
    assert_false(jobs_has_share(2, 5, 0)); /* there may be more than places, where those were made fewer */
}

/* One thread with a job, the first, and a queue of those that were sent, which is full. */
static void start_full(struct trial *trial)
{
    start(trial, 1);
    assert_int_equal(submit(trial, 0, JOB_SENT), STATUS_OK);
    expect(&trial->begun, 1);
    for (int i = 1; i <= QUEUE; i++) {
        assert_int_equal(submit(trial, i, JOB_SENT), STATUS_OK);
    }
}

static void test_each_kind_has_its_queue(void **state)
{
    struct trial trial;
    (void)state;
    start_full(&trial);
    assert_int_equal(submit(&trial, QUEUE + 1, JOB_SENT), STATUS_BUSY);
    assert_int_equal(submit(&trial, QUEUE + 2, JOB_STORED), STATUS_OK);
    assert_int_equal(submit(&trial, QUEUE + 3, JOB_STORED), STATUS_OK);
    finish(&trial);
    /* one thread: they take turns */
    static const int wanted[] = {0, QUEUE + 2, 1, QUEUE + 3, 2, 3, 4};
    assert_int_equal(atomic_load(&trial.begun), 7);
    for (int i = 0; i < 7; i++) {
        assert_int_equal(atomic_load(&trial.order[i]), wanted[i]);
    }
}

static void test_what_is_withdrawn_leaves_its_place(void **state)
{
    struct trial trial;
    (void)state;
    start_full(&trial);
    static const int places[] = {2, 1, QUEUE}; /* in the middle, at the front, at the end */
    for (int i = 0; i < 3; i++) {
        assert_int_equal(submit(&trial, QUEUE + 1 + i, JOB_SENT), STATUS_BUSY);
        assert_true(jobs_withdraw(trial.jobs, &trial.items[places[i]]));
        assert_false(jobs_withdraw(trial.jobs, &trial.items[places[i]]));
        assert_int_equal(submit(&trial, QUEUE + 1 + i, JOB_SENT), STATUS_OK);
    }
    assert_false(jobs_withdraw(trial.jobs, &trial.items[0])); /* it runs */
    assert_int_equal(jobs_waiting(trial.jobs), QUEUE);
    finish(&trial);
    static const int wanted[] = {0, 3, QUEUE + 1, QUEUE + 2, QUEUE + 3};
    assert_int_equal(atomic_load(&trial.begun), 5);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(atomic_load(&trial.order[i]), wanted[i]);
    }
}

static int make_databases(void **state)
{
    struct db *db = NULL;
    struct node *node = NULL;
    (void)state;
    assert_non_null(mkdtemp(directory));
    snprintf(db_path, sizeof db_path, "%s/tallystick.db", directory);
    snprintf(node_path, sizeof node_path, "%s/node.db", directory);
    assert_int_equal(db_open_writer(db_path, &db), STATUS_OK);
    assert_int_equal(node_open(node_path, true, &node), STATUS_OK);
    db_close(db);
    node_close(node);
    return 0;
}

static int remove_databases(void **state)
{
    static const char *const names[] = {"tallystick.db", "tallystick.db-wal", "tallystick.db-shm",
                                        "node.db",       "node.db-wal",       "node.db-shm"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[64];
        snprintf(path, sizeof path, "%s/%s", directory, names[i]);
        unlink(path);
    }
    return rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bodies_leave_a_thread_free),
        cmocka_unit_test(test_stored_figures_leave_a_thread_to_bodies),
        cmocka_unit_test(test_long_ones_leave_threads_to_both_others),
        cmocka_unit_test(test_a_job_that_becomes_long),
        cmocka_unit_test(test_a_job_on_stored_figures_becomes_long_where_bodies_keep_a_thread),
        cmocka_unit_test(test_an_owner_leaves_the_last_place_to_others),
        cmocka_unit_test(test_owners_take_turns_and_have_shares),
        cmocka_unit_test(test_shares),
        cmocka_unit_test(test_each_kind_has_its_queue),
        cmocka_unit_test(test_what_is_withdrawn_leaves_its_place),
    };
    return cmocka_run_group_tests(tests, make_databases, remove_databases);
}
