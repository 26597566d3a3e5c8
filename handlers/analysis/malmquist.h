#ifndef HANDLERS_ANALYSIS_MALMQUIST_H
#define HANDLERS_ANALYSIS_MALMQUIST_H

#include "handlers/exchange.h"

/* Productivity change between periods (analytics/dea/malmquist.h) over HTTP. */

/* Of text/csv: the members of a row, in the order of its writer. */
extern const char malmquist_columns[];
extern const char malmquist_unit_columns[]; /* of POST: group in the place of name and belt */

/* GET /efficiency/malmquist: the provinces, on stored and derived figures of two years or more. */
enum handled malmquist_get(struct exchange *exchange);

/* POST /efficiency/malmquist: the caller's own units. */
enum handled malmquist_post(struct exchange *exchange);

#endif
