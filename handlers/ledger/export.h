#ifndef HANDLERS_LEDGER_EXPORT_H
#define HANDLERS_LEDGER_EXPORT_H

#include "handlers/exchange.h"

/* GET /ledger/entries where Accept chose GIVES_LINES: HANDLED_STREAM of the export behind `after`. Never with personal
 * texts, whoever asks: those leave the machine only by somebody who may read its files. */
enum handled ledger_export(struct exchange *exchange);

#endif
