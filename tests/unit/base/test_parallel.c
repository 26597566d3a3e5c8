/* The pool: every batch runs once, what it wrote is seen by who waited, with threads and without. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <stdatomic.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/parallel.h"

enum { RING = 7, ROUNDS = 3000 };

/* Sums, not atomic on purpose: only the pool's own order makes them safe to read. */
struct sum {
    struct parallel_batch batch;
    uint64_t from, to, total;
    unsigned times;
};

static void add_up(struct parallel_batch *batch)
{
    struct sum *sum = (struct sum *)batch;
    sum->total = 0;
    for (uint64_t i = sum->from; i < sum->to; i++) {
        sum->total += i;
    }
    sum->times++;
}

static struct parallel *pool_of(size_t threads)
{
    struct parallel *parallel = NULL;
    assert_int_equal(parallel_open(threads, false, &parallel), STATUS_OK);
    return parallel;
}

/* A ring of batches, each waited for in its turn while those behind it may run: as a verification uses it. */
static void test_each_batch_runs_once_and_in_turn(void **state)
{
    (void)state;
    const size_t threads[] = { 0, 1, 2, 5 };
    for (size_t t = 0; t < sizeof threads / sizeof threads[0]; t++) {
        struct parallel *parallel = pool_of(threads[t]);
        struct sum ring[RING] = { { .batch = { .run = add_up } } };
        uint64_t total = 0;
        for (uint64_t round = 0; round < ROUNDS + RING; round++) {
            struct sum *sum = &ring[round % RING];
            if (round >= RING) {
                parallel_wait(parallel, &sum->batch);
                assert_int_equal(sum->times, 1);
                total += sum->total;
            }
            if (round < ROUNDS) {
                *sum = (struct sum){ .batch = { .run = add_up }, .from = round * 100, .to = round * 100 + 100 };
                parallel_submit(parallel, &sum->batch);
            }
        }
        uint64_t count = (uint64_t)ROUNDS * 100;
        assert_true(total == count * (count - 1) / 2);
        parallel_close(parallel);
    }
}

static void test_waiting_again_is_nothing(void **state)
{
    (void)state;
    struct parallel *parallel = pool_of(1);
    struct sum sum = { .batch = { .run = add_up }, .from = 0, .to = 4 };
    parallel_submit(parallel, &sum.batch);
    parallel_wait(parallel, &sum.batch);
    parallel_wait(parallel, &sum.batch);
    assert_int_equal(sum.total, 6);
    assert_int_equal(sum.times, 1);
    parallel_close(parallel);
}

/* Batches that cannot end unless all of them run at once. */
struct meeting {
    struct parallel_batch batch;
    pthread_barrier_t *barrier;
};

static void meet(struct parallel_batch *batch)
{
    pthread_barrier_wait(((struct meeting *)batch)->barrier);
}

static void test_all_threads_and_the_one_that_waits_work_at_once(void **state)
{
    (void)state;
    enum { THREADS = 3 };
    struct parallel *parallel = pool_of(THREADS);
    pthread_barrier_t barrier;
    struct meeting meetings[THREADS + 1];
    assert_int_equal(pthread_barrier_init(&barrier, NULL, THREADS + 1), 0);
    for (int i = 0; i <= THREADS; i++) {
        meetings[i] = (struct meeting){ { .run = meet }, &barrier };
        parallel_submit(parallel, &meetings[i].batch);
    }
    for (int i = THREADS; i >= 0; i--) {
        parallel_wait(parallel, &meetings[i].batch);
    }
    pthread_barrier_destroy(&barrier);
    parallel_close(parallel);
}

/* Several threads may submit to one pool, each waiting for its own. */
static void *submit_and_wait(void *context)
{
    uint64_t *total = malloc(sizeof *total);
    *total = 0;
    for (uint64_t i = 0; i < 500; i++) {
        struct sum sum = { .batch = { .run = add_up }, .from = 0, .to = 10 };
        parallel_submit(context, &sum.batch);
        parallel_wait(context, &sum.batch);
        *total += sum.total;
    }
    return total;
}

static void test_several_submitters(void **state)
{
    (void)state;
    struct parallel *parallel = pool_of(2);
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, submit_and_wait, parallel), 0);
    }
    for (int i = 0; i < 3; i++) {
        void *total = NULL;
        assert_int_equal(pthread_join(threads[i], &total), 0);
        assert_int_equal(*(uint64_t *)total, 500 * 45);
        free(total);
    }
    parallel_close(parallel);
}

struct question {
    struct parallel_batch batch;
    atomic_int nice;
    pid_t submitter;
};

static void tell_priority(struct parallel_batch *batch)
{
    struct question *question = (struct question *)batch;
    if (gettid() != question->submitter) {
        atomic_store(&question->nice, getpriority(PRIO_PROCESS, (id_t)gettid()));
    }
}

/* Only the pool's threads step back, not the one that opened it. */
static void test_quiet_threads_step_back(void **state)
{
    (void)state;
    struct parallel *parallel = NULL;
    int before = getpriority(PRIO_PROCESS, (id_t)gettid());
    assert_int_equal(parallel_open(1, true, &parallel), STATUS_OK);
    struct question question = { { .run = tell_priority }, -100, gettid() };
    for (int tries = 0; tries < 5000 && atomic_load(&question.nice) == -100; tries++) {
        parallel_submit(parallel, &question.batch);
        usleep(1000); /* the one that waits would run it itself */
        parallel_wait(parallel, &question.batch);
    }
    assert_int_equal(atomic_load(&question.nice), 19);
    assert_int_equal(getpriority(PRIO_PROCESS, (id_t)gettid()), before);
    parallel_close(parallel);
}

static void test_ends(void **state)
{
    (void)state;
    parallel_close(NULL);
    struct parallel *parallel = pool_of(PARALLEL_THREADS_MAX + 1000);
    parallel_close(parallel);
    assert_true(parallel_cores() >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_batch_runs_once_and_in_turn),
        cmocka_unit_test(test_waiting_again_is_nothing),
        cmocka_unit_test(test_all_threads_and_the_one_that_waits_work_at_once),
        cmocka_unit_test(test_several_submitters),
        cmocka_unit_test(test_quiet_threads_step_back),
        cmocka_unit_test(test_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
