#ifndef HANDLERS_LEDGER_CHECKPOINTS_H
#define HANDLERS_LEDGER_CHECKPOINTS_H

#include "handlers/exchange.h"

/* Of text/csv: the members of a row, in the order of its writer. */
extern const char checkpoints_columns[];

/* GET /ledger/checkpoints: those of all blocks, in their order. */
enum handled checkpoints_list(struct exchange *exchange);

/* GET /ledger/checkpoints/{size}: the one of so many entries, as an object or, as text/plain, the signed note itself. */
enum handled checkpoints_get(struct exchange *exchange);

/* GET /ledger/checkpoint: the newest one as text/plain, where tools for transparency logs look for it (C2SP tlog-tiles). */
enum handled checkpoints_newest(struct exchange *exchange);

#endif
