/*
 * A crew that is to stop does so on all its threads, also where the caller, who alone asks whether it is, has nothing left to do
 * while others are at their last items; and it tells how far it is meanwhile.
 */
#include "analytics/dea/crew.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

enum { ITEMS = 40, THREADS = 3, PATIENCE_MS = 20000 };

struct trial {
    struct dea_crew crew;
    atomic_int begun;       /* long items, of which each of the other threads takes one */
    atomic_bool may_end;    /* they may end by themselves */
    atomic_int asked, told; /* while all the other items are done */
    bool is_to_stop;
};

struct hand {
    struct trial *trial;
};

static void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

static enum status begin(void *hand, void *context)
{
    *(struct hand *)hand = (struct hand){context};
    return STATUS_OK;
}

/* The caller's are short, but wait until everybody else has a long one. */
static enum status item(void *hand, size_t index)
{
    struct trial *trial = ((struct hand *)hand)->trial;
    (void)index;
    if (pthread_equal(pthread_self(), trial->crew.caller)) {
        for (int waits = 0; waits < PATIENCE_MS && atomic_load(&trial->begun) < THREADS - 1; waits++) {
            nap();
        }
        return STATUS_OK;
    }
    atomic_fetch_add(&trial->begun, 1);
    for (int waits = 0; waits < PATIENCE_MS && !atomic_load(&trial->may_end); waits++) {
        if (dea_crew_is_stopped(&trial->crew)) {
            return STATUS_BUSY;
        }
        nap();
    }
    return atomic_load(&trial->may_end) ? STATUS_OK : STATUS_CORRUPT; /* nobody has told it */
}

static bool is_last(const struct trial *trial)
{
    return atomic_load(&trial->crew.done) >= ITEMS - (THREADS - 1);
}

static bool is_cancelled(void *context)
{
    struct trial *trial = context;
    if (is_last(trial)) {
        atomic_fetch_add(&trial->asked, 1);
    }
    return trial->is_to_stop && atomic_load(&trial->asked) > 5;
}

static void progress(void *context, size_t done, size_t due)
{
    struct trial *trial = context;
    assert_true(done <= due);
    if (!trial->is_to_stop && is_last(trial) && atomic_fetch_add(&trial->told, 1) > 5) {
        atomic_store(&trial->may_end, true);
    }
}

static enum status run(struct trial *trial)
{
    trial->crew.is_cancelled = is_cancelled;
    trial->crew.progress = progress;
    trial->crew.context = trial;
    trial->crew.due = ITEMS;
    assert_int_equal(dea_crew_open(&trial->crew, THREADS, ITEMS), STATUS_OK);
    const struct dea_crew_work work = {
        .count = ITEMS, .at_once = 1, .hand_size = sizeof(struct hand), .begin = begin, .item = item, .context = trial};
    const enum status status = dea_crew_run(&trial->crew, &work);
    dea_crew_close(&trial->crew);
    return status;
}

static void test_who_waits_for_the_others_asks_for_them(void **state)
{
    struct trial trial = {.is_to_stop = true};
    (void)state;
    assert_int_equal(run(&trial), STATUS_BUSY);
    assert_int_equal(atomic_load(&trial.begun), THREADS - 1);
}

static void test_who_waits_for_the_others_tells_of_them(void **state)
{
    struct trial trial = {.is_to_stop = false};
    (void)state;
    assert_int_equal(run(&trial), STATUS_OK);
    assert_int_equal(atomic_load(&trial.crew.done), ITEMS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_waits_for_the_others_asks_for_them),
        cmocka_unit_test(test_who_waits_for_the_others_tells_of_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
