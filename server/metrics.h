#ifndef SERVER_METRICS_H
#define SERVER_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/status.h"
#include "handlers/exchange.h"
#include "server/jobs.h"

/*
 * What the service counts of itself, in the text format of Prometheus (version 0.0.4). Any
 * thread counts; a series bears the route's template, never what a client chose, so that
 * their number is bounded.
 */
struct metrics;

/* routes is borrowed; its rows are told apart by their place. */
enum status metrics_open(const struct route *routes, size_t count, struct metrics **metrics) NODISCARD;
void metrics_close(struct metrics *metrics); /* NULL does nothing */

/* A request's line has come; metrics_count_request follows. */
void metrics_begin_request(struct metrics *metrics);

/* A request that has ended. route: NULL where none fits. status: 0 where no reply was sent. */
void metrics_count_request(struct metrics *metrics, const struct route *route, int status, int64_t duration_us,
                           size_t reply_bytes);

/* A block of the sequencer: its commands, and how long it took from its first command to
 * the end of its commit. */
void metrics_count_block(struct metrics *metrics, size_t commands, int64_t duration_us, bool is_committed);

/* A computation of the pool that has ended. */
void metrics_count_job(struct metrics *metrics, enum job_kind kind, int64_t duration_us);

/* A flush of a database's file to the disk. metrics: the context of db_sync_watch. */
void metrics_count_sync(void *metrics, int64_t duration_us);

/* Everything counted so far. */
void metrics_write(const struct metrics *metrics, struct buffer *out);

/* One series without labels, with its head. type: gauge or counter. */
void metrics_value(struct buffer *out, const char *name, const char *type, const char *help, double value);

#endif
