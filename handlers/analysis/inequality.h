#ifndef HANDLERS_ANALYSIS_INEQUALITY_H
#define HANDLERS_ANALYSIS_INEQUALITY_H

#include "handlers/exchange.h"

/* GET /inequality: how unevenly an indicator lies over the provinces; POST: of the caller's own values. */
enum handled inequality_get(struct exchange *exchange);
enum handled inequality_post(struct exchange *exchange);

#endif
