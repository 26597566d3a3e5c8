/*
 * The pool for long computations: jobs on bodies leave a thread free, fill a queue of their
 * own, and where both kinds wait they take turns.
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

static enum status submit(struct trial *trial, int index, enum job_kind kind)
{
    trial->items[index] = (struct job){.run = run, .context = trial, .kind = kind};
    return jobs_submit(trial->jobs, &trial->items[index]);
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
    expect(&trial.begun, 2);
    for (int i = 0; i < 20; i++) {
        nap();
    }
    assert_int_equal(atomic_load(&trial.begun), 2); /* the third thread waits */
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

static void test_stored_figures_may_have_all_threads(void **state)
{
    struct trial trial;
    (void)state;
    start(&trial, 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(submit(&trial, i, JOB_STORED), STATUS_OK);
    }
    expect(&trial.begun, 3);
    finish(&trial);
}

static void test_each_kind_has_its_queue(void **state)
{
    struct trial trial;
    (void)state;
    start(&trial, 1);
    assert_int_equal(submit(&trial, 0, JOB_SENT), STATUS_OK);
    expect(&trial.begun, 1);
    for (int i = 1; i <= QUEUE; i++) {
        assert_int_equal(submit(&trial, i, JOB_SENT), STATUS_OK);
    }
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
        cmocka_unit_test(test_stored_figures_may_have_all_threads),
        cmocka_unit_test(test_each_kind_has_its_queue),
    };
    return cmocka_run_group_tests(tests, make_databases, remove_databases);
}
