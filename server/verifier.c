/*
 * Verification beside the service. handlers/ledger.c asks, rules/verify.c checks; here is
 * the thread between them, and what a data directory adds: the anchor.
 */
#include "server/verifier.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "db/db.h"
#include "ledger/key.h"
#include "server/anchor.h"
#include "server/store.h"

/* Invariants: 1. latest changes only under lock; 2. has_thread says whether thread must be
 * joined; 3. latest.is_running is true exactly while the thread works. */
struct runner {
    struct verifier verifier; /* first: what the handlers see */
    const char *data_dir;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    pthread_t thread;
    bool has_thread;
    atomic_bool is_stopping;
    struct verifier_view latest;
};

static struct runner *runner_of(struct verifier *verifier)
{
    return (struct runner *)((char *)verifier - offsetof(struct runner, verifier));
}

enum status verifier_run(const char *data_dir, const char *checkpoint,
                         bool (*progress)(void *context, uint64_t seq, uint64_t size), void *context,
                         struct verify_report *report)
{
    struct arena arena;
    struct db *db = NULL;
    arena_init(&arena);
    struct anchor_notes *anchor = arena_alloc(&arena, sizeof *anchor);
    const char *path = store_path(&arena, data_dir, "tallystick.db");
    enum status status = anchor == NULL || path == NULL ? STATUS_EXHAUSTED : key_library_open();
    if (status == STATUS_OK) {
        status = anchor_read(data_dir, anchor);
        status = status == STATUS_ABSENT ? STATUS_OK : status;
    }
    if (status == STATUS_OK) {
        status = db_open_reader(path, &db);
    }
    if (status == STATUS_OK) {
        const char *notes[ANCHOR_SLOTS] = { anchor->notes[0], anchor->notes[1] };
        struct verify_options options = { notes, ANCHOR_SLOTS, true, checkpoint, progress, context };
        status = verify_ledger(db, &options, report);
    }
    db_close(db);
    arena_fini(&arena);
    return status;
}

static bool may_go_on(void *context, uint64_t seq, uint64_t size)
{
    struct runner *runner = context;
    (void)seq;
    (void)size;
    return !atomic_load(&runner->is_stopping);
}

static void *run(void *context)
{
    struct runner *runner = context;
    struct verify_report report;
    int64_t begun_ms = clock_wall_ms();
    int64_t begun_us = clock_steady_us();
    enum status status = verifier_run(runner->data_dir, NULL, may_go_on, runner, &report);
    if (status != STATUS_OK && status != STATUS_BUSY) {
        log_error("verify", "could not be made: %s", status_name(status));
    } else if (status == STATUS_OK && !report.is_ok) {
        log_error("verify", "first_broken=%llu reason=\"%s\"", (unsigned long long)report.first_broken, report.reason);
    }
    pthread_mutex_lock(&runner->lock);
    runner->latest.is_running = false;
    if (status == STATUS_OK) {
        runner->latest.has_report = true;
        runner->latest.report = report;
        runner->latest.checked_at_ms = begun_ms;
        runner->latest.duration_ms = (clock_steady_us() - begun_us) / 1000;
    }
    pthread_cond_broadcast(&runner->ended);
    pthread_mutex_unlock(&runner->lock);
    return NULL;
}

static void start(struct verifier *verifier)
{
    struct runner *runner = runner_of(verifier);
    pthread_mutex_lock(&runner->lock);
    if (!runner->latest.is_running && !atomic_load(&runner->is_stopping)) {
        if (runner->has_thread) {
            pthread_join(runner->thread, NULL); /* it has ended: is_running is false */
        }
        runner->has_thread = pthread_create(&runner->thread, NULL, run, runner) == 0;
        runner->latest.is_running = runner->has_thread;
    }
    pthread_mutex_unlock(&runner->lock);
}

static void view(struct verifier *verifier, int64_t timeout_ms, struct verifier_view *out)
{
    struct runner *runner = runner_of(verifier);
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += timeout_ms / 1000;
    pthread_mutex_lock(&runner->lock);
    while (timeout_ms > 0 && runner->latest.is_running) {
        if (pthread_cond_timedwait(&runner->ended, &runner->lock, &until) != 0) {
            break;
        }
    }
    *out = runner->latest;
    pthread_mutex_unlock(&runner->lock);
}

enum status verifier_open(const char *data_dir, struct verifier **out)
{
    struct runner *runner = calloc(1, sizeof *runner);
    if (runner == NULL) {
        return STATUS_EXHAUSTED;
    }
    runner->verifier.start = start;
    runner->verifier.view = view;
    runner->data_dir = data_dir;
    pthread_mutex_init(&runner->lock, NULL);
    pthread_cond_init(&runner->ended, NULL);
    *out = &runner->verifier;
    return STATUS_OK;
}

void verifier_close(struct verifier *verifier)
{
    if (verifier == NULL) {
        return;
    }
    struct runner *runner = runner_of(verifier);
    atomic_store(&runner->is_stopping, true);
    if (runner->has_thread) {
        pthread_join(runner->thread, NULL);
    }
    pthread_cond_destroy(&runner->ended);
    pthread_mutex_destroy(&runner->lock);
    free(runner);
}
