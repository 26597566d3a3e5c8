#ifndef HANDLERS_METRICS_H
#define HANDLERS_METRICS_H

#include "handlers/exchange.h"

/* GET /metrics: what the service counts of itself, for Prometheus. */
enum handled metrics_get(struct exchange *exchange);

#endif
