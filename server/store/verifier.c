/*
 * Verification beside the service. handlers/ledger/ledger.c asks, rules/verify/verify.c checks; here is
 * the thread between them, and what a data directory adds: the anchor, and room. It and its helpers use at most half of the
 * processors, and only what requests leave over.
 */
#include "server/store/verifier.h"

#include <assert.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "db/db.h"
#include "ledger/key.h"
#include "rules/verify/mark.h"
#include "rules/verify/verify.h"
#include "server/store/anchor.h"
#include "server/store/answer_key_file.h"
#include "server/paths.h"
#include "server/tell.h"
#include "server/store/verified.h"

enum { FIRST_AFTER_S = 5 * 60, FAILED_PAUSE_S = 60, HOUR_S = 3600 };

#define SPARE_BYTES (1 * MIB) /* stays free for what is written meanwhile */

/* Invariants, under lock: 1. latest.is_running is true from the request for a check to its end; 2. waiting is empty where
 * it is false, and after stopping; 3. db is what the thread reads, open. */
struct runner {
    struct verifier verifier; /* first: what the handlers see */
    const char *data_dir;
    int64_t every_s; /* 0: never without being asked */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool is_stopping;
    bool is_joined; /* the closer's own */
    struct db *db;
    struct verifier_waiter *waiting;
    struct verifier_view latest;
    int64_t retry_us;
};

static struct runner *runner_of(struct verifier *verifier)
{
    return (struct runner *)((char *)verifier - offsetof(struct runner, verifier));
}

static uint64_t file_bytes(const char *path)
{
    struct stat file;
    return stat(path, &file) == 0 ? (uint64_t)file.st_size : 0;
}

/* The state that is made again lies beside the data while it is compared. It has no entries, seals, answers and long bodies, so
 * that half of the database is more than it takes. Who may not write there has it elsewhere. */
static enum status check_room(const char *data_dir, const char *path)
{
    struct statvfs disk;
    if (access(data_dir, W_OK) != 0 || statvfs(data_dir, &disk) != 0) {
        return STATUS_OK;
    }
    uint64_t needed = file_bytes(path) / 2 + SPARE_BYTES;
    uint64_t there = (uint64_t)disk.f_bavail * disk.f_frsize;
    if (there >= needed) {
        return STATUS_OK;
    }
    tell("the ledger cannot be verified: %s has %llu MiB free, and the copy of the state that is made there may take %llu MiB; make room",
         data_dir, (unsigned long long)(there / MIB), (unsigned long long)(needed / MIB + 1));
    return STATUS_EXHAUSTED;
}

struct key_rows {
    struct answer_key_row rows[ANSWER_KEY_ROWS_MAX];
    size_t count;
};

static enum status verify_with(const char *path, const struct anchor_notes *anchor, const struct key_rows *keys, const struct verifier_job *job,
                               const struct verify_mark *mark, struct verify_mark *reached, struct verify_report *report)
{
    struct db *db = NULL;
    const char *notes[ANCHOR_SLOTS] = { anchor->notes[0], anchor->notes[1] };
    struct verify_options options = {
        .notes = notes, .note_count = ANCHOR_SLOTS, .expects_anchor = true, .checkpoint = job->checkpoint, .answer_keys = keys->rows,
        .answer_key_count = keys->count, .mark = mark, .reached = reached, .threads = job->threads,
        .is_quiet = job->is_quiet, .progress = job->progress, .context = job->context,
    };
    enum status status = db_open_reader(path, &db);
    if (status != STATUS_OK) {
        return status;
    }
    if (job->use != NULL) {
        job->use(job->context, db);
    }
    status = verify_ledger(db, &options, report);
    if (job->use != NULL) {
        job->use(job->context, NULL);
    }
    db_close(db);
    return status;
}

/* Where the last run ended, where the job is to go on from there; *unfit says why it cannot. */
static enum status find_mark(const char *data_dir, const struct verifier_job *job, struct verify_mark *mark, const char **unfit)
{
    enum status status = job->is_incremental ? verified_read(data_dir, mark) : STATUS_ABSENT;
    if (!job->is_incremental || status == STATUS_OK) {
        return status;
    }
    if (status == STATUS_EXHAUSTED) {
        return status;
    }
    *unfit = status == STATUS_ABSENT ? "there is none yet" : status == STATUS_INVALID ? "it is damaged" : "it cannot be read";
    return STATUS_ABSENT;
}

enum status verifier_run(const char *data_dir, const struct verifier_job *job, struct verify_report *report)
{
    struct arena arena;
    arena_init(&arena);
    const char *unfit = "";
    struct key_rows keys = { .count = 0 };
    struct anchor_notes *anchor = arena_alloc(&arena, sizeof *anchor);
    struct verify_mark *mark = arena_alloc(&arena, sizeof *mark);
    struct verify_mark *reached = arena_alloc(&arena, sizeof *reached);
    const char *path = data_path(&arena, data_dir, "tallystick.db");
    bool has_memory = anchor != NULL && mark != NULL && reached != NULL && path != NULL;
    enum status status = has_memory ? key_library_open() : STATUS_EXHAUSTED;
    if (status == STATUS_OK) {
        status = check_room(data_dir, path);
    }
    if (status == STATUS_OK) {
        status = anchor_read(data_dir, anchor);
        status = status == STATUS_ABSENT ? STATUS_OK : status;
    }
    if (status == STATUS_OK) {
        status = find_mark(data_dir, job, mark, &unfit);
        mark = status == STATUS_OK ? mark : NULL;
        status = status == STATUS_ABSENT ? STATUS_OK : status;
    }
    if (status == STATUS_OK) { /* before the database, too: a key that is made now is for entries that come later */
        status = answer_key_file_read(data_dir, keys.rows, &keys.count);
    }
    if (status == STATUS_OK) {
        status = verify_with(path, anchor, &keys, job, mark, reached, report);
    }
    explicit_bzero(&keys, sizeof keys);
    if (status == STATUS_OK && report->unfit[0] == 0) {
        snprintf(report->unfit, sizeof report->unfit, "%s", unfit);
    }
    bool has_reached = status == STATUS_OK && report->is_ok && reached->chain.seq > 0 && access(data_dir, W_OK) == 0;
    if (has_reached) {
        enum status noted = verified_write(data_dir, reached);
        if (noted != STATUS_OK && noted != STATUS_BUSY) { /* busy: another run is noting as much */
            log_warn("verified", "where this verification ended is not noted: %s", status_name(noted));
        }
    }
    arena_fini(&arena);
    return status;
}

static bool may_go_on(void *context, uint64_t seq, uint64_t size)
{
    struct runner *runner = context;
    (void)seq;
    (void)size;
    pthread_mutex_lock(&runner->lock);
    bool is_stopping = runner->is_stopping;
    pthread_mutex_unlock(&runner->lock);
    return !is_stopping;
}

static void use(void *context, struct db *db)
{
    struct runner *runner = context;
    pthread_mutex_lock(&runner->lock);
    runner->db = db;
    if (db != NULL && runner->is_stopping) {
        db_interrupt(db);
    }
    pthread_mutex_unlock(&runner->lock);
}

/* Calls those whose time has come: all where until_us is so late. Without the lock: they may be gone afterwards. */
static void let_go(struct runner *runner, int64_t until_us)
{
    struct verifier_waiter *going = NULL;
    pthread_mutex_lock(&runner->lock);
    for (struct verifier_waiter **at = &runner->waiting; *at != NULL;) {
        struct verifier_waiter *waiter = *at;
        if (waiter->until_us <= until_us) {
            *at = waiter->next;
            waiter->next = going;
            going = waiter;
        } else {
            at = &waiter->next;
        }
    }
    pthread_mutex_unlock(&runner->lock);
    while (going != NULL) {
        struct verifier_waiter *next = going->next;
        going->done(going);
        going = next;
    }
}

static void take_result(struct runner *runner, enum status status, const struct verify_report *report, int64_t begun_ms,
                        int64_t begun_us)
{
    pthread_mutex_lock(&runner->lock);
    struct verifier_view *latest = &runner->latest;
    latest->is_running = false;
    latest->has_failed = status != STATUS_OK;
    latest->failure = status;
    if (status == STATUS_OK) {
        latest->has_report = true;
        latest->report = *report;
        latest->checked_at_ms = begun_ms;
        latest->duration_ms = (clock_steady_us() - begun_us) / 1000;
    } else {
        runner->retry_us = clock_steady_us() + (int64_t)FAILED_PAUSE_S * 1000000;
    }
    bool is_stopping = runner->is_stopping;
    pthread_mutex_unlock(&runner->lock);
    if (status != STATUS_OK && !is_stopping) {
        log_error("verify", "could not be made: %s", status_name(status));
    } else if (status == STATUS_OK && !report->is_ok) {
        log_error("verify", "ledger=broken first_broken=%llu code=%s reason=\"%s\"", (unsigned long long)report->first_broken,
                  report->code, report->reason);
    }
    let_go(runner, INT64_MAX);
}

static void check(struct runner *runner)
{
    struct verify_report report;
    size_t threads = parallel_cores() / 2; /* this one among them: requests have the others */
    struct verifier_job job = { .threads = threads > 1 ? threads - 1 : 0, .is_quiet = true, .progress = may_go_on, .use = use,
                                .context = runner };
    int64_t begun_ms = clock_wall_ms();
    int64_t begun_us = clock_steady_us();
    enum status status = verifier_run(runner->data_dir, &job, &report);
    if (status == STATUS_CORRUPT) {
        report = (struct verify_report){ .code = "integrity", .reason = "a file is damaged so that the check cannot begin" };
        status = STATUS_OK;
    }
    memory_give_back(); /* what the copy of the state took, for a day */
    take_result(runner, status, &report, begun_ms, begun_us);
}

/* Waits until a check is asked for or due, under lock. False: the thread is to end. */
static bool wait_for_work(struct runner *runner, int64_t after_s)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += after_s;
    while (!runner->is_stopping && !runner->latest.is_running) {
        if (runner->every_s == 0) {
            pthread_cond_wait(&runner->wake, &runner->lock);
        } else if (pthread_cond_timedwait(&runner->wake, &runner->lock, &until) != 0) {
            runner->latest.is_running = !runner->is_stopping;
        }
    }
    return !runner->is_stopping;
}

static void *runner_main(void *context)
{
    struct runner *runner = context;
    int64_t after_s = FIRST_AFTER_S;
    parallel_be_quiet();
    pthread_mutex_lock(&runner->lock);
    while (wait_for_work(runner, after_s)) {
        pthread_mutex_unlock(&runner->lock);
        check(runner);
        after_s = runner->every_s;
        pthread_mutex_lock(&runner->lock);
    }
    runner->latest.is_running = false;
    pthread_mutex_unlock(&runner->lock);
    return NULL;
}

static bool start(struct verifier *verifier)
{
    struct runner *runner = runner_of(verifier);
    pthread_mutex_lock(&runner->lock);
    struct verifier_view *latest = &runner->latest;
    bool is_paused = latest->has_failed && clock_steady_us() < runner->retry_us;
    if (!latest->is_running && !runner->is_stopping && !is_paused) {
        latest->is_running = true;
        pthread_cond_signal(&runner->wake);
    }
    bool is_running = latest->is_running;
    pthread_mutex_unlock(&runner->lock);
    return is_running;
}

static void view(struct verifier *verifier, struct verifier_view *out)
{
    struct runner *runner = runner_of(verifier);
    pthread_mutex_lock(&runner->lock);
    *out = runner->latest;
    out->retry_after_s = out->has_failed ? (runner->retry_us - clock_steady_us() + 999999) / 1000000 : 0;
    pthread_mutex_unlock(&runner->lock);
}

void verifier_wait(struct verifier *verifier, struct verifier_waiter *waiter)
{
    struct runner *runner = runner_of(verifier);
    pthread_mutex_lock(&runner->lock);
    bool is_waiting = runner->latest.is_running && !runner->is_stopping;
    if (is_waiting) {
        waiter->until_us = clock_steady_us() + (int64_t)VERIFIER_WAIT_S * 1000000;
        waiter->next = runner->waiting;
        runner->waiting = waiter;
    }
    pthread_mutex_unlock(&runner->lock);
    if (!is_waiting) {
        waiter->done(waiter);
    }
}

void verifier_tick(struct verifier *verifier)
{
    let_go(runner_of(verifier), clock_steady_us());
}

enum status verifier_open(const char *data_dir, int64_t every_hours, struct verifier **out)
{
    pthread_condattr_t steady;
    struct runner *runner = calloc(1, sizeof *runner);
    if (runner == NULL) {
        return STATUS_EXHAUSTED;
    }
    runner->verifier.start = start;
    runner->verifier.view = view;
    runner->data_dir = data_dir;
    runner->every_s = every_hours * HOUR_S;
    pthread_mutex_init(&runner->lock, NULL);
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_cond_init(&runner->wake, &steady);
    pthread_condattr_destroy(&steady);
    if (pthread_create(&runner->thread, NULL, runner_main, runner) != 0) {
        runner->is_joined = true; /* there is none */
        verifier_close(&runner->verifier);
        return STATUS_EXHAUSTED;
    }
    *out = &runner->verifier;
    return STATUS_OK;
}

void verifier_stop(struct verifier *verifier)
{
    struct runner *runner = verifier != NULL ? runner_of(verifier) : NULL;
    if (runner == NULL || runner->is_joined) {
        return;
    }
    pthread_mutex_lock(&runner->lock);
    runner->is_stopping = true;
    if (runner->db != NULL) {
        db_interrupt(runner->db);
    }
    pthread_cond_signal(&runner->wake);
    pthread_mutex_unlock(&runner->lock);
    pthread_join(runner->thread, NULL);
    runner->is_joined = true;
    let_go(runner, INT64_MAX);
}

void verifier_close(struct verifier *verifier)
{
    if (verifier == NULL) {
        return;
    }
    verifier_stop(verifier);
    struct runner *runner = runner_of(verifier);
    assert(runner->waiting == NULL);
    pthread_cond_destroy(&runner->wake);
    pthread_mutex_destroy(&runner->lock);
    free(runner);
}
