#ifndef HANDLERS_LEDGER_COSIGNATURES_H
#define HANDLERS_LEDGER_COSIGNATURES_H

#include "handlers/exchange.h"

/* /ledger/cosignatures: what witnesses have signed. Beside the ledger, in node.db: anybody can verify it again. */

/* Of text/csv: the members of a row, in the order of its writer. */
extern const char cosignatures_columns[];

enum handled cosignatures_list(struct exchange *exchange);

/* Takes the cosignatures in a note, on the job pool, which may wait for the disk. The same twice is one, so no key is needed. */
enum handled cosignatures_post(struct exchange *exchange);

/* Appends the lines of a checkpoint's cosignatures to its note. */
enum status cosignatures_append(struct exchange *exchange, uint64_t size, const uint8_t *root, struct buffer *note) NODISCARD;

#endif
