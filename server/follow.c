/*
 * Followers wait in one list, suspended; the feed's thread resumes those for which there is
 * something new, or whose connection has been silent for long. Everything else happens on
 * the loop's thread, when libmicrohttpd asks for the next bytes (on_more). Those of jobs have a list of their own, so that
 * commits do not go through them, nor steps of jobs through the others.
 */
#include "server/follow.h"

#include <assert.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "db/db.h"
#include "handlers/access.h"
#include "handlers/events.h"
#include "handlers/jobs.h"
#include "rules/block.h"
#include "server/wire/lane.h"
#include "server/request.h"
#include "server/server.h"
#include "server/track.h"

enum {
    PIECE_BYTES = 2048,             /* libmicrohttpd's buffer for one of these replies */
    SILENCE_US = 15 * 1000 * 1000,  /* then a comment shows both sides that the other one is there */
    LIFE_US = 3600 * 1000 * 1000L,  /* then the client comes again: whoever may read is asked anew */
    ROUND_MS = 20,                  /* between two rounds of waking, and ... */
    FOLLOWERS_A_MS = 50,            /* ... a millisecond more for each so many */
    BEAT_MS = 1000,                 /* between rounds where nothing happens: for the silent ones */
    LOOK_AGAIN_US = 1000 * 1000     /* whether a caller may still read is looked at as often */
};

#define FIRST_WORDS "retry: 3000\n\n" /* milliseconds until a browser comes again */

/* What followers behind `from` are sent. Shared; the last user frees it. */
struct batch {
    atomic_size_t users;
    uint64_t from, to;
    struct buffer text;
};

/* Invariants, under lock: 1. the two lists of those that wait are exactly those with is_waiting, whose connection is suspended;
 * 2. none is added once is_stopping; 3. followers <= followers_max. batch_lock guards latest alone; a holder of lock
 * never takes batch_lock, nor any lock of the tasks. */
struct feed {
    struct executor *executor;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct follower *waiting, *waiting_for_job;
    uint64_t told;   /* how often a job was further */
    size_t followers, followers_max;
    bool is_stopping;
    atomic_size_t listening; /* followers, for feed_notify */
    pthread_mutex_t batch_lock;
    struct batch *latest;
};

/* The loop's thread has it, but while it waits. */
struct follower {
    struct feed *feed;
    struct request *request;
    struct follower *previous, *next; /* under the feed's lock, as is_waiting */
    bool is_waiting;
    struct track *track; /* the job that is followed; NULL: the ledger is */
    uint64_t after;      /* the last event handed to batch, or to own */
    struct batch *batch; /* what is being sent; NULL: nothing */
    const char *text;    /* what is left of it, or of a text without events */
    size_t left;
    int64_t spoken_us, until_us, looked_us;
    char own[JOB_EVENT_BYTES]; /* an event of the job */
};

static void batch_release(struct batch *batch)
{
    if (batch != NULL && atomic_fetch_sub(&batch->users, 1) == 1) {
        buffer_fini(&batch->text);
        free(batch);
    }
}

static struct batch *read_batch(struct db *db, uint64_t from)
{
    struct arena arena;
    struct batch *batch = calloc(1, sizeof *batch);
    if (batch == NULL) {
        return NULL;
    }
    atomic_init(&batch->users, 1);
    buffer_init(&batch->text);
    batch->from = batch->to = from;
    arena_init(&arena);
    enum status status = db_read_begin(db);
    if (status == STATUS_OK) {
        status = events_text(db, &arena, &batch->to, &batch->text);
        db_read_end(db);
    }
    arena_fini(&arena);
    if (status != STATUS_OK) {
        log_error("follow", "after=%llu status=%s", (unsigned long long)from, status_name(status));
        batch_release(batch);
        return NULL;
    }
    return batch;
}

/* The events behind from: those that another follower was just given, or read anew. NULL: a fault. */
static struct batch *find_batch(struct feed *feed, struct db *db, uint64_t from)
{
    pthread_mutex_lock(&feed->batch_lock);
    struct batch *batch = feed->latest;
    if (batch == NULL || batch->from != from || batch->to == from) {
        batch = read_batch(db, from);
        if (batch != NULL && (feed->latest == NULL || batch->to >= feed->latest->to)) {
            batch_release(feed->latest);
            feed->latest = batch;
            atomic_fetch_add(&batch->users, 1);
        }
    } else {
        atomic_fetch_add(&batch->users, 1);
    }
    pthread_mutex_unlock(&feed->batch_lock);
    return batch;
}

static struct follower **list_of(const struct follower *follower)
{
    return follower->track != NULL ? &follower->feed->waiting_for_job : &follower->feed->waiting;
}

static void unlink_waiting(struct follower *follower)
{
    if (follower->previous != NULL) {
        follower->previous->next = follower->next;
    } else {
        *list_of(follower) = follower->next;
    }
    if (follower->next != NULL) {
        follower->next->previous = follower->previous;
    }
    follower->is_waiting = false;
}

static bool job_is_further(const struct follower *follower)
{
    return follower->track != NULL && (uint64_t)track_position(follower->track) > follower->after;
}

/* True: the connection is suspended and will be resumed. False: the feed stops, or the job got further just now. */
static bool wait_for_more(struct follower *follower)
{
    struct feed *feed = follower->feed;
    struct follower **list = list_of(follower);
    pthread_mutex_lock(&feed->lock);
    bool may_wait = !feed->is_stopping && !job_is_further(follower);
    if (may_wait) {
        MHD_suspend_connection(follower->request->connection);
        follower->is_waiting = true;
        follower->previous = NULL;
        follower->next = *list;
        if (*list != NULL) {
            (*list)->previous = follower;
        }
        *list = follower;
    }
    pthread_mutex_unlock(&feed->lock);
    return may_wait;
}

static bool is_stopping(struct feed *feed)
{
    pthread_mutex_lock(&feed->lock);
    bool is = feed->is_stopping;
    pthread_mutex_unlock(&feed->lock);
    return is;
}

/* The event of a job's position. False: no memory. */
static bool word_job(struct follower *follower, int position)
{
    struct buffer text;
    buffer_init(&text);
    jobs_event_write(&text, follower->track->id, position);
    const bool is_worded = !text.failed && text.length <= sizeof follower->own;
    if (is_worded) {
        memcpy(follower->own, text.bytes, text.length);
        follower->text = follower->own;
        follower->left = text.length;
        follower->after = (uint64_t)position;
    }
    buffer_fini(&text);
    return is_worded;
}

/* Something to say, if there is: events, else a comment after long silence. False: a fault, or there is no more. */
static bool find_text(struct follower *follower)
{
    batch_release(follower->batch);
    follower->batch = NULL;
    if (follower->track != NULL) {
        if (follower->after >= JOB_AT_DONE || (job_is_further(follower) && !word_job(follower, track_position(follower->track)))) {
            return false;
        }
    } else if (executor_seq(follower->feed->executor) > follower->after) {
        follower->batch = find_batch(follower->feed, lane_db(follower->request->lane), follower->after);
        if (follower->batch == NULL) {
            return false;
        }
        follower->after = follower->batch->to;
        follower->text = follower->batch->text.bytes;
        follower->left = follower->batch->text.length;
    }
    if (follower->left == 0 && clock_steady_us() - follower->spoken_us >= SILENCE_US) {
        follower->text = ": nothing new\n\n";
        follower->left = strlen(follower->text);
    }
    return true;
}

/* Whether it ends here: the service stops, it lasts for long, or its token has ended (the first look was access_check's). */
static bool is_over(struct follower *follower)
{
    const int64_t now_us = clock_steady_us();
    if (is_stopping(follower->feed) || now_us > follower->until_us) {
        return true;
    }
    if (now_us - follower->looked_us < LOOK_AGAIN_US) {
        return false;
    }
    follower->looked_us = now_us;
    return !access_goes_on(&follower->request->exchange);
}

static ssize_t on_more(void *context, uint64_t position, char *out, size_t room)
{
    struct follower *follower = context;
    (void)position;
    while (follower->left == 0) {
        if (is_over(follower) || !find_text(follower)) {
            return MHD_CONTENT_READER_END_OF_STREAM; /* at the end of an event: the client comes again */
        }
        if (follower->left == 0 && wait_for_more(follower)) {
            return 0;
        }
    }
    size_t count = follower->left < room ? follower->left : room;
    memcpy(out, follower->text, count);
    follower->text += count;
    follower->left -= count;
    follower->spoken_us = clock_steady_us();
    follower->request->reply_bytes += count;
    return (ssize_t)count;
}

static void follower_free(struct follower *follower)
{
    if (follower != NULL && follower->track != NULL) {
        atomic_fetch_sub(&follower->track->followers, 1);
        track_release(follower->track);
    }
    free(follower);
}

/* The response is destroyed: its connection has ended. */
static void on_end(void *context)
{
    struct follower *follower = context;
    struct feed *feed = follower->feed;
    pthread_mutex_lock(&feed->lock);
    if (follower->is_waiting) {
        unlink_waiting(follower);
    }
    feed->followers--;
    pthread_mutex_unlock(&feed->lock);
    atomic_fetch_sub(&feed->listening, 1);
    batch_release(follower->batch);
    follower_free(follower);
}

enum status follow_once(struct request *request)
{
    struct exchange *exchange = &request->exchange;
    if (exchange->followed != NULL) {
        const int position = track_position(exchange->followed);
        buffer_text(&exchange->reply, FIRST_WORDS);
        if ((uint64_t)position > exchange->follow_after) {
            jobs_event_write(&exchange->reply, exchange->followed->id, position);
        }
        return STATUS_OK;
    }
    struct batch *batch = read_batch(lane_db(request->lane), exchange->follow_after);
    if (batch == NULL) {
        return STATUS_IO;
    }
    buffer_text(&exchange->reply, FIRST_WORDS);
    buffer_append(&exchange->reply, batch->text.bytes, batch->text.length);
    batch_release(batch);
    return STATUS_OK;
}

static bool enter(struct feed *feed)
{
    pthread_mutex_lock(&feed->lock);
    bool has_room = feed->followers < feed->followers_max;
    feed->followers += has_room ? 1 : 0;
    pthread_mutex_unlock(&feed->lock);
    return has_room;
}

struct MHD_Response *follow_response(struct request *request, bool *is_full)
{
    struct feed *feed = request->server->feed;
    *is_full = !enter(feed);
    if (*is_full) {
        return NULL;
    }
    atomic_fetch_add(&feed->listening, 1);
    struct follower *follower = calloc(1, sizeof *follower);
    struct MHD_Response *response = NULL;
    if (follower != NULL) {
        follower->feed = feed;
        follower->request = request;
        follower->after = request->exchange.follow_after;
        if (request->exchange.followed != NULL) {
            follower->track = track_hold(request->exchange.followed);
            atomic_fetch_add(&follower->track->followers, 1);
        }
        follower->text = FIRST_WORDS;
        follower->left = strlen(follower->text);
        follower->spoken_us = clock_steady_us();
        follower->until_us = follower->spoken_us + LIFE_US;
        follower->looked_us = follower->spoken_us;
        response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, PIECE_BYTES, on_more, follower, on_end);
    }
    if (response == NULL) {
        follower_free(follower);
        pthread_mutex_lock(&feed->lock);
        feed->followers--;
        pthread_mutex_unlock(&feed->lock);
        atomic_fetch_sub(&feed->listening, 1);
    }
    return response;
}

/* Resumes those of a list for which there is something to do; under lock. */
static void wake_waiting(struct feed *feed, struct follower *first)
{
    uint64_t seq = executor_seq(feed->executor);
    int64_t now_us = clock_steady_us();
    struct follower *next = NULL;
    for (struct follower *follower = first; follower != NULL; follower = next) {
        next = follower->next;
        const bool has_news = follower->track != NULL ? job_is_further(follower) : seq > follower->after;
        if (feed->is_stopping || has_news || now_us - follower->spoken_us >= SILENCE_US) {
            unlink_waiting(follower);
            const struct lane *lane = follower->request->lane;
            MHD_resume_connection(follower->request->connection);
            lane_wake(lane);
        }
    }
}

static void wait_ms(struct feed *feed, int64_t ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    until.tv_sec += ms / 1000 + until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    int waited = pthread_cond_timedwait(&feed->wake, &feed->lock, &until);
    (void)waited; /* either way the next round looks */
}

static void *feed_main(void *context)
{
    struct feed *feed = context;
    uint64_t seq = 0, told = 0;
    int64_t beaten_us = 0;
    pthread_mutex_lock(&feed->lock);
    while (!feed->is_stopping) {
        int64_t pause_ms = ROUND_MS + (int64_t)(feed->followers / FOLLOWERS_A_MS);
        pthread_mutex_unlock(&feed->lock);
        nanosleep(&(struct timespec){.tv_nsec = pause_ms * 1000000L}, NULL);
        pthread_mutex_lock(&feed->lock);
        const bool is_quiet = seq == executor_seq(feed->executor) && told == feed->told;
        if (!feed->is_stopping && is_quiet) {
            wait_ms(feed, BEAT_MS);
        }
        const bool is_beat = clock_steady_us() - beaten_us >= BEAT_MS * 1000; /* for the silent ones */
        beaten_us = is_beat ? clock_steady_us() : beaten_us;
        if (is_beat || seq != executor_seq(feed->executor)) {
            seq = executor_seq(feed->executor);
            wake_waiting(feed, feed->waiting);
        }
        if (is_beat || told != feed->told) {
            told = feed->told;
            wake_waiting(feed, feed->waiting_for_job);
        }
    }
    wake_waiting(feed, feed->waiting);
    wake_waiting(feed, feed->waiting_for_job);
    pthread_mutex_unlock(&feed->lock);
    return NULL;
}

void feed_notify(void *context)
{
    struct feed *feed = context;
    if (atomic_load_explicit(&feed->listening, memory_order_relaxed) > 0) {
        pthread_cond_signal(&feed->wake);
    }
}

void feed_tell(struct feed *feed)
{
    pthread_mutex_lock(&feed->lock);
    feed->told++;
    pthread_mutex_unlock(&feed->lock);
    pthread_cond_signal(&feed->wake);
}

enum status feed_open(struct executor *executor, size_t followers_max, struct feed **out)
{
    pthread_condattr_t steady;
    struct feed *feed = calloc(1, sizeof *feed);
    if (feed == NULL) {
        return STATUS_EXHAUSTED;
    }
    feed->executor = executor;
    feed->followers_max = followers_max;
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_cond_init(&feed->wake, &steady);
    pthread_condattr_destroy(&steady);
    pthread_mutex_init(&feed->lock, NULL);
    pthread_mutex_init(&feed->batch_lock, NULL);
    if (pthread_create(&feed->thread, NULL, feed_main, feed) != 0) {
        feed->is_stopping = true; /* there is nothing to join */
        feed_close(feed);
        return STATUS_EXHAUSTED;
    }
    *out = feed;
    return STATUS_OK;
}

void feed_stop(struct feed *feed)
{
    if (feed == NULL) {
        return;
    }
    pthread_mutex_lock(&feed->lock);
    bool was_stopping = feed->is_stopping;
    feed->is_stopping = true;
    pthread_mutex_unlock(&feed->lock);
    if (!was_stopping) {
        pthread_cond_signal(&feed->wake);
        pthread_join(feed->thread, NULL);
    }
}

void feed_close(struct feed *feed)
{
    if (feed == NULL) {
        return;
    }
    feed_stop(feed);
    assert(feed->followers == 0 && feed->waiting == NULL && feed->waiting_for_job == NULL);
    batch_release(feed->latest);
    pthread_cond_destroy(&feed->wake);
    pthread_mutex_destroy(&feed->lock);
    pthread_mutex_destroy(&feed->batch_lock);
    free(feed);
}

size_t feed_followers(struct feed *feed)
{
    return atomic_load(&feed->listening);
}
