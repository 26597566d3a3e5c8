#ifndef HANDLERS_CONFIGURATION_H
#define HANDLERS_CONFIGURATION_H

#include "handlers/exchange.h"

/* GET /config: with which options the service runs, and where each came from. */
enum handled configuration_get(struct exchange *exchange);

#endif
