/*
 * The writer thread and its queue. What a command does: rules/block.h. Who submits:
 * dispatch.c.
 */
#include "server/store/sequencer.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "db/db.h"
#include "rules/block.h"
#include "server/metrics.h"

enum {
    GROUP_MAX = 256,          /* commands of one block: bounds the wait of the first */
    GUARDED_BLOCKS = 16,      /* with a savepoint around each command, behind one that would have needed it */
    CHECKPOINT_EVERY = 64,    /* blocks without a pause before the WAL is looked at anyway */
    CHECKPOINT_IDLE_MS = 200, /* a pause this long is used for the WAL */
    TRUNCATE_AGAIN_MS = 1000  /* from one try to empty it to the next where readers stand in the way: each makes all changes wait a little */
};

/*
 * Invariants, under lock:
 *  1. first is NULL exactly where last is NULL; the list holds waiting commands;
 *  2. waiting is the length of the list; waiting <= queue_length;
 *  3. running is the size of the group that the thread works on;
 *  4. the first grouped ones of group are those of its commands that nobody has let go yet: their memory is there.
 */
struct sequencer {
    struct executor *executor;
    struct db *db;
    struct anchor *anchor;
    struct metrics *metrics;
    void (*committed)(void *context);
    void *committed_context;
    size_t queue_length;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct pending *first;
    struct pending *last;
    size_t waiting;
    size_t running;
    struct pending *group[GROUP_MAX];
    size_t grouped;
    bool is_stopping;
    atomic_bool is_failed;
    atomic_bool has_lost_disk;
    atomic_bool anchor_is_behind;
    _Atomic int64_t busy_since_us; /* when the group at work was begun; 0: none is */
    unsigned guarded_blocks; /* that are still to be made with guards; the thread's own */
    unsigned blocks_since_checkpoint; /* so is this */
    bool has_erased;                  /* and this: the WAL still holds texts that are to be gone */
    int64_t truncated_us;             /* and this: when a reader last stood in the way of that; 0: none has */
    bool is_short_of_room;            /* and this: a block had none, and the WAL has not been moved since */
};

static void take_fault(struct pending *pending, enum status status)
{
    pending->delivery = DELIVERY_FAULT;
    pending->status = status;
}

static void group_fault(struct pending *const *group, size_t count, enum status status)
{
    for (size_t i = 0; i < count; i++) {
        take_fault(group[i], status);
    }
}

/* What the group was answered so far is not so: it is carried out once more. */
static void forget_answers(struct pending *const *group, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        answer_fini(group[i]->answer);
        answer_init(group[i]->answer);
    }
}

/* Delivers the group inside a begun block. Else the block is lost and abandoned: why. */
static enum status deliver_group(struct sequencer *sequencer, struct pending *const *group, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool is_lost = false;
        enum status status = block_deliver(sequencer->executor, group[i]->command, group[i]->answer, &is_lost);
        group[i]->delivery = DELIVERY_ANSWERED;
        if (status == STATUS_CONFLICT && is_lost) { /* a refusal that needs a guard: carry_out says so */
            take_fault(group[i], status);
        } else if (status != STATUS_OK) {
            log_error("command_fault", "kind=%s status=%s lost=%d", command_kind_name(group[i]->command->kind),
                      status_name(status), is_lost);
            take_fault(group[i], status);
        }
        if (is_lost) {
            block_abandon(sequencer->executor);
            return status == STATUS_OK ? STATUS_IO : status;
        }
    }
    return STATUS_OK;
}

static enum status begin_and_deliver(struct sequencer *sequencer, struct pending *const *group, size_t count, int64_t time_ms, bool is_guarded)
{
    enum status status = is_guarded ? block_begin(sequencer->executor, time_ms) : block_begin_unguarded(sequencer->executor, time_ms);
    if (status != STATUS_OK) {
        log_error("block", "step=begin status=%s", status_name(status));
        return status;
    }
    return deliver_group(sequencer, group, count);
}

/* Carries the group out in a block that is then open. At first without guards: hardly ever is a command taken back that has written
 * something. Where one is, all is done once more with them, from the same state and at the same time: the answers are the same, but
 * for that command's. Else there is no block: why. */
static enum status carry_out(struct sequencer *sequencer, struct pending *const *group, size_t count)
{
    const int64_t time_ms = clock_wall_ms();
    bool is_guarded = sequencer->guarded_blocks > 0;
    sequencer->guarded_blocks -= is_guarded;
    enum status status = begin_and_deliver(sequencer, group, count, time_ms, is_guarded);
    if (status != STATUS_OK && !is_guarded && !executor_is_failed(sequencer->executor)) {
        log_info("block", "step=again guarded=yes status=%s", status_name(status));
        sequencer->guarded_blocks = GUARDED_BLOCKS;
        forget_answers(group, count);
        status = begin_and_deliver(sequencer, group, count, time_ms, true);
    }
    return status;
}

/* After a move of the WAL. What a disk that failed holds is unknown: the next start looks. A full disk, or a reader in the way, is
 * none of these: the WAL keeps what it has. */
static void stop_where_lost(struct sequencer *sequencer, enum status status)
{
    if (status != STATUS_OK) {
        log_error("wal_checkpoint", "status=%s", status_name(status));
    }
    if (status == STATUS_IO || status == STATUS_CORRUPT) {
        log_error("wal_checkpoint", "writing=stopped");
        atomic_store(&sequencer->has_lost_disk, true);
        atomic_store(&sequencer->is_failed, true);
    }
}

/* Whether the WAL is to be emptied, and now: texts that were erased wait for no pause. */
static bool is_to_empty(const struct sequencer *sequencer)
{
    return sequencer->has_erased && (sequencer->truncated_us == 0 ||
                                     clock_steady_us() - sequencer->truncated_us >= (int64_t)TRUNCATE_AGAIN_MS * 1000);
}

/* Moves the WAL into the database. False: not now. */
static bool checkpoint(struct sequencer *sequencer)
{
    const bool is_emptied = is_to_empty(sequencer);
    sequencer->blocks_since_checkpoint = 0;
    if (atomic_load(&sequencer->is_failed)) {
        return false;
    }
    enum status status = is_emptied ? db_checkpoint_truncate(sequencer->db) : db_checkpoint(sequencer->db);
    const bool is_moved = status == STATUS_OK;
    if (is_moved) {
        sequencer->has_erased = sequencer->has_erased && !is_emptied;
        sequencer->is_short_of_room = false;
    }
    sequencer->truncated_us = is_emptied && status == STATUS_BUSY ? clock_steady_us() : sequencer->truncated_us;
    if (sequencer->has_erased && (is_moved || status == STATUS_BUSY)) {
        sequencer->blocks_since_checkpoint = 1; /* a reader stands in the way: at the next pause again */
    }
    if (status == STATUS_OK || status == STATUS_BUSY) {
        status = anchor_keep(sequencer->anchor);
    }
    stop_where_lost(sequencer, status);
    return is_moved && !atomic_load(&sequencer->is_failed);
}

/* Ends the block that is open, and says when what was done. */
static enum status end_block(struct sequencer *sequencer, struct pending *const *group, size_t count)
{
    uint8_t app_hash[DIGEST_BYTES];
    const int64_t delivered_us = clock_steady_us();
    enum status status = block_end(sequencer->executor, app_hash);
    const int64_t sealed_us = clock_steady_us();
    for (size_t i = 0; i < count; i++) {
        group[i]->delivered_us = delivered_us;
        group[i]->sealed_us = sealed_us;
    }
    if (status == STATUS_OK) {
        return status;
    }
    log_error("block", "step=end status=%s", status_name(status));
    block_abandon(sequencer->executor);
    if (executor_is_failed(sequencer->executor)) { /* the node's key does not sign any more */
        log_error("block", "writing=stopped");
        atomic_store(&sequencer->is_failed, true);
    }
    return status;
}

/* Makes one durable block of the group. Else nothing of it is, and why; or, where is_unknown is set, nobody knows. */
static enum status make_block(struct sequencer *sequencer, struct pending *const *group, size_t count, bool *is_unknown)
{
    enum status status = carry_out(sequencer, group, count);
    if (status == STATUS_OK) {
        status = end_block(sequencer, group, count);
    }
    if (status != STATUS_OK) {
        return status;
    }
    status = block_commit(sequencer->executor);
    *is_unknown = status != STATUS_OK && (status != STATUS_EXHAUSTED || executor_is_failed(sequencer->executor));
    if (status != STATUS_OK) {
        log_error("block", "step=commit status=%s outcome=%s", status_name(status), *is_unknown ? "unknown writing=stopped" : "nothing");
    }
    return status;
}

static void keep_anchor(struct sequencer *sequencer)
{
    const char *note = executor_checkpoint(sequencer->executor);
    bool is_behind = note[0] != 0 && anchor_write(sequencer->anchor, note) != STATUS_OK;
    if (is_behind) {
        log_error("anchor", "written=no");
    }
    atomic_store(&sequencer->anchor_is_behind, is_behind);
}

/* Makes one durable block of the group. Where there is no room for it, once more with what the WAL takes that the database has, too.
 * False: nothing of it is, or nobody knows; the group has its faults. */
static bool run_group(struct sequencer *sequencer, struct pending *const *group, size_t count)
{
    bool is_unknown = false;
    enum status status = make_block(sequencer, group, count, &is_unknown);
    if (status == STATUS_EXHAUSTED && !is_unknown) {
        sequencer->is_short_of_room = true;
        if (checkpoint(sequencer)) {
            log_info("block", "step=again wal=moved");
            forget_answers(group, count);
            status = make_block(sequencer, group, count, &is_unknown);
        }
    }
    if (is_unknown) {
        atomic_store(&sequencer->is_failed, true);
        for (size_t i = 0; i < count; i++) {
            group[i]->delivery = DELIVERY_UNKNOWN;
            group[i]->status = status;
        }
    } else if (status != STATUS_OK) {
        group_fault(group, count, status);
    } else {
        keep_anchor(sequencer);
        stop_where_lost(sequencer, db_take_moved(sequencer->db));
    }
    return status == STATUS_OK;
}

static void run_group_counted(struct sequencer *sequencer, struct pending *const *group, size_t count)
{
    int64_t began_us = clock_steady_us();
    for (size_t i = 0; i < count; i++) {
        group[i]->begun_us = began_us;
    }
    atomic_store(&sequencer->busy_since_us, began_us);
    bool is_committed = run_group(sequencer, group, count);
    atomic_store(&sequencer->busy_since_us, 0);
    if (sequencer->metrics != NULL) {
        metrics_count_block(sequencer->metrics, count, clock_steady_us() - began_us, is_committed);
    }
    if (is_committed && sequencer->committed != NULL) {
        sequencer->committed(sequencer->committed_context);
    }
}

/* Waits for commands; under lock. False: a pause worth a look at the WAL came first. */
static bool wait_for_commands(struct sequencer *sequencer)
{
    while (sequencer->first == NULL && !sequencer->is_stopping) {
        if (sequencer->blocks_since_checkpoint == 0) {
            pthread_cond_wait(&sequencer->wake, &sequencer->lock);
            continue;
        }
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += (long)CHECKPOINT_IDLE_MS * 1000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        if (pthread_cond_timedwait(&sequencer->wake, &sequencer->lock, &until) != 0 && sequencer->first == NULL) {
            return false;
        }
    }
    return true;
}

/* Takes up to GROUP_MAX commands off the queue; under lock. */
static size_t take_group(struct sequencer *sequencer)
{
    struct pending **group = sequencer->group;
    size_t count = 0;
    while (sequencer->first != NULL && count < GROUP_MAX) {
        struct pending *pending = sequencer->first;
        sequencer->first = pending->next;
        if (sequencer->first == NULL) {
            sequencer->last = NULL;
        }
        pending->next = NULL;
        group[count++] = pending;
    }
    assert(count <= sequencer->waiting);
    sequencer->waiting -= count;
    sequencer->running = count;
    sequencer->grouped = count;
    return count;
}

static void *writer_main(void *context)
{
    struct sequencer *sequencer = context;
    struct pending **group = sequencer->group;
    for (;;) {
        pthread_mutex_lock(&sequencer->lock);
        sequencer->running = 0;
        bool is_awake = wait_for_commands(sequencer);
        size_t count = take_group(sequencer);
        bool is_over = count == 0 && sequencer->is_stopping;
        pthread_mutex_unlock(&sequencer->lock);
        if (is_over) {
            return NULL;
        }
        if (!is_awake) {
            (void)checkpoint(sequencer);
            continue;
        }
        if (atomic_load(&sequencer->is_failed)) {
            group_fault(group, count, STATUS_IO);
        } else {
            run_group_counted(sequencer, group, count);
        }
        pthread_mutex_lock(&sequencer->lock);
        sequencer->grouped = 0;
        pthread_mutex_unlock(&sequencer->lock);
        for (size_t i = 0; i < count; i++) {
            group[i]->done(group[i]); /* its memory may be gone afterwards */
        }
        sequencer->blocks_since_checkpoint++;
        sequencer->has_erased = executor_take_erased(sequencer->executor) || sequencer->has_erased;
        if (is_to_empty(sequencer) || sequencer->is_short_of_room || sequencer->blocks_since_checkpoint >= CHECKPOINT_EVERY) {
            (void)checkpoint(sequencer); /* where not now, then behind another block */
        }
    }
}

enum status sequencer_open(struct executor *executor, struct db *db, struct anchor *anchor, struct metrics *metrics,
                           size_t queue_length, struct sequencer **sequencer)
{
    struct sequencer *opened = calloc(1, sizeof *opened);
    if (opened == NULL) {
        return STATUS_EXHAUSTED;
    }
    opened->executor = executor;
    opened->db = db;
    opened->anchor = anchor;
    opened->metrics = metrics;
    opened->queue_length = queue_length;
    opened->has_erased = db_has_log(db); /* where a reader has kept it, the process of before may have erased texts */
    opened->blocks_since_checkpoint = opened->has_erased;
    atomic_init(&opened->is_failed, false);
    atomic_init(&opened->has_lost_disk, false);
    atomic_init(&opened->anchor_is_behind, false);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&opened->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&opened->lock, NULL);
    if (pthread_create(&opened->thread, NULL, writer_main, opened) != 0) {
        pthread_mutex_destroy(&opened->lock);
        pthread_cond_destroy(&opened->wake);
        free(opened);
        return STATUS_EXHAUSTED;
    }
    *sequencer = opened;
    return STATUS_OK;
}

void sequencer_watch(struct sequencer *sequencer, void (*committed)(void *context), void *context)
{
    sequencer->committed = committed;
    sequencer->committed_context = context;
}

enum status sequencer_submit(struct sequencer *sequencer, struct pending *pending)
{
    if (atomic_load(&sequencer->is_failed)) {
        return STATUS_IO;
    }
    pthread_mutex_lock(&sequencer->lock);
    if (sequencer->waiting >= sequencer->queue_length || sequencer->is_stopping) {
        pthread_mutex_unlock(&sequencer->lock);
        return STATUS_BUSY;
    }
    pending->next = NULL;
    if (sequencer->last == NULL) {
        sequencer->first = pending;
    } else {
        sequencer->last->next = pending;
    }
    sequencer->last = pending;
    sequencer->waiting++;
    bool is_first = sequencer->waiting == 1;
    pthread_mutex_unlock(&sequencer->lock);
    if (is_first) {
        pthread_cond_signal(&sequencer->wake);
    }
    return STATUS_OK;
}

static bool has_same_key(const struct pending *one, const struct pending *other)
{
    return strcmp(one->command->id, other->command->id) == 0 &&
           strcmp(actor_scope(&one->command->actor), actor_scope(&other->command->actor)) == 0;
}

bool sequencer_is_behind(struct sequencer *sequencer, const struct pending *pending)
{
    bool is_behind = false, is_found = false;
    pthread_mutex_lock(&sequencer->lock);
    for (size_t i = 0; i < sequencer->grouped && !is_found; i++) {
        is_found = sequencer->group[i] == pending;
        is_behind = is_behind || (!is_found && has_same_key(sequencer->group[i], pending));
    }
    for (const struct pending *at = sequencer->first; at != NULL && !is_found; at = at->next) {
        is_found = at == pending;
        is_behind = is_behind || (!is_found && has_same_key(at, pending));
    }
    pthread_mutex_unlock(&sequencer->lock);
    return is_behind && is_found;
}

bool sequencer_is_full(struct sequencer *sequencer)
{
    pthread_mutex_lock(&sequencer->lock);
    bool is_full = sequencer->waiting >= sequencer->queue_length;
    pthread_mutex_unlock(&sequencer->lock);
    return is_full;
}

size_t sequencer_depth(struct sequencer *sequencer)
{
    pthread_mutex_lock(&sequencer->lock);
    size_t depth = sequencer->waiting + sequencer->running;
    pthread_mutex_unlock(&sequencer->lock);
    return depth;
}

int64_t sequencer_busy_since_us(const struct sequencer *sequencer)
{
    return atomic_load(&sequencer->busy_since_us);
}

bool sequencer_is_failed(const struct sequencer *sequencer)
{
    return atomic_load(&sequencer->is_failed);
}

bool sequencer_has_lost_disk(const struct sequencer *sequencer)
{
    return atomic_load(&sequencer->has_lost_disk);
}

bool sequencer_anchor_is_behind(const struct sequencer *sequencer)
{
    return atomic_load(&sequencer->anchor_is_behind);
}

void sequencer_stop(struct sequencer *sequencer)
{
    pthread_mutex_lock(&sequencer->lock);
    sequencer->is_stopping = true;
    pthread_mutex_unlock(&sequencer->lock);
    pthread_cond_signal(&sequencer->wake);
    pthread_join(sequencer->thread, NULL);
    assert(sequencer->first == NULL && sequencer->waiting == 0);
}

void sequencer_free(struct sequencer *sequencer)
{
    pthread_mutex_destroy(&sequencer->lock);
    pthread_cond_destroy(&sequencer->wake);
    free(sequencer);
}

void sequencer_close(struct sequencer *sequencer)
{
    if (sequencer != NULL) {
        sequencer_stop(sequencer);
        sequencer_free(sequencer);
    }
}
