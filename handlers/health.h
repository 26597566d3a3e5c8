#ifndef HANDLERS_HEALTH_H
#define HANDLERS_HEALTH_H

#include "handlers/exchange.h"

/* GET /healthz: the process answers. It asks nothing else, so it stays quick under load. */
enum handled health_alive(struct exchange *exchange);

/* GET /readyz: database, ledger, queue and disk are fit to serve; else 503 not_ready with
 * one line for each fault. */
enum handled health_ready(struct exchange *exchange);

#endif
