#ifndef HANDLERS_SUMMARIES_H
#define HANDLERS_SUMMARIES_H

#include "handlers/exchange.h"

/* Of text/csv: the members of a row, in the order of its writer. */
extern const char summaries_supply_columns[];
extern const char summaries_transfer_columns[];

/* Sums and counts: GET /supplies/summary and GET /transfers/summary, grouped by what the
 * parameter `by` names. */
enum handled summaries_supplies(struct exchange *exchange);
enum handled summaries_transfers(struct exchange *exchange);

#endif
