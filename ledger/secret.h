#ifndef LEDGER_SECRET_H
#define LEDGER_SECRET_H

#include <stddef.h>

#include "base/status.h"

/* Memory for secrets: pages of their own that are neither swapped out nor dumped, and that are wiped at the end. */

/* Zeroed. STATUS_EXHAUSTED, logged, where the system gives none or does not lock it. */
enum status secret_allocate(size_t bytes, void **memory) NODISCARD;

/* Wipes and frees what secret_allocate gave, of the same size; NULL does nothing. */
void secret_free(void *memory, size_t bytes);

#endif
