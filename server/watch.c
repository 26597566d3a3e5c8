/*
 * Looks at the parts of the server, one after the other; nothing is locked over two of them.
 */
#include "server/watch.h"

#include <dirent.h>
#include <inttypes.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "db/node.h"
#include "handlers/analysis/cache.h"
#include "handlers/ledger/ledger.h"
#include "ledger/signer.h"
#include "rules/block.h"
#include "server/wire/addresses.h"
#include "server/cache.h"
#include "server/follow.h"
#include "server/jobs.h"
#include "server/tasks.h"
#include "server/wire/lane.h"
#include "server/metrics.h"
#include "server/store/sequencer.h"
#include "server/server.h"
#include "server/store/store.h"
#include "server/wire/patience.h"
#include "server/wire/turn.h"

enum { LEDGER_AHEAD_MS = 5 * 60 * 1000 };

#define DISK_FREE_MIN (16 * MIB) /* below this /readyz says so, while writing still works */

void watch_readiness(struct service *service, struct buffer *faults)
{
    struct server *server = service->server;
    struct statvfs disk;
    const char *lost_file = store_lost_file(server->store);
    enum signer_fault fault = signer_fault(store_signer(server->store));
    if (fault != SIGNER_SOUND) {
        buffer_format(faults, "key: the program with the node's key %s, nothing is written until the service is started anew\n",
                      signer_fault_text(fault));
    } else if (sequencer_has_lost_disk(server->sequencer)) {
        buffer_text(faults, "ledger: the disk failed between two commits, nothing is written until the service is started anew\n");
    } else if (sequencer_is_failed(server->sequencer)) {
        buffer_text(faults, "ledger: a commit failed, nothing is written until the service is started anew\n");
    }
    if (node_has_lost_disk()) {
        buffer_text(faults, "node: a flush of the node's own database failed, nothing is written into it until the service is started anew\n");
    }
    int64_t busy_since_us = sequencer_busy_since_us(server->sequencer);
    if (busy_since_us != 0 && clock_steady_us() - busy_since_us > server->config->commit_timeout_s * 1000000) {
        buffer_text(faults, "ledger: a commit takes longer than it should: look at the disk\n");
    }
    if (sequencer_anchor_is_behind(server->sequencer)) {
        buffer_text(faults, "anchor: the newest checkpoint could not be written into it: were entries cut off, it would not show\n");
    }
    if (sequencer_is_full(server->sequencer)) {
        buffer_text(faults, "queue: as many changes wait as may\n");
    }
    if (executor_time_ms(server->executor) > clock_wall_ms() + LEDGER_AHEAD_MS) {
        buffer_text(faults, "clock: the ledger's time is more than 5 minutes ahead of this machine's\n");
    }
    if (statvfs(server->config->data_dir, &disk) != 0) {
        buffer_text(faults, "disk: the data directory cannot be looked at\n");
    } else if (lost_file != NULL) {
        buffer_format(faults, "files: %s in the data directory is not the one that is in use: it was moved, removed or replaced\n",
                      lost_file);
    } else if ((unsigned long long)disk.f_bavail * disk.f_frsize < DISK_FREE_MIN) {
        buffer_text(faults, "disk: less than 16 MiB are free\n");
    }
    if (atomic_load(&server->is_stopping)) {
        buffer_text(faults, "service: stopping\n");
    }
}

/* Pages in memory, as the kernel counts them; 0 where it does not say. */
static double resident_bytes(void)
{
    char line[128] = "";
    FILE *file = fopen("/proc/self/statm", "re");
    if (file != NULL && fgets(line, sizeof line, file) == NULL) {
        line[0] = 0;
    }
    if (file != NULL) {
        fclose(file);
    }
    const char *second = strchr(line, ' '); /* size, resident, ... in pages */
    return second == NULL ? 0 : (double)strtoul(second, NULL, 10) * (double)sysconf(_SC_PAGESIZE);
}

static double open_descriptors(void)
{
    double count = 0;
    DIR *directory = opendir("/proc/self/fd");
    while (directory != NULL && readdir(directory) != NULL) {
        count++;
    }
    if (directory != NULL) {
        closedir(directory);
    }
    return count > 3 ? count - 3 : 0; /* ".", ".." and the directory itself */
}

static void write_process(struct buffer *out)
{
    struct rusage used;
    struct rlimit limit;
    if (getrusage(RUSAGE_SELF, &used) == 0) {
        metrics_value(out, "process_cpu_seconds_total", "counter", "User and system time.",
                      (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                          (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6);
    }
    metrics_value(out, "process_resident_memory_bytes", "gauge", "Resident memory.", resident_bytes());
    metrics_value(out, "process_open_fds", "gauge", "Open descriptors.", open_descriptors());
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        metrics_value(out, "process_max_fds", "gauge", "Descriptors that may be open.", (double)limit.rlim_cur);
    }
}

static void write_ledger(const struct server *server, struct buffer *out)
{
    metrics_value(out, "tallystick_ledger_entries", "gauge", "Entries of the ledger.",
                  (double)executor_seq(server->executor));
    metrics_value(out, "tallystick_ledger_time_seconds", "gauge", "Time of the last entry, since 1970.",
                  (double)executor_time_ms(server->executor) / 1000);
    metrics_value(out, "tallystick_ledger_is_failed", "gauge",
                  "1 after a commit or the disk failed, or where the node's key does not sign: nothing is written.",
                  sequencer_is_failed(server->sequencer) ? 1 : 0);
}

/* What lies on the disk under a name; 0 where there is nothing. */
static double bytes_of(const char *path, const char *suffix)
{
    char name[PATH_MAX];
    struct stat found;
    snprintf(name, sizeof name, "%s%s", path, suffix);
    return stat(name, &found) == 0 ? (double)found.st_size : 0;
}

static void write_databases(const struct server *server, struct buffer *out)
{
    static const struct {
        bool is_node;
        const char *suffix, *label;
    } files[] = {{false, "", "ledger"}, {false, "-wal", "ledger_wal"}, {true, "", "node"}, {true, "-wal", "node_wal"}};
    buffer_text(out, "# HELP tallystick_database_bytes Sizes of the files: ledger and state, the node's own, and what is to be moved into each.\n"
                     "# TYPE tallystick_database_bytes gauge\n");
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        const char *path = files[i].is_node ? store_node_path(server->store) : store_db_path(server->store);
        buffer_format(out, "tallystick_database_bytes{file=\"%s\"} %.15g\n", files[i].label, bytes_of(path, files[i].suffix));
    }
}

static void write_check(const struct server *server, struct buffer *out)
{
    struct verifier_view view;
    struct verifier *verifier = server->service.verifier;
    verifier->view(verifier, &view);
    metrics_value(out, "tallystick_ledger_is_broken", "gauge", "1 where the latest check of the ledger found it broken.",
                  view.has_report && !view.report.is_ok ? 1 : 0);
    metrics_value(out, "tallystick_ledger_check_is_failed", "gauge", "1 where the latest check could not be made.",
                  view.has_failed ? 1 : 0);
    metrics_value(out, "tallystick_ledger_check_time_seconds", "gauge", "When the latest finding's check began, since 1970; 0: none yet.",
                  (double)view.checked_at_ms / 1000);
    metrics_value(out, "tallystick_ledger_check_duration_seconds", "gauge", "How long that check took.",
                  (double)view.duration_ms / 1000);
}

static void write_tasks(const struct server *server, struct buffer *out)
{
    struct tasks_measure measure;
    tasks_measure(server->tasks, &measure);
    metrics_value(out, "tallystick_async_jobs_unfinished", "gauge", "Computations that go on though their request was answered 202.",
                  (double)measure.unfinished);
    metrics_value(out, "tallystick_async_jobs_finished", "gauge", "Such computations whose answer is kept.", (double)measure.finished);
    metrics_value(out, "tallystick_async_jobs_bytes", "gauge", "Bytes of those answers.", (double)measure.bytes);
    metrics_value(out, "tallystick_async_jobs_total", "counter", "Such computations since the start.", (double)measure.created);
    buffer_text(out, "# HELP tallystick_async_jobs_forgotten_total Answers that are no longer kept: after their time, for want of room, on demand.\n"
                     "# TYPE tallystick_async_jobs_forgotten_total counter\n");
    buffer_format(out, "tallystick_async_jobs_forgotten_total{reason=\"time\"} %" PRIu64 "\n"
                  "tallystick_async_jobs_forgotten_total{reason=\"room\"} %" PRIu64 "\n"
                  "tallystick_async_jobs_forgotten_total{reason=\"demand\"} %" PRIu64 "\n",
                  measure.expired, measure.evicted, measure.dropped);
    metrics_value(out, "tallystick_computations_joined_total", "counter", "Questions that were answered by a computation that another one had begun.",
                  (double)measure.joined);
}

static void write_load(const struct server *server, struct buffer *out)
{
    struct statvfs disk;
    metrics_value(out, "tallystick_connections", "gauge", "Open connections.", (double)addresses_count(server->addresses));
    metrics_value(out, "tallystick_followers", "gauge", "Clients that follow /events or a job.", (double)feed_followers(server->feed));
    metrics_value(out, "tallystick_requests_waiting", "gauge", "Requests that wait for a commit, a computation or a long read.",
                  (double)atomic_load(&server->suspended));
    metrics_value(out, "tallystick_body_bytes", "gauge", "Bytes of all request bodies in memory.",
                  (double)atomic_load(&server->body_bytes));
    metrics_value(out, "tallystick_changes_waiting", "gauge", "Commands in the sequencer's queue or at work.",
                  (double)sequencer_depth(server->sequencer));
    metrics_value(out, "tallystick_commits_late_total", "counter", "Requests that did not wait for their commit any longer: --commit-timeout passed.",
                  (double)atomic_load(&server->commits_late));
    metrics_value(out, "tallystick_jobs_waiting", "gauge", "Computations in the queue.", (double)jobs_waiting(server->jobs));
    metrics_value(out, "tallystick_jobs_running", "gauge", "Computations at work.", (double)jobs_running(server->jobs));
    write_tasks(server, out);
    if (statvfs(server->config->data_dir, &disk) == 0) {
        metrics_value(out, "tallystick_disk_free_bytes", "gauge", "Free bytes where the data directory lies.",
                      (double)disk.f_bavail * (double)disk.f_frsize);
    }
}

static void write_cache(struct buffer *out, const char *name, uint64_t hits, uint64_t misses)
{
    buffer_format(out, "tallystick_cache_lookups_total{cache=\"%s\",outcome=\"hit\"} %" PRIu64 "\n", name, hits);
    buffer_format(out, "tallystick_cache_lookups_total{cache=\"%s\",outcome=\"miss\"} %" PRIu64 "\n", name, misses);
}

static void write_reads(const struct server *server, struct buffer *out)
{
    uint64_t put_off = 0, refused = 0, moved = 0;
    for (size_t i = 0; i < server->loop_count; i++) {
        const struct turn *turn = lane_turn(server->lanes[i]);
        put_off += atomic_load_explicit(&turn->put_off, memory_order_relaxed);
        refused += atomic_load_explicit(&turn->refused, memory_order_relaxed);
        moved += atomic_load_explicit(&lane_patience(server->lanes[i])->moved, memory_order_relaxed);
    }
    metrics_value(out, "tallystick_reads_put_off_total", "counter", "Reads that let others pass, since those before them took long.",
                  (double)put_off);
    metrics_value(out, "tallystick_reads_moved_total", "counter", "Reads that ran beside the loops, since they, or others like them, took long.",
                  (double)moved);
    metrics_value(out, "tallystick_reads_refused_total", "counter", "Reads that were sent away: they had waited too long, or too many did.",
                  (double)refused);
}

static void write_caches(const struct server *server, struct buffer *out)
{
    uint64_t hits = 0, misses = 0;
    size_t entries = 0, bytes = 0;
    for (size_t i = 0; i < server->loop_count; i++) {
        uint64_t found, missed;
        cache_count(lane_cache(server->lanes[i]), &found, &missed);
        hits += found;
        misses += missed;
    }
    buffer_text(out, "# HELP tallystick_cache_lookups_total Finished replies (of each loop) and answers of analyses (of all), found or not.\n"
                     "# TYPE tallystick_cache_lookups_total counter\n");
    write_cache(out, "replies", hits, misses);
    analysis_cache_count(server->service.analyses, &hits, &misses);
    write_cache(out, "analyses", hits, misses);
    analysis_cache_measure(server->service.analyses, &entries, &bytes);
    metrics_value(out, "tallystick_analysis_cache_bytes", "gauge", "Answers of analyses that are kept.", (double)bytes);
}

void watch_metrics(struct service *service, struct buffer *out)
{
    const struct server *server = service->server;
    buffer_format(out, "# HELP tallystick_build_info The program's version.\n# TYPE tallystick_build_info gauge\n"
                  "tallystick_build_info{version=\"%s\"} 1\n", service->version);
    write_ledger(server, out);
    write_databases(server, out);
    write_check(server, out);
    write_load(server, out);
    write_reads(server, out);
    write_caches(server, out);
    metrics_write(server->metrics, out);
    write_process(out);
}
