#ifndef LEDGER_KEY_LIBRARY_H
#define LEDGER_KEY_LIBRARY_H

#include <secp256k1.h>

/* The process's one context, for files of ledger/ that call libsecp256k1 themselves; made by key_library_open (asserted). Any thread. */
const secp256k1_context *key_library(void);

#endif
