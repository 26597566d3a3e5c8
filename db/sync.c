/*
 * A copy of the standard VFS whose files have one method of ours (https://www.sqlite.org/vfs.html).
 */
#include "db/sync.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

#include <sqlite3.h>

#include "base/clock.h"

enum { METHODS_MAX = 8, VERSION_KNOWN = 3 /* of sqlite3_io_methods; a later one may have more in it */ };

/* SQLite has a table of methods for each way of locking. Invariant: rows below count never change again. */
struct timed_methods {
    sqlite3_io_methods ours; /* first: a file points at it */
    const sqlite3_io_methods *real;
};

static sqlite3_vfs timed_vfs;
static sqlite3_vfs *real_vfs;
static struct timed_methods timed[METHODS_MAX];
static size_t timed_count;
static pthread_mutex_t timed_lock = PTHREAD_MUTEX_INITIALIZER;

static void *watch_context;
static void (*_Atomic watcher)(void *context, int64_t duration_us);

static int sync_timed(sqlite3_file *file, int flags)
{
    const struct timed_methods *methods = (const struct timed_methods *)(const void *)file->pMethods;
    int64_t began_us = clock_steady_us();
    int code = methods->real->xSync(file, flags);
    void (*synced)(void *, int64_t) = atomic_load_explicit(&watcher, memory_order_acquire);
    if (synced != NULL) {
        synced(watch_context, clock_steady_us() - began_us);
    }
    return code;
}

/* The methods with ours among them; as they are where there is no room. */
static const sqlite3_io_methods *with_clock(const sqlite3_io_methods *real)
{
    const sqlite3_io_methods *found = NULL;
    pthread_mutex_lock(&timed_lock);
    for (size_t i = 0; i < timed_count && found == NULL; i++) {
        found = timed[i].real == real ? &timed[i].ours : NULL;
    }
    if (found == NULL && timed_count < METHODS_MAX && real->iVersion <= VERSION_KNOWN) {
        struct timed_methods *row = &timed[timed_count++];
        row->ours = *real;
        row->ours.xSync = sync_timed;
        row->real = real;
        found = &row->ours;
    }
    pthread_mutex_unlock(&timed_lock);
    return found != NULL ? found : real;
}

static int open_timed(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *flags_out)
{
    (void)vfs;
    int code = real_vfs->xOpen(real_vfs, name, file, flags, flags_out);
    if (code == SQLITE_OK && file->pMethods != NULL) {
        file->pMethods = with_clock(file->pMethods);
    }
    return code;
}

void db_sync_begin(void)
{
    real_vfs = sqlite3_vfs_find(NULL);
    if (real_vfs == NULL || real_vfs->iVersion > VERSION_KNOWN) {
        return;
    }
    timed_vfs = *real_vfs;
    timed_vfs.pNext = NULL;
    timed_vfs.zName = "tallystick";
    timed_vfs.xOpen = open_timed;
    if (sqlite3_vfs_register(&timed_vfs, 1) != SQLITE_OK) {
        real_vfs = NULL; /* it is not used then */
    }
}

void db_sync_watch(void (*synced)(void *context, int64_t duration_us), void *context)
{
    atomic_store_explicit(&watcher, NULL, memory_order_release);
    watch_context = context;
    atomic_store_explicit(&watcher, synced, memory_order_release);
}
