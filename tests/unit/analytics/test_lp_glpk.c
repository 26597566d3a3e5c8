/*
 * GLPK as it is asked: its time limit, several threads, and a GLPK without thread-local storage, which this one is told to be
 * by a glp_config of our own. Whatever threads do then they do one after the other in a single environment, as one thread
 * does here.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analytics/lp/glpk.h"
#include "analytics/lp/lp.h"

enum { ROWS = 20, COLUMNS = 400, MANY = 20000, THREADS = 4, ROUNDS = 12, STEPS = 2000 };

static const char *storage = "_Thread_local";

/* In the place of GLPK's. */
const char *glp_config(const char *option);
const char *glp_config(const char *option)
{
    return strcmp(option, "TLS") == 0 ? storage : NULL;
}

int glp_free_env(void);
void *glp_alloc(int n, int size); /* dies of n = 0 */

static double matrix[MANY * ROWS];
static double cost[MANY];
static double bound[ROWS];
static enum lp_relation relation[ROWS];

/* As much as can be had of MANY kinds within ROWS limits. */
static void data_make(void)
{
    uint32_t random = 7;
    for (size_t i = 0; i < (size_t) MANY * ROWS; i++) {
        random = random * 1664525U + 1013904223U;
        matrix[i] = 1 + random / 4294967296.0;
    }
    for (size_t j = 0; j < MANY; j++) {
        cost[j] = -1;
    }
    for (size_t i = 0; i < ROWS; i++) {
        bound[i] = 100;
        relation[i] = LP_ROW_AT_MOST;
    }
}

static struct lp_program program_of(size_t columns)
{
    return (struct lp_program){
        .problem = {.rows = ROWS, .columns = columns, .matrix = matrix, .cost = cost, .relation = relation, .bound = bound}};
}

static enum status solve(struct lp_glpk *glpk, size_t columns, int time_max_ms, struct lp_claim *claim)
{
    const struct lp_program program = program_of(columns);
    const struct lp_glpk_way way = {.is_plain = true, .time_max_ms = time_max_ms};
    return lp_glpk_solve(glpk, &program, &way, claim);
}

static void test_time_runs_out(void **state)
{
    (void) state;
    double *x = calloc(MANY, sizeof *x);
    struct lp_glpk *glpk = lp_glpk_create();
    struct lp_claim claim = {.x = x};
    assert_true(x != NULL && glpk != NULL);
    assert_int_equal(solve(glpk, MANY, 1, &claim), STATUS_EXHAUSTED);
    assert_int_equal(solve(glpk, MANY, 0, &claim), STATUS_OK); /* nothing is left of it */
    assert_int_equal(claim.outcome, LP_OPTIMAL);
    assert_int_equal(solve(glpk, COLUMNS, LP_GLPK_TIME_MAX_MS, &claim), STATUS_OK);
    lp_glpk_free(glpk);
    lp_thread_end();
    free(x);
}

/* One thread's answers, of programs of different sizes. */
struct answers {
    double x[ROUNDS][COLUMNS];
    double dual[ROUNDS][ROWS];
    enum status status;
};

static void *solve_many(void *context)
{
    struct answers *answers = context;
    struct lp_glpk *glpk = lp_glpk_create();
    for (size_t round = 0; glpk != NULL && answers->status == STATUS_OK && round < ROUNDS; round++) {
        struct lp_claim claim = {.x = answers->x[round]};
        answers->status = solve(glpk, COLUMNS - 7 * round, 0, &claim);
        memcpy(answers->dual[round], claim.dual, sizeof answers->dual[round]);
    }
    answers->status = glpk == NULL ? STATUS_EXHAUSTED : answers->status;
    lp_glpk_free(glpk);
    lp_thread_end();
    glp_free_env(); /* the thread's own, which it has whatever it is told */
    return NULL;
}

static void check_threads(void)
{
    struct answers *alone = calloc(1, sizeof *alone);
    struct answers *together = calloc(THREADS, sizeof *together);
    pthread_t threads[THREADS];
    assert_true(alone != NULL && together != NULL);
    solve_many(alone);
    assert_int_equal(alone->status, STATUS_OK);
    for (size_t t = 0; t < THREADS; t++) {
        assert_int_equal(pthread_create(&threads[t], NULL, solve_many, &together[t]), 0);
    }
    for (size_t t = 0; t < THREADS; t++) {
        assert_int_equal(pthread_join(threads[t], NULL), 0);
        assert_memory_equal(&together[t], alone, sizeof *alone);
    }
    free(together);
    free(alone);
}

static void test_threads_agree(void **state)
{
    (void) state;
    assert_false(lp_guard_is_shared());
    check_threads();
}

static void test_threads_agree_without_storage(void **state)
{
    (void) state;
    storage = NULL;
    assert_true(lp_guard_is_shared());
    check_threads();
}

static size_t steps; /* of all threads; guarded by the guard */

static void step_count(void *context)
{
    (void) context;
    steps++;
}

static void step_die(void *context)
{
    (void) context;
    glp_alloc(0, 1);
}

static void *count_steps(void *context)
{
    const struct lp_watch nobody = {NULL, NULL};
    bool *is_well = context;
    *is_well = true;
    for (size_t i = 0; i < STEPS; i++) {
        *is_well = lp_guard_run(step_count, NULL, &nobody) == STATUS_OK && *is_well;
    }
    glp_free_env();
    return NULL;
}

/* Steps that share an environment take turns, also after one that died. */
static void test_steps_take_turns_without_storage(void **state)
{
    (void) state;
    const struct lp_watch nobody = {NULL, NULL};
    pthread_t threads[THREADS];
    bool is_well[THREADS];
    storage = NULL;
    steps = 0;
    assert_int_equal(lp_guard_run(step_die, NULL, &nobody), STATUS_EXHAUSTED);
    for (size_t t = 0; t < THREADS; t++) {
        assert_int_equal(pthread_create(&threads[t], NULL, count_steps, &is_well[t]), 0);
    }
    for (size_t t = 0; t < THREADS; t++) {
        assert_int_equal(pthread_join(threads[t], NULL), 0);
        assert_true(is_well[t]);
    }
    assert_int_equal(steps, THREADS * STEPS);
    glp_free_env();
}

/* Who dies takes the environment along, and nothing of the others with it; nor does a thread that ends. */
static void test_nothing_is_kept_without_storage(void **state)
{
    (void) state;
    const struct lp_watch nobody = {NULL, NULL};
    static double x[COLUMNS], other_x[COLUMNS];
    struct lp_claim claim = {.x = x}, other = {.x = other_x};
    storage = NULL;
    struct lp_glpk *one = lp_glpk_create(), *two = lp_glpk_create();
    assert_true(one != NULL && two != NULL);
    assert_int_equal(solve(one, COLUMNS, 0, &claim), STATUS_OK);
    assert_int_equal(lp_guard_run(step_die, NULL, &nobody), STATUS_EXHAUSTED);
    assert_int_equal(solve(two, COLUMNS, 0, &other), STATUS_OK);
    lp_thread_end();
    assert_int_equal(solve(one, COLUMNS, 0, &claim), STATUS_OK);
    assert_memory_equal(x, other_x, sizeof x);
    lp_glpk_free(two);
    lp_glpk_free(one);
    glp_free_env();
}

static int restore(void **state)
{
    (void) state;
    storage = "_Thread_local";
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_time_runs_out),
        cmocka_unit_test(test_threads_agree),
        cmocka_unit_test_teardown(test_threads_agree_without_storage, restore),
        cmocka_unit_test_teardown(test_steps_take_turns_without_storage, restore),
        cmocka_unit_test_teardown(test_nothing_is_kept_without_storage, restore),
    };
    data_make();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
