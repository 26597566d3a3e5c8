/*
 * The life of the service. Starting: store, sequencer, job pool, loops, listeners.
 * Stopping, in the reverse order of how work flows in: no new connections, then no
 * connections, then no loops, then the job pool and the sequencer, the store last.
 */
#include "server/serve.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "db/sync.h"
#include "handlers/analysis/cache.h"
#include "rules/block.h"
#include "server/away.h"
#include "server/wire/addresses.h"
#include "server/store/anchor.h"
#include "server/store/clerk.h"
#include "server/wire/doors.h"
#include "server/descriptors.h"
#include "server/follow.h"
#include "server/janitor.h"
#include "server/jobs.h"
#include "server/wire/lane.h"
#include "server/limiter.h"
#include "server/wire/loop.h"
#include "server/metrics.h"
#include "server/config/options.h"
#include "server/wire/relay.h"
#include "server/config/reload.h"
#include "server/routes.h"
#include "server/store/sequencer.h"
#include "server/server.h"
#include "server/store/store.h"
#include "server/wire/systemd.h"
#include "server/tasks.h"
#include "server/tell.h"
#include "server/version.h"
#include "server/wire/tls.h"
#include "server/store/verifier.h"
#include "server/watch.h"

enum {
    ANALYSES_KEPT = 256,       /* finished analyses */
    FOLLOWERS_SHARE = 2,       /* one connection in so many may be a follower's */
    STOP_POLL_MS = 10,
    STOP_SENT_S = 1,           /* computations on callers' own numbers, as long as they like, may finish for so long */
    STOP_CANCEL_S = 20,        /* those on stored figures; whoever runs containers kills after 10 s by default */
    STOP_DEADLINE_S = 30       /* then what is left is closed */
};

#define ANALYSES_KEPT_BYTES (32 * MIB)

extern const unsigned char embedded_openapi_yaml[];
extern const size_t embedded_openapi_yaml_length;
extern const unsigned char embedded_openapi_json[];
extern const size_t embedded_openapi_json_length;
extern const unsigned char embedded_docs[];
extern const size_t embedded_docs_length;

static void fill_service(struct server *server)
{
    struct service *service = &server->service;
    service->version = TALLYSTICK_VERSION;
    service->contract_yaml = (const char *)embedded_openapi_yaml;
    service->contract_yaml_length = embedded_openapi_yaml_length;
    service->contract_json = (const char *)embedded_openapi_json;
    service->contract_json_length = embedded_openapi_json_length;
    service->contract_page = (const char *)embedded_docs;
    service->contract_page_length = embedded_docs_length;
    service->is_private = server->config->is_private;
    service->readiness = watch_readiness;
    service->metrics = watch_metrics;
    service->options = options_write;
    service->routes = routes_table(&service->route_count);
    service->server = server;
}

/* One more loop and the lane under it. */
static enum status open_loop(struct server *server)
{
    struct lane *lane = NULL;
    struct loop *loop = NULL;
    enum status status = lane_open(store_db_path(server->store), store_node_path(server->store), &lane);
    if (status == STATUS_OK) {
        status = loop_open(server, lane, &loop);
    }
    if (status != STATUS_OK) {
        lane_close(lane);
        return status;
    }
    server->lanes[server->loop_count] = lane;
    server->loops[server->loop_count] = loop;
    server->loop_count++;
    return STATUS_OK;
}

static enum status open_loops(struct server *server)
{
    for (int64_t i = 0; i < server->config->loops; i++) {
        enum status status = open_loop(server);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}

/* Everything that must stand before the first connection. What was opened is closed by
 * close_parts, also where this fails half-way. */
/* On the writer's thread. */
static void note_commit(void *context)
{
    struct server *server = context;
    store_note_commit(server->store);
    feed_notify(server->feed);
}

static enum status open_parts(struct server *server)
{
    const struct config *config = server->config;
    struct store_options options = {.origin = config->origin, .begins_anchor = config->begins_anchor, .node_key = config->node_key};
    enum status status = store_open(config->data_dir, &options, &server->store);
    if (status != STATUS_OK) {
        return status;
    }
    server->executor = store_executor(server->store);
    fill_service(server);
    status = store_fill_service(server->store, &server->service);
    if (status == STATUS_OK) {
        status = callers_open(&server->service.callers);
    }
    if (status == STATUS_OK) {
        status = limiter_open(&server->limiter);
    }
    if (status == STATUS_OK) {
        status = clerk_open(store_node_path(server->store), server->service.callers, &server->clerk);
    }
    if (status == STATUS_OK) {
        status = metrics_open(server->service.routes, server->service.route_count, &server->metrics);
    }
    if (status == STATUS_OK) {
        db_sync_watch(metrics_count_sync, server->metrics);
    }
    if (status == STATUS_OK) {
        status = verifier_open(config->data_dir, config->verify_hours, &server->service.verifier);
    }
    if (status == STATUS_OK) {
        server->service.analyses = analysis_cache_create(ANALYSES_KEPT, ANALYSES_KEPT_BYTES);
        status = server->service.analyses == NULL ? STATUS_EXHAUSTED : STATUS_OK;
    }
    if (status == STATUS_OK) {
        status = addresses_open((size_t)config->connections, (size_t)config->connections_per_address,
                                &server->addresses);
    }
    if (status == STATUS_OK) {
        status = tasks_open(server, &server->tasks);
    }
    if (status == STATUS_OK) {
        server->service.desk = tasks_desk(server->tasks);
        status = janitor_open(server, &server->janitor);
    }
    if (status == STATUS_OK) {
        status = feed_open(server->executor, (size_t)(config->connections + 1) / FOLLOWERS_SHARE, &server->feed);
    }
    if (status == STATUS_OK) {
        status = sequencer_open(server->executor, store_db(server->store), store_anchor(server->store),
                                server->metrics, (size_t)config->queue_length, &server->sequencer);
    }
    if (status == STATUS_OK) {
        sequencer_watch(server->sequencer, note_commit, server);
        status = jobs_open(store_db_path(server->store), store_node_path(server->store), (size_t)config->job_threads,
                           (size_t)config->job_queue_length, &server->jobs);
    }
    if (status == STATUS_OK) {
        status = jobs_open(store_db_path(server->store), store_node_path(server->store), AWAY_THREADS, AWAY_QUEUE, &server->readers);
    }
    if (status == STATUS_OK) {
        status = open_loops(server);
    }
    if (status == STATUS_OK && server->tls != NULL) {
        status = relay_open(server, server->tls, server->loop_count, &server->relay);
    }
    if (status == STATUS_OK) {
        janitor_watch(server->janitor);
    }
    return status;
}

static void close_parts(struct server *server)
{
    if (server->janitor != NULL) {
        janitor_unwatch(server->janitor);
    }
    feed_stop(server->feed);
    verifier_stop(server->service.verifier);
    relay_close(server->relay);
    for (size_t i = 0; i < server->loop_count; i++) {
        loop_close(server->loops[i]);
        lane_close(server->lanes[i]);
    }
    jobs_close(server->readers);
    jobs_close(server->jobs);
    tasks_close(server->tasks);
    sequencer_close(server->sequencer);
    feed_close(server->feed);
    janitor_close(server->janitor);
    addresses_close(server->addresses);
    verifier_close(server->service.verifier);
    analysis_cache_free(server->service.analyses);
    clerk_close(server->clerk);
    callers_close(server->service.callers);
    limiter_close(server->limiter);
    db_sync_watch(NULL, NULL);
    metrics_close(server->metrics);
    store_close(server->store);
    tls_close(server->tls);
    log_flush();
}

/* Requests end, connections close; returns once none is left or the deadline has come. */
static void drain(struct server *server)
{
    int64_t start_us = clock_steady_us();
    int64_t passed_us = 0;
    feed_stop(server->feed);
    verifier_stop(server->service.verifier);
    while (passed_us < (int64_t)STOP_DEADLINE_S * 1000000 && addresses_count(server->addresses) > 0) {
        atomic_store(&server->is_cancelling_sent, passed_us > (int64_t)STOP_SENT_S * 1000000);
        atomic_store(&server->is_cancelling, passed_us > (int64_t)STOP_CANCEL_S * 1000000);
        nanosleep(&(struct timespec){.tv_nsec = STOP_POLL_MS * 1000000L}, NULL);
        passed_us = clock_steady_us() - start_us;
    }
    atomic_store(&server->is_cancelling_sent, true);
    atomic_store(&server->is_cancelling, true);
}

/* A computation that does not listen cannot be waited for: the ledger is closed in good
 * order and the process ends with the computation in it. */
static void leave_in_haste(struct server *server)
{
    log_warn("stop", "suspended=%zu left=yes", atomic_load(&server->suspended));
    sequencer_stop(server->sequencer); /* not freed: that computation may still come to submit; nor the metrics, in which its end counts */
    clerk_close(server->clerk);
    store_close(server->store);
    log_flush();
    _exit(0);
}

/* Whether a request waits for something, or a job runs or waits for which nobody does. */
static bool is_at_work(struct server *server)
{
    return atomic_load(&server->suspended) > 0 || jobs_running(server->jobs) + jobs_waiting(server->jobs) > 0;
}

static void stop(struct server *server, struct doors *doors)
{
    atomic_store(&server->is_stopping, true); /* /readyz says so from now on, to whoever is still connected */
    log_info("stop", "connections=%zu", addresses_count(server->addresses));
    systemd_notify("STOPPING=1");
    doors_close(doors);
    drain(server);
    for (int waits = 0; waits < 100 && is_at_work(server); waits++) {
        nanosleep(&(struct timespec){.tv_nsec = STOP_POLL_MS * 1000000L}, NULL);
    }
    if (is_at_work(server)) {
        leave_in_haste(server);
    }
    close_parts(server);
}

/* Blocked in all threads: only the main thread takes these, when it waits for them. */
static void block_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* On a terminal SIGHUP says that the terminal has gone: then it ends the service, as ever. */
static int wait_for_signal(const sigset_t *signals)
{
    int taken = 0;
    sigwait(signals, &taken);
    return taken == SIGHUP && isatty(STDERR_FILENO) == 1 ? SIGTERM : taken;
}

int command_serve(const struct config *config)
{
    sigset_t signals;
    block_signals(&signals);
    if (!descriptors_raise(config)) {
        return 1;
    }
    struct server *server = calloc(1, sizeof *server);
    struct doors *doors = NULL;
    if (server == NULL) {
        return 1;
    }
    server->config = config;
    enum status status = STATUS_OK;
    if (config->tls_certificate != NULL) {
        status = tls_open(config->tls_certificate, config->tls_key, &server->tls);
        if (status != STATUS_OK) {
            tell("the certificate %s and the key %s cannot be used: the log's last line says why. Both are PEM files, the key without a "
                 "password and of that certificate (--tls-cert, --tls-key)", config->tls_certificate, config->tls_key);
        }
    }
    if (status == STATUS_OK) {
        status = doors_open(config, server, &doors);
    }
    if (status == STATUS_OK) {
        status = open_parts(server);
    }
    if (status == STATUS_OK) {
        status = doors_start(doors);
    }
    if (status != STATUS_OK) {
        tell_failure("the service did not start", config->data_dir, status);
        doors_close(doors);
        close_parts(server);
        free(server);
        return 1;
    }
    doors_announce(doors);
    systemd_notify("READY=1");
    while (wait_for_signal(&signals) == SIGHUP) {
        reload(server);
    }
    stop(server, doors);
    reload_forget(server);
    free(server);
    return 0;
}
