/*
 * Counters are atomics that nobody orders: a reader may see one of two related ones a
 * moment earlier than the other.
 */
#include "server/metrics.h"

#include <assert.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLASSES = 6 /* 0: no reply; 1xx to 5xx */, BUCKETS = 14, SIZES = 9 };

/* Upper bounds in microseconds; the last bucket has none. */
static const int64_t bounds_us[BUCKETS] = {
    100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 1000000, 5000000, 30000000
};
static const size_t size_bounds[SIZES] = { 1, 2, 4, 8, 16, 32, 64, 128, 256 };

struct histogram {
    _Atomic uint64_t counts[BUCKETS + 1]; /* not cumulative */
    _Atomic uint64_t sum;
};

struct route_counts {
    _Atomic uint64_t requests[CLASSES];
    _Atomic uint64_t bytes;
    struct histogram durations;
};

struct metrics {
    const struct route *routes;
    size_t count;
    _Atomic uint64_t blocks, blocks_failed;
    _Atomic uint64_t begun, ended; /* requests */
    struct histogram jobs[JOB_KINDS]; /* microseconds, like commits */
    struct histogram commits;
    struct histogram sizes;   /* commands of a block */
    struct histogram syncs;   /* microseconds */
    struct route_counts of[]; /* one for each row, and the last for requests that no route fits */
};

static void add(_Atomic uint64_t *counter, uint64_t value)
{
    atomic_fetch_add_explicit(counter, value, memory_order_relaxed);
}

static uint64_t get(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

enum status metrics_open(const struct route *routes, size_t count, struct metrics **out)
{
    struct metrics *metrics = calloc(1, sizeof *metrics + (count + 1) * sizeof metrics->of[0]);
    if (metrics == NULL) {
        return STATUS_EXHAUSTED;
    }
    metrics->routes = routes;
    metrics->count = count;
    *out = metrics;
    return STATUS_OK;
}

void metrics_close(struct metrics *metrics)
{
    free(metrics);
}

static void observe_us(struct histogram *histogram, int64_t us)
{
    size_t at = 0;
    while (at < BUCKETS && us > bounds_us[at]) {
        at++;
    }
    add(&histogram->counts[at], 1);
    add(&histogram->sum, us > 0 ? (uint64_t)us : 0);
}

static void observe_size(struct histogram *histogram, size_t size)
{
    size_t at = 0;
    while (at < SIZES && size > size_bounds[at]) {
        at++;
    }
    add(&histogram->counts[at], 1);
    add(&histogram->sum, size);
}

void metrics_begin_request(struct metrics *metrics)
{
    add(&metrics->begun, 1);
}

void metrics_count_job(struct metrics *metrics, enum job_kind kind, int64_t duration_us)
{
    observe_us(&metrics->jobs[kind], duration_us);
}

void metrics_count_request(struct metrics *metrics, const struct route *route, int status, int64_t duration_us,
                           size_t reply_bytes)
{
    size_t at = route == NULL ? metrics->count : (size_t)(route - metrics->routes);
    assert(at <= metrics->count);
    struct route_counts *counts = &metrics->of[at];
    add(&counts->requests[status >= 100 && status < 600 ? status / 100 : 0], 1);
    add(&counts->bytes, reply_bytes);
    observe_us(&counts->durations, duration_us);
    add(&metrics->ended, 1);
}

void metrics_count_block(struct metrics *metrics, size_t commands, int64_t duration_us, bool is_committed)
{
    add(is_committed ? &metrics->blocks : &metrics->blocks_failed, 1);
    observe_us(&metrics->commits, duration_us);
    observe_size(&metrics->sizes, commands);
}

/* Text */

static void head(struct buffer *out, const char *name, const char *type, const char *help)
{
    buffer_format(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void write_seconds(struct buffer *out, int64_t us)
{
    buffer_format(out, "%" PRId64 ".%06" PRId64, us / 1000000, us % 1000000);
}

void metrics_count_sync(void *metrics, int64_t duration_us)
{
    observe_us(&((struct metrics *)metrics)->syncs, duration_us);
}

/* The buckets, sum and count of a histogram; labels is "" or ends with a comma. */
static void write_durations(struct buffer *out, const char *name, const char *labels, const struct histogram *histogram)
{
    uint64_t total = 0;
    int without_comma = labels[0] == 0 ? 0 : (int)strlen(labels) - 1;
    for (size_t i = 0; i < BUCKETS; i++) {
        total += get(&histogram->counts[i]);
        buffer_format(out, "%s_bucket{%sle=\"", name, labels);
        write_seconds(out, bounds_us[i]);
        buffer_format(out, "\"} %" PRIu64 "\n", total);
    }
    total += get(&histogram->counts[BUCKETS]);
    buffer_format(out, "%s_bucket{%sle=\"+Inf\"} %" PRIu64 "\n%s_sum{%.*s} ", name, labels, total, name, without_comma, labels);
    write_seconds(out, (int64_t)get(&histogram->sum));
    buffer_format(out, "\n%s_count{%.*s} %" PRIu64 "\n", name, without_comma, labels, total);
}

static void write_sizes(struct buffer *out, const char *name, const struct histogram *histogram)
{
    uint64_t total = 0;
    for (size_t i = 0; i < SIZES; i++) {
        total += get(&histogram->counts[i]);
        buffer_format(out, "%s_bucket{le=\"%zu\"} %" PRIu64 "\n", name, size_bounds[i], total);
    }
    total += get(&histogram->counts[SIZES]);
    buffer_format(out, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n%s_sum %" PRIu64 "\n%s_count %" PRIu64 "\n", name, total, name,
                  get(&histogram->sum), name, total);
}

static const char *method_text(enum method method)
{
    static const char *const texts[] = { [METHOD_GET] = "GET", [METHOD_POST] = "POST", [METHOD_PUT] = "PUT",
                                         [METHOD_DELETE] = "DELETE" };
    return texts[method];
}

enum { LABEL_BYTES = 160 };

/* method and route of a row, with a comma behind. Templates hold nothing that needs escaping. */
static void label(const struct metrics *metrics, size_t at, char out[LABEL_BYTES])
{
    const struct route *route = at < metrics->count ? &metrics->routes[at] : NULL;
    int length = snprintf(out, LABEL_BYTES, "method=\"%s\",route=\"%s\",", route != NULL ? method_text(route->method) : "",
                          route != NULL ? route->path : "");
    assert(length > 0 && length < LABEL_BYTES);
}

static bool is_used(const struct route_counts *counts)
{
    uint64_t total = 0;
    for (size_t i = 0; i < CLASSES; i++) {
        total += get(&counts->requests[i]);
    }
    return total > 0;
}

static void write_requests(const struct metrics *metrics, struct buffer *out)
{
    static const char *const classes[CLASSES] = { "none", "1xx", "2xx", "3xx", "4xx", "5xx" };
    char labels[LABEL_BYTES];
    head(out, "tallystick_http_requests_total", "counter", "Requests that ended, by route and class of status; none: no reply was sent.");
    for (size_t at = 0; at <= metrics->count; at++) {
        label(metrics, at, labels);
        for (size_t i = 0; i < CLASSES; i++) {
            uint64_t count = get(&metrics->of[at].requests[i]);
            if (count > 0) {
                buffer_format(out, "tallystick_http_requests_total{%sstatus=\"%s\"} %" PRIu64 "\n", labels, classes[i], count);
            }
        }
    }
    head(out, "tallystick_http_reply_bytes_total", "counter", "Bytes of reply bodies, by route.");
    for (size_t at = 0; at <= metrics->count; at++) {
        label(metrics, at, labels);
        if (is_used(&metrics->of[at])) {
            buffer_format(out, "tallystick_http_reply_bytes_total{%.*s} %" PRIu64 "\n", (int)strlen(labels) - 1, labels,
                          get(&metrics->of[at].bytes));
        }
    }
    head(out, "tallystick_http_request_duration_seconds", "histogram", "From the request line to the end of the reply, by route.");
    for (size_t at = 0; at <= metrics->count; at++) {
        label(metrics, at, labels);
        if (is_used(&metrics->of[at])) {
            write_durations(out, "tallystick_http_request_duration_seconds", labels, &metrics->of[at].durations);
        }
    }
}

static void write_jobs(const struct metrics *metrics, struct buffer *out)
{
    static const char *const kinds[JOB_KINDS] = {[JOB_STORED] = "kind=\"stored\",", [JOB_SENT] = "kind=\"sent\",",
                                                 [JOB_LONG] = "kind=\"long\","};
    head(out, "tallystick_job_duration_seconds", "histogram",
         "Computations: short ones on stored figures and on callers' own numbers, and long ones in the background.");
    for (size_t i = 0; i < JOB_KINDS; i++) {
        write_durations(out, "tallystick_job_duration_seconds", kinds[i], &metrics->jobs[i]);
    }
}

void metrics_write(const struct metrics *metrics, struct buffer *out)
{
    write_requests(metrics, out);
    write_jobs(metrics, out);
    const uint64_t ended = get(&metrics->ended), begun = get(&metrics->begun); /* in this order: never less than none */
    metrics_value(out, "tallystick_http_requests_in_flight", "gauge", "Requests whose line has come and whose reply has not left yet.",
                  (double)(begun - ended));
    head(out, "tallystick_blocks_total", "counter", "Blocks of changes, by outcome; one block is one transaction and one sync.");
    buffer_format(out, "tallystick_blocks_total{outcome=\"committed\"} %" PRIu64 "\n", get(&metrics->blocks));
    buffer_format(out, "tallystick_blocks_total{outcome=\"failed\"} %" PRIu64 "\n", get(&metrics->blocks_failed));
    head(out, "tallystick_block_commands", "histogram", "Commands of a block.");
    write_sizes(out, "tallystick_block_commands", &metrics->sizes);
    head(out, "tallystick_block_duration_seconds", "histogram", "From a block's first command to the end of its commit.");
    write_durations(out, "tallystick_block_duration_seconds", "", &metrics->commits);
    head(out, "tallystick_sync_duration_seconds", "histogram", "Flushing a database's file to the disk: what each commit waits for.");
    write_durations(out, "tallystick_sync_duration_seconds", "", &metrics->syncs);
}

void metrics_value(struct buffer *out, const char *name, const char *type, const char *help, double value)
{
    head(out, name, type, help);
    buffer_format(out, "%s %.15g\n", name, value);
}
