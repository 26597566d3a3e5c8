#ifndef HANDLERS_ANALYSIS_DENSITY_H
#define HANDLERS_ANALYSIS_DENSITY_H

#include "handlers/exchange.h"

/* Kernel density estimation (analytics/kde/kde.h) over HTTP. */

/* GET /density: an indicator's distribution over the provinces, by year and belt. */
enum handled density_get(struct exchange *exchange);

/* POST /density: the caller's own sample, or units over years. */
enum handled density_post(struct exchange *exchange);

#endif
