#ifndef HANDLERS_ANALYSIS_EFFICIENCY_H
#define HANDLERS_ANALYSIS_EFFICIENCY_H

#include "handlers/exchange.h"

/* Data envelopment analysis (analytics/dea/dea.h) over HTTP. */

/* GET /efficiency: the provinces, on stored and derived figures of one year. */
enum handled efficiency_get(struct exchange *exchange);

/* POST /efficiency: the caller's own units. */
enum handled efficiency_post(struct exchange *exchange);

#endif
