#ifndef SERVER_WATCH_H
#define SERVER_WATCH_H

#include "base/buffer.h"
#include "handlers/exchange.h"

/*
 * What operators see of a running service: its readiness and its metrics. Any thread;
 * service->server is the server.
 */

/* One line for each thing that keeps the service from serving; nothing where all is well. */
void watch_readiness(struct service *service, struct buffer *faults);

/* The text of /metrics. */
void watch_metrics(struct service *service, struct buffer *out);

#endif
