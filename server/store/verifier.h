#ifndef SERVER_STORE_VERIFIER_H
#define SERVER_STORE_VERIFIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "handlers/ledger/ledger.h"

/*
 * Runs verifications of the ledger, one at a time, on a thread of its own with a
 * connection of its own, opened for each run: when asked, and by itself every so many
 * hours. One that could not be made is not tried again for a minute.
 */

struct db;

enum { VERIFIER_WAIT_S = 5 };

/* Who waits for the end of a check. The waiter's own memory; it must live until done was called. */
struct verifier_waiter {
    void (*done)(struct verifier_waiter *waiter); /* called once, on any thread; must not block */
    void *context;                /* the waiter's own */
    int64_t until_us;             /* the verifier's, like next */
    struct verifier_waiter *next;
};

/* data_dir is borrowed. every_hours: how often without being asked, the first time a few minutes after the
 * start; 0: never. */
enum status verifier_open(const char *data_dir, int64_t every_hours, struct verifier **verifier) NODISCARD;

/* Any thread: done is called when no check runs any more, or after VERIFIER_WAIT_S, as far as verifier_tick is called. */
void verifier_wait(struct verifier *verifier, struct verifier_waiter *waiter);

/* Some times a second: lets those go who have waited long enough. */
void verifier_tick(struct verifier *verifier);

/* Ends a run that is under way, and all waiting; nothing runs or waits any more. NULL does nothing. */
void verifier_stop(struct verifier *verifier);

/* Stops and frees. NULL does nothing. */
void verifier_close(struct verifier *verifier);

struct verifier_job {
    bool is_incremental; /* goes on from where DIR/verified says, if that fits */
    size_t threads; /* as verify_options has them */
    bool is_quiet;
    const char *checkpoint; /* one more note that must be sound, or NULL */
    bool (*progress)(void *context, uint64_t seq, uint64_t size); /* as verify_options has it; may be NULL */
    void (*use)(void *context, struct db *db); /* what is being read, NULL once it is not any more; may be NULL */
    void *context;
};

/* Verifies a data directory and, where nothing is found, notes in DIR/verified where that ended (where the directory may be
 * written to). The anchor is read before the database, so that a running
 * server cannot look truncated. STATUS_EXHAUSTED, at once, where half the database's size is not free beside it (told). */
enum status verifier_run(const char *data_dir, const struct verifier_job *job, struct verify_report *report) NODISCARD;

#endif
