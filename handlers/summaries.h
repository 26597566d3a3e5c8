#ifndef HANDLERS_SUMMARIES_H
#define HANDLERS_SUMMARIES_H

#include "handlers/exchange.h"

/* Sums and counts: GET /supplies/summary and GET /transfers/summary, grouped by what the
 * parameter `by` names. */
enum handled summaries_supplies(struct exchange *exchange);
enum handled summaries_transfers(struct exchange *exchange);

#endif
