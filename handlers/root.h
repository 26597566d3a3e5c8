#ifndef HANDLERS_ROOT_H
#define HANDLERS_ROOT_H

#include "handlers/exchange.h"

/* GET /: what this is, and where to go on from here. */
enum handled root_get(struct exchange *exchange);

#endif
